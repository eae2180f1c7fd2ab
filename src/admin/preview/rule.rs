//! Source of a claim, or the reason why it is absent.

use schemars::JsonSchema;
use serde::Serialize;

/// Source of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClaimMissing")]
pub struct Missing {
    pub name: String,
    /// The rule that did not give it.
    pub rule: Rule,
    pub reason: String,
}
