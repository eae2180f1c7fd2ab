//! Counters of the server.

use std::borrow::Cow;

/// A counter: a name, and labels that distinguish it from others with the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    pub name: Cow<'static, str>,
    /// In the OpenMetrics format, without braces: `endpoint="token",error="invalid_grant"`.
    pub labels: String,
}

/// Issued access tokens, by origin.
pub const TOKENS_ISSUED: &str = "tokens_issued";
/// Failed protocol requests, by endpoint, error and, for token requests, grant type.
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
