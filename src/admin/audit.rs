//! The audit log, read.

use serde::Serialize;
use serde_json::Value;

use crate::{
    domain::{audit::RecordedEvent, id::Id, time::Lifetime},
    store::{Beyond, StoreError, Tx, audit_events},
};

pub use crate::store::audit_events::Filter;

/// An event as it is shown; `at` is RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct EventView {
    pub id: Id,
    pub at: String,
    pub event: String,
    pub outcome: String,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub address: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<Value>,
}

impl From<RecordedEvent> for EventView {
    fn from(event: RecordedEvent) -> Self {
        Self {
            id: event.id,
            at: event.at.rfc3339(),
            event: event.event,
            outcome: event.outcome,
            actor: event.actor,
            subject: event.subject,
            client_id: event.client_id,
            address: event.address,
            reason: event.reason,
            detail: event.detail,
        }
    }
}

/// The next `limit` events that the filter lets through, those beyond `from`.
pub fn list(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<EventView>, StoreError> {
    let page = audit_events::page(tx, filter, from, limit)?;
    Ok(page.into_iter().map(EventView::from).collect())
}

/// Another process may make its id in the same instant as ours and commit a little later.
const OVERLAP: Lifetime = Lifetime(5);

/// Follows the log: gives each event once, in the order in which they become visible.
#[derive(Debug)]
pub struct Tail {
    filter: Filter,
    /// The newest that was given.
    last: Id,
    /// Those given whose id is not older than the overlap.
    given: Vec<Id>,
}

impl Tail {
    /// Follows the log from now on, and gives the newest `most` events of before, the oldest first.
    pub fn start(tx: &Tx, filter: Filter, most: u32) -> Result<(Self, Vec<EventView>), StoreError> {
        let mut newest = audit_events::page(tx, &filter, None, most.max(1))?;
        let last = newest.first().map_or(Id::MIN, |event| event.id);
        newest.truncate(most as usize);
        newest.reverse();
        let mut tail = Self {
            filter,
            last,
            given: Vec::new(),
        };
        tail.next(tx, u32::MAX)?;
        Ok((tail, newest.into_iter().map(EventView::from).collect()))
    }

    /// At most `limit` events that are new since the last call, the oldest first.
    pub fn next(&mut self, tx: &Tx, limit: u32) -> Result<Vec<EventView>, StoreError> {
        let page = self.next_recorded(tx, limit)?;
        Ok(page.into_iter().map(EventView::from).collect())
    }

    /// [`Tail::next`], as they were written.
    pub fn next_recorded(&mut self, tx: &Tx, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let overlap = Id::first_of(self.last.made_at().before(OVERLAP));
        self.given.retain(|id| *id >= overlap);
        let known = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        let limit = limit.saturating_add(known);
        let mut page = audit_events::following(tx, &self.filter, overlap, limit)?;
        page.retain(|event| !self.given.contains(&event.id));
        self.given.extend(page.iter().map(|event| event.id));
        self.last = page.iter().map(|event| event.id).fold(self.last, Id::max);
        Ok(page)
    }
}
