//! Exchanges that the server has with itself, as the client of a trial run.

use std::time::Instant;

use super::step;
use crate::{
    app::App,
    domain::id::Id,
    oauth::{error::OAuthError, params::Params},
    trace::{Encoding, Known, Refused, Step, Trace},
};

/// An exchange that has begun.
pub struct OwnExchange<'a> {
    app: &'a App,
    /// Path of the endpoint.
    path: String,
    began: Instant,
    pub trace: Trace,
}

impl<'a> OwnExchange<'a> {
    /// `id`: its trace; a new one if `None`.
    pub fn begin(app: &'a App, path: String, id: Option<Id>) -> Self {
        let trace = app.trace_of_trial();
        if let Some(id) = id {
            trace.belongs(id);
        }
        Self {
            app,
            path,
            began: Instant::now(),
            trace,
        }
    }

    /// Records it; returns its trace and its error.
    pub fn end(
        self,
        client_id: &str,
        params: &Params,
        authorization: Option<&str>,
        error: Option<&OAuthError>,
    ) -> (Option<Id>, Option<Refused>) {
        let app = self.app;
        let notes = self.trace.take();
        let refused = error.map(|error| step::refused(error, notes.checks.failed()));
        if self.trace.is_off() {
            return (None, refused);
        }
        let id = notes.id.unwrap_or_else(|| app.new_id());
        let masks = &app.traces.masks;
        let step = Step {
            micros: step::micros(self.began),
            encoding: Encoding::Form,
            sent: masks.params(params.pairs(), |id| step::is_client(app, id)),
            authorization: authorization.map(|value| step::credentials(app, value)),
            status: error.map_or(200, |error| error.code.status()),
            says: Some("test sign-in".to_owned()),
            yields: refused.is_none(),
            checks: notes.checks.into_list(),
            refused: refused.clone(),
            ..step::step(app, "POST", &self.path)
        };
        let known = Known {
            client_id: Some(client_id.to_owned()),
            username: None,
            marks: notes.known.marks,
        };
        app.traces.add(app.now(), id, step, known);
        (Some(id), refused)
    }
}
