//! Checks of one exchange, in the order they ran.

use schemars::JsonSchema;
use serde::Serialize;

/// A check that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminTraceCheck")]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
}

/// Checks that have run. Only the last one can have failed.
#[derive(Debug, Default)]
pub struct Checks(Vec<Check>);

/// More checks than any request passes.
const CAPACITY: usize = 32;

impl Checks {
    /// A check of several parts is listed once. What runs after one has failed decides nothing more.
    pub fn add(&mut self, name: &'static str, passed: bool) {
        if self.failed().is_some() {
            return;
        }
        let earlier = self.0.iter().position(|check| check.name == name);
        match (passed, earlier) {
            (true, Some(_)) => return,
            (true, None) => {}
            (false, earlier) => {
                earlier.map(|at| self.0.remove(at));
            }
        }
        if self.0.is_empty() {
            self.0.reserve(CAPACITY);
        }
        self.0.push(Check { name, passed });
    }

    /// The check that failed.
    pub fn failed(&self) -> Option<&'static str> {
        let last = self.0.last().filter(|check| !check.passed);
        last.map(|check| check.name)
    }

    pub fn into_list(self) -> Vec<Check> {
        let mut list = self.0;
        list.shrink_to_fit();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_listed_once_as_they_ran_and_the_first_failure_is_the_last() {
        let mut checks = Checks::default();
        for (name, passed) in [
            ("a", true),
            ("b", true),
            ("a", true),
            ("a", false),
            ("c", true),
            ("d", false),
        ] {
            checks.add(name, passed);
        }
        assert_eq!(checks.failed(), Some("a"));
        let list: Vec<_> = checks
            .into_list()
            .iter()
            .map(|check| (check.name, check.passed))
            .collect();
        assert_eq!(list, [("b", true), ("a", false)]);
    }
}
