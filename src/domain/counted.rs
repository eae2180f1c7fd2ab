//! What the server counts of its own work.

use std::borrow::Cow;

/// One counter: a name, and the labels that tell it from others of the name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    pub name: Cow<'static, str>,
    /// As OpenMetrics writes them, without braces: `endpoint="token",error="invalid_grant"`.
    pub labels: String,
}

/// Access tokens that were issued, by how they came to be.
pub const TOKENS_ISSUED: &str = "tokens_issued";
/// Requests of the protocol that were refused, by endpoint, error and, of token requests, the grant.
pub const REQUESTS_FAILED: &str = "requests_failed";
/// Attempts to sign in, by their outcome.
pub const SIGN_INS: &str = "sign_ins";

/// Every name with what it means.
pub const NAMES: [(&str, &str); 3] = [
    (TOKENS_ISSUED, "Access tokens issued, by grant type"),
    (
        REQUESTS_FAILED,
        "Requests refused, by endpoint, error and (token requests) grant type",
    ),
    (
        SIGN_INS,
        "Sign-in attempts, by outcome: ok, refused or rate-limited",
    ),
];
