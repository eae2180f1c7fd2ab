//! What an administrator reads of the latest sign-ins and refusals.

mod commands;
mod export;
mod view;

pub use self::{
    export::{har, postman},
    view::{FlowItem, FlowView, RefusedView, refused},
};
use crate::{
    admin::By,
    app::App,
    domain::{audit::AuditEvent, id::Id},
    store::Beyond,
    trace::{Flow, FlowOutcome},
};

/// Which flows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub outcome: Option<FlowOutcome>,
    pub client_id: Option<String>,
    /// A part of the id, the client, the user, or of why it was refused.
    pub q: Option<String>,
}

impl Wanted {
    fn lets_through(&self, flow: &Flow) -> bool {
        let client_id = flow.client_id.as_deref();
        self.outcome.is_none_or(|outcome| flow.outcome() == outcome)
            && self
                .client_id
                .as_deref()
                .is_none_or(|wanted| client_id == Some(wanted))
            && self.q.as_deref().is_none_or(|q| is_in(flow, q))
    }
}

fn is_in(flow: &Flow, q: &str) -> bool {
    let q = q.to_lowercase();
    let refused = flow.refused();
    let texts = [
        Some(flow.id.simple()),
        Some(flow.id.to_string()),
        flow.client_id.clone(),
        flow.username.clone(),
        refused.map(|refused| refused.error.to_owned()),
        refused.and_then(|refused| refused.reason.map(str::to_owned)),
        refused.map(|refused| refused.description.clone()),
    ];
    texts
        .iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&q))
}

/// The next `limit` flows, those beyond `from`.
pub fn list(app: &App, wanted: &Wanted, from: Option<Beyond>, limit: u32) -> Vec<FlowItem> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = app
        .flows
        .page(app.now(), from, limit, |flow| wanted.lets_through(flow));
    found.iter().map(|flow| FlowItem::of(app, flow)).collect()
}

pub fn get(app: &App, id: Id) -> Option<FlowView> {
    let flow = app.flows.get(app.now(), id)?;
    Some(FlowView::of(app, &flow))
}

/// The event that somebody looks at flows: once for all that is looked at within a while.
pub fn reading(app: &App, by: &By) -> Option<AuditEvent> {
    let begins = app.flows.begins_to_read(app.now(), &by.actor);
    begins.then(|| by.event("trace.viewed"))
}
