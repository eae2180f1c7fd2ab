//! Checks of one exchange, reported by themselves as they run.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;

use super::Recorder;
use crate::domain::id::Id;

/// More checks than any request passes.
const CAPACITY: usize = 32;

/// A check that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
}

/// Handle of an exchange, to which its rules report. A clone is the same exchange; reporting costs no
/// allocation.
#[derive(Clone, Default)]
pub struct Trace(Option<Arc<Exchange>>);

struct Exchange {
    recorder: Arc<Recorder>,
    id: OnceLock<Id>,
    ran: Mutex<Ran>,
}

struct Ran {
    passed: Vec<&'static str>,
    failed: Option<&'static str>,
}

impl Trace {
    /// Keeps nothing, and costs nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    pub fn new(recorder: Arc<Recorder>) -> Self {
        Self(Some(Arc::new(Exchange {
            recorder,
            id: OnceLock::new(),
            ran: Mutex::new(Ran {
                passed: Vec::with_capacity(CAPACITY),
                failed: None,
            }),
        })))
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
        match (&result, has_subject) {
            (Err(_), _) => self.add(name, false),
            (Ok(_), true) => self.add(name, true),
            (Ok(_), false) => {}
        }
        result
    }

    /// Registers a check that has failed with this error, and hands the error on.
    pub fn fail<E>(&self, name: &'static str, error: E) -> E {
        self.add(name, false);
        error
    }

    fn add(&self, name: &'static str, passed: bool) {
        if let Some(exchange) = &self.0 {
            exchange.ran().add(name, passed);
        }
    }

    /// The checks in the order they ran. Only the last one can have failed.
    pub fn checks(&self) -> Vec<Check> {
        let Some(exchange) = &self.0 else {
            return Vec::new();
        };
        let ran = exchange.ran();
        let passed = ran.passed.iter().map(|name| Check { name, passed: true });
        let failed = ran.failed.map(|name| Check {
            name,
            passed: false,
        });
        passed.chain(failed).collect()
    }

    /// The check that failed.
    pub fn failed(&self) -> Option<&'static str> {
        self.0.as_ref().and_then(|exchange| exchange.ran().failed)
    }

    /// Id under which the exchange is remembered: that of the sign-in that `brought` (a code or token) came
    /// of, or a new one. `None` where nothing is remembered.
    pub fn id(&self, brought: Option<&str>, new: impl FnOnce() -> Id) -> Option<Id> {
        let exchange = self.0.as_ref()?;
        let recorder = &exchange.recorder;
        let earlier = || recorder.of(recorder.masks.mark(brought?));
        Some(*exchange.id.get_or_init(|| earlier().unwrap_or_else(new)))
    }

    /// [`Trace::id`] if somebody has asked for it.
    pub fn known_id(&self) -> Option<Id> {
        self.0.as_ref()?.id.get().copied()
    }
}

impl Exchange {
    fn ran(&self) -> MutexGuard<'_, Ran> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ran {
    /// A check of several parts is listed once. What runs after one has failed decides nothing more.
    fn add(&mut self, name: &'static str, passed: bool) {
        if self.failed.is_some() {
            return;
        }
        let earlier = self.passed.iter().position(|known| *known == name);
        match (passed, earlier) {
            (true, Some(_)) => {}
            (true, None) => self.passed.push(name),
            (false, earlier) => {
                earlier.map(|at| self.passed.remove(at));
                self.failed = Some(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(trace: &Trace) -> Vec<(&'static str, bool)> {
        let checks = trace.checks();
        checks
            .iter()
            .map(|check| (check.name, check.passed))
            .collect()
    }

    #[test]
    fn checks_are_listed_as_they_ran_and_the_first_failure_is_the_last() {
        let trace = Trace::new(Arc::default());
        let also = trace.clone();
        let passes = |name| trace.check::<(), ()>(name, Ok(())).unwrap();
        passes("a");
        also.part::<(), ()>("b", Ok(())).unwrap();
        also.check_if::<(), ()>(false, "c", Ok(())).unwrap();
        passes("d");
        passes("a");
        assert_eq!(names(&also), [("a", true), ("d", true)]);
        trace.part::<(), ()>("a", Err(())).unwrap_err();
        passes("e");
        trace.check::<(), ()>("f", Err(())).unwrap_err();
        assert_eq!(names(&also), [("d", true), ("a", false)]);
        assert_eq!(trace.failed(), Some("a"));
    }

    #[test]
    fn a_trace_that_is_off_hands_results_on_and_keeps_nothing() {
        let trace = Trace::off();
        assert_eq!(trace.check::<_, ()>("a", Ok(1)), Ok(1));
        assert_eq!(trace.check::<(), _>("a", Err(2)), Err(2));
        assert!(trace.checks().is_empty() && trace.failed().is_none());
    }
}
