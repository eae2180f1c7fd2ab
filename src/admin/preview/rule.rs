//! Where a claim comes from, and what is not there.

use serde::Serialize;

/// Where a claim comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    Scope,
    ClaimsParameter,
    Registration,
    Resource,
    Team,
    User,
    Protocol,
}

/// A claim, or a scope, that is not there.
#[derive(Debug, Serialize)]
pub struct Missing {
    pub name: String,
    /// The rule that did not give it.
    pub rule: Rule,
    pub reason: String,
}
