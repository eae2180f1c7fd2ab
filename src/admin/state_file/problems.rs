//! Errors of a file.

use std::fmt;

/// Errors, each with file, line and key if there is one. Never empty.
#[derive(Debug)]
pub struct Problems(pub Vec<String>);

impl Problems {
    pub fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
