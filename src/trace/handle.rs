//! Handle of an exchange, to which the rules of the protocol report as they run: all that they know of being
//! traced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{buffer::Known, checks::Checks, recorder::Recorder};
use crate::domain::id::Id;

/// Handle of an exchange. A clone is the same exchange.
#[derive(Clone, Default)]
pub struct Trace(Option<Arc<Exchange>>);

struct Exchange {
    recorder: Arc<Recorder>,
    records_machines: bool,
    notes: Mutex<Notes>,
}

/// Reports on an exchange.
#[derive(Debug, Default)]
pub struct Notes {
    /// Id of the trace it belongs to.
    pub id: Option<Id>,
    /// Whether to record it although nothing failed.
    pub is_wanted: bool,
    pub known: Known,
    pub says: Option<String>,
    pub yields: bool,
    pub checks: Checks,
}

impl Trace {
    /// Keeps nothing, and costs nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// `records_machines`: whether tokens that machines get for themselves are recorded, too.
    pub fn new(recorder: Arc<Recorder>, records_machines: bool) -> Self {
        Self(Some(Arc::new(Exchange {
            recorder,
            records_machines,
            notes: Mutex::default(),
        })))
    }

    pub fn is_off(&self) -> bool {
        self.0.is_none()
    }

    pub fn records_machines(&self) -> bool {
        let exchange = self.0.as_ref();
        exchange.is_some_and(|exchange| exchange.records_machines)
    }

    /// Registers a check that has run, and hands its result on.
    pub fn check<T, E>(&self, name: &'static str, result: Result<T, E>) -> Result<T, E> {
        self.check_if(true, name, result)
    }

    /// Registers a part of a check: one that passes leaves the rest of it to run.
    pub fn part<T, E>(&self, name: &'static str, result: Result<T, E>) -> Result<T, E> {
        self.check_if(false, name, result)
    }

    /// [`Trace::check`] where the request holds something to look at, else [`Trace::part`].
    pub fn check_if<T, E>(
        &self,
        has_subject: bool,
        name: &'static str,
        result: Result<T, E>,
    ) -> Result<T, E> {
        if has_subject || result.is_err() {
            self.note(|notes| notes.checks.add(name, result.is_ok()));
        }
        result
    }

    /// Registers a check that has failed with this error, and hands the error on.
    pub fn fail<E>(&self, name: &'static str, error: E) -> E {
        self.note(|notes| notes.checks.add(name, false));
        error
    }

    /// A client requests the sign-in of a user.
    pub fn sign_in(&self, client_id: &str) {
        self.note(|notes| {
            notes.known.client_id = Some(client_id.to_owned());
            notes.is_wanted = true;
        });
    }

    /// The user who is signed in.
    pub fn user(&self, username: &str) {
        self.note(|notes| notes.known.username = Some(username.to_owned()));
    }

    /// The request has a code or token: the exchange belongs to the trace in which that was issued, if there is one.
    pub fn brings(&self, secret: &str) {
        let Some(exchange) = &self.0 else { return };
        let recorder = &exchange.recorder;
        if let Some(id) = recorder.of(recorder.masks.mark(secret)) {
            self.belongs(id);
        }
    }

    /// The response has a code or token: later requests with it belong to the same trace.
    pub fn gives(&self, secret: &str) {
        let Some(exchange) = &self.0 else { return };
        let mark = exchange.recorder.masks.mark(secret);
        self.note(|notes| {
            notes.known.marks.push(mark);
            notes.is_wanted = true;
        });
    }

    /// The exchange belongs to a trace that has begun.
    pub fn belongs(&self, id: Id) {
        self.note(|notes| {
            notes.id = Some(id);
            notes.is_wanted = true;
        });
    }

    /// Result, in a few words.
    pub fn says(&self, text: impl Into<String>) {
        self.note(|notes| {
            let text = text.into();
            notes.says = Some(match notes.says.take() {
                Some(before) => format!("{before}; {text}"),
                None => text,
            });
        });
    }

    /// The client has the tokens that it came for.
    pub fn yields(&self) {
        self.note(|notes| {
            notes.yields = true;
            notes.is_wanted = true;
        });
    }

    /// Id of the trace that the exchange belongs to, a new one if it belongs to none yet. `None` where nothing is
    /// recorded.
    pub fn id(&self, new: impl FnOnce() -> Id) -> Option<Id> {
        let exchange = self.0.as_ref()?;
        Some(*exchange.notes().id.get_or_insert_with(new))
    }

    /// Everything that was reported. Nothing is left.
    pub fn take(&self) -> Notes {
        let notes = self
            .0
            .as_ref()
            .map(|exchange| std::mem::take(&mut *exchange.notes()));
        notes.unwrap_or_default()
    }

    fn note(&self, take: impl FnOnce(&mut Notes)) {
        if let Some(exchange) = &self.0 {
            take(&mut exchange.notes());
        }
    }
}

impl Exchange {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::UnixSeconds, trace::exchange::sample};

    fn names(trace: &Trace) -> Vec<(&'static str, bool)> {
        let checks = trace.take().checks.into_list();
        checks
            .iter()
            .map(|check| (check.name, check.passed))
            .collect()
    }

    #[test]
    fn a_part_that_passes_is_no_check_yet() {
        let trace = Trace::new(Arc::default(), false);
        let also = trace.clone();
        trace.check::<(), ()>("a", Ok(())).unwrap();
        also.part::<(), ()>("b", Ok(())).unwrap();
        also.check_if::<(), ()>(false, "c", Ok(())).unwrap();
        trace.part::<(), ()>("d", Err(())).unwrap_err();
        assert_eq!(names(&also), [("a", true), ("d", false)]);
        assert_eq!(names(&trace), []);
    }

    #[test]
    fn a_trace_that_is_off_hands_results_on_and_keeps_nothing() {
        let trace = Trace::off();
        assert_eq!(trace.check::<_, ()>("a", Ok(1)), Ok(1));
        assert_eq!(trace.check::<(), _>("a", Err(2)), Err(2));
        trace.gives("secret");
        assert_eq!(trace.id(|| Id::from_bytes([1; 16])), None);
        let notes = trace.take();
        assert!(!notes.is_wanted && notes.checks.into_list().is_empty());
    }

    #[test]
    fn an_exchange_belongs_to_the_trace_in_which_its_code_came_about() {
        let recorder = Arc::<Recorder>::default();
        let id = |n| Id::from_bytes([n; 16]);
        let first = Trace::new(recorder.clone(), false);
        first.gives("code");
        let known = first.take().known;
        recorder.add(UnixSeconds(0), id(1), sample(), known);
        let second = Trace::new(recorder.clone(), false);
        second.brings("code");
        assert_eq!(second.id(|| id(2)), Some(id(1)));
        let third = Trace::new(recorder, false);
        third.brings("another");
        assert!(!third.take().is_wanted);
        assert_eq!(third.id(|| id(3)), Some(id(3)));
    }
}
