//! Data of every recorded exchange.

use std::time::Instant;

use crate::{
    app::App,
    oauth::error::OAuthError,
    trace::{Encoding, Refused, Sent, Step, explanation, without_secrets},
};

/// A new exchange without a result.
pub fn step(app: &App, method: &str, path: &str) -> Step {
    Step {
        at: app.clock.now_ms(),
        micros: 0,
        method: method.chars().take(10).collect(),
        path: path.chars().take(200).collect(),
        encoding: Encoding::Query,
        sent: Vec::new(),
        authorization: None,
        origin: None,
        status: 0,
        to: None,
        says: None,
        checks: Vec::new(),
        refused: None,
        yields: false,
        times: 1,
    }
}

/// Microseconds since its start.
pub fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// An error for traces, with the failed check.
pub fn refused(error: &OAuthError, check: Option<&'static str>) -> Refused {
    let why = error.why.as_deref().cloned().unwrap_or_default();
    Refused {
        error: error.code.as_str(),
        description: error.description.to_string(),
        is_routine: error.code.is_routine(),
        reason: why.reason.and_then(explanation).map(|row| row.code),
        check,
        // A URI of an app can have a scheme of its own and no slashes (RFC 8252 §7.1).
        sent: why.sent.map(|sent| cut(without_secrets(&sent))),
        expected: why.expected.into_iter().take(20).map(cut).collect(),
    }
}

/// An `Authorization` header: its scheme as the name, and the rest masked.
pub fn credentials(app: &App, header: &str) -> Sent {
    let (scheme, secret) = header.split_once(' ').unwrap_or(("?", header));
    app.traces.masks.masked(scheme, secret)
}

/// Whether the ID can be shown: it belongs to a client, or is a URL (a client ID metadata document). Anything else may
/// be a secret in the wrong place.
pub fn is_client(app: &App, client_id: &str) -> bool {
    client_id.starts_with("https://") || app.directory.snapshot().client(client_id).is_some()
}

pub fn cut(text: String) -> String {
    match text.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
