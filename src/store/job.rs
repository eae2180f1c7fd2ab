//! A write in the writer thread, with its waiting caller.

use tokio::sync::oneshot;

use super::{error::StoreError, tx::Tx};

/// A unit of work with its result type erased.
pub(super) trait Job: Send {
    /// Runs the work; returns whether to commit it.
    fn run(&mut self, tx: &Tx) -> bool;
    /// Sends the result to the caller, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Result of a job, and whether the directory must be read again before it is passed on.
pub(super) struct Answer<T, E> {
    pub(super) result: Result<T, E>,
    pub(super) is_stale: bool,
}

pub(super) struct Call<F, T, E> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    is_stale: bool,
    caller: oneshot::Sender<Answer<T, E>>,
}

impl<F, T, E> Call<F, T, E> {
    pub(super) fn new(job: F, caller: oneshot::Sender<Answer<T, E>>) -> Self {
        Self {
            job: Some(job),
            result: None,
            is_stale: false,
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
        self.is_stale = tx.has_stale();
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)) | None, Err(error)) => Err(error.into()),
            (Some(result), _) => result,
            (None, Ok(())) => Err(StoreError::Internal("database write panicked".into()).into()),
        };
        let is_stale = self.is_stale;
        // The caller may have disconnected: the write is committed anyway.
        let _ = self.caller.send(Answer { result, is_stale });
    }
}
