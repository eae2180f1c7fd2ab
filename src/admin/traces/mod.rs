//! Traces of recent sign-ins and failed requests, for administrators.

mod commands;
mod export;
mod view;

pub use self::{
    export::{har, postman},
    view::{RefusedView, TraceItem, TraceView, refused},
};
use crate::{
    admin::By,
    app::App,
    domain::{audit::AuditEvent, id::Id},
    store::Beyond,
    trace::{RecordedTrace, TraceOutcome},
};

/// Filter for traces.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub outcome: Option<TraceOutcome>,
    pub client_id: Option<String>,
    /// Part of the ID, the client, the user or the failure reason.
    pub q: Option<String>,
}

impl Wanted {
    fn lets_through(&self, trace: &RecordedTrace) -> bool {
        let client_id = trace.client_id.as_deref();
        self.outcome
            .is_none_or(|outcome| trace.outcome() == outcome)
            && self
                .client_id
                .as_deref()
                .is_none_or(|wanted| client_id == Some(wanted))
            && self.q.as_deref().is_none_or(|q| is_in(trace, q))
    }
}

fn is_in(trace: &RecordedTrace, q: &str) -> bool {
    let q = q.to_lowercase();
    let refused = trace.refused();
    let texts = [
        Some(trace.id.simple()),
        Some(trace.id.to_string()),
        trace.client_id.clone(),
        trace.username.clone(),
        refused.map(|refused| refused.error.to_owned()),
        refused.and_then(|refused| refused.reason.map(str::to_owned)),
        refused.map(|refused| refused.description.clone()),
    ];
    texts
        .iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&q))
}

/// The next `limit` traces, those beyond `from`.
pub fn list(app: &App, wanted: &Wanted, from: Option<Beyond>, limit: u32) -> Vec<TraceItem> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = app
        .traces
        .page(app.now(), from, limit, |trace| wanted.lets_through(trace));
    found
        .iter()
        .map(|trace| TraceItem::of(app, trace))
        .collect()
}

pub fn get(app: &App, id: Id) -> Option<TraceView> {
    let trace = app.traces.get(app.now(), id)?;
    Some(TraceView::of(app, &trace))
}

/// Event that someone views traces, once per period.
pub fn reading(app: &App, by: &By) -> Option<AuditEvent> {
    let begins = app.traces.begins_to_read(app.now(), &by.actor);
    begins.then(|| by.event("trace.viewed"))
}
