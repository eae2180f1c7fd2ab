//! Responses that a page of another origin cannot read.

use actix_web::{HttpRequest, web};

use super::step;
use crate::{
    app::App,
    oauth::error::OAuthError,
    trace::{Check, Known, Reason, Refused, Step},
};

/// Records that a page of this origin cannot read the response. Its developer only sees a line in the browser's
/// console, so it is recorded as a failure, whatever the result of the request.
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
    // One trace for a page that retries.
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
