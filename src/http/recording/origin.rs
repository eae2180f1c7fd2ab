//! Answers that a page of another origin may not read.

use actix_web::{HttpRequest, web};

use super::step;
use crate::{
    app::App,
    oauth::error::OAuthError,
    trace::{Check, Known, Reason, Refused, Step},
};

/// A page of this origin may not read the answer. Its developer sees nothing of it but a line in the
/// browser's console, so it is remembered here as what it is, however the request itself went.
pub fn origin_refused(request: &HttpRequest, client_id: Option<&str>, origin: &str) {
    let Some(app) = request.app_data::<web::Data<App>>() else {
        return;
    };
    if !app.records_traces() || origin == app.config.issuer {
        return;
    }
    let snapshot = app.directory.snapshot();
    let client = client_id.and_then(|id| snapshot.client(id));
    let registered: Vec<_> = client
        .map(|client| client.origins().collect())
        .unwrap_or_default();
    let error = OAuthError::from(Reason::OriginNotRegistered).comparing(Some(origin), registered);
    // One trace for a page that tries again and again.
    let mark = app.traces.masks.mark(&format!(
        "origin {origin} {}",
        client_id.unwrap_or_default()
    ));
    let id = app.traces.of(mark).unwrap_or_else(|| app.new_id());
    let check = Check {
        name: "origin",
        passed: false,
    };
    let step = Step {
        origin: Some(step::cut(origin.to_owned())),
        checks: vec![check],
        refused: Some(Refused {
            error: "cors",
            ..step::refused(&error, Some(check.name))
        }),
        ..step::step(app, request.method().as_str(), request.path())
    };
    let known = Known {
        client_id: client.map(|client| client.client_id.to_string()),
        username: None,
        marks: vec![mark],
    };
    app.traces.add(app.now(), id, step, known);
}
