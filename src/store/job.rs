//! A write on its way through the writing thread, with the one who waits for its answer.

use tokio::sync::oneshot;

use super::{error::StoreError, tx::Tx};

/// A unit of work with its result type erased.
pub(super) trait Job: Send {
    /// Does the work; whether it is to be kept.
    fn run(&mut self, tx: &Tx) -> bool;
    /// Tells the caller, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

pub(super) struct Call<F, T, E> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Call<F, T, E> {
    pub(super) fn new(job: F, caller: oneshot::Sender<Result<T, E>>) -> Self {
        Self {
            job: Some(job),
            result: None,
            caller,
        }
    }
}

impl<F, T, E> Job for Call<F, T, E>
where
    F: FnOnce(&Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &Tx) -> bool {
        self.result = self.job.take().map(|job| job(tx));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // A caller that has gone away does not want the answer: the write stands all the same.
        let _ = match (self.result, committed) {
            (Some(Ok(_)), Err(error)) => self.caller.send(Err(error.into())),
            (Some(result), _) => self.caller.send(result),
            (None, Err(error)) => self.caller.send(Err(error.into())),
            (None, Ok(())) => {
                self.caller.send(Err(
                    StoreError::Internal("database write panicked".into()).into()
                ))
            }
        };
    }
}
