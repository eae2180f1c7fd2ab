//! The audit log, read.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    object::Managed,
    register::{self, each_kind},
};
use crate::{
    domain::{audit::RecordedEvent, id::Id, object::Object, time::Lifetime, user::User},
    store::{
        Beyond, StoreError, Tx, audit_events, clients, deleted_objects, objects::Stored, users,
    },
};

pub use crate::store::audit_events::Filter;

/// An audit event. `at` is RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminEvent")]
pub struct EventView {
    pub id: Id,
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub event: String,
    #[schemars(extend("enum" = ["ok", "failed"]))]
    pub outcome: String,
    pub actor: Option<String>,
    pub actor_name: Option<String>,
    pub subject: Option<String>,
    pub subject_name: Option<String>,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    pub address: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<Value>,
}

impl EventView {
    pub fn new(event: RecordedEvent, names: Names) -> Self {
        Self {
            id: event.id,
            at: event.at.rfc3339(),
            event: event.event,
            outcome: event.outcome,
            actor: event.actor,
            actor_name: names.actor,
            subject: event.subject,
            subject_name: names.subject,
            client_id: event.client_id,
            client_name: names.client,
            address: event.address,
            reason: event.reason,
            detail: event.detail,
        }
    }
}

/// Display names of the IDs in an event. `None` for an object without a name, or one that was deleted.
#[derive(Clone, Debug, Default)]
pub struct Names {
    actor: Option<String>,
    subject: Option<String>,
    client: Option<String>,
}

/// A user or a client.
const PARTY: &str = "party";

/// The events with their names. Each id is looked up once.
pub fn named(
    tx: &Tx,
    events: Vec<RecordedEvent>,
) -> Result<Vec<(RecordedEvent, Names)>, StoreError> {
    let mut known = HashMap::new();
    let mut name = |kind: &'static str, id: Option<&String>| -> Result<_, StoreError> {
        let Some(id) = id else { return Ok(None) };
        let key = (kind, id.clone());
        if !known.contains_key(&key) {
            known.insert(key.clone(), look_up(tx, kind, id)?);
        }
        Ok(known[&key].clone())
    };
    let named = events.into_iter().map(|event| {
        let subject = match event.event.split('.').next() {
            Some("user" | "client") | None => PARTY,
            Some("key") => "",
            Some(kind) => match register::kinds()
                .iter()
                .find(|known| known.as_str() == kind)
            {
                Some(known) => known.as_str(),
                None => PARTY,
            },
        };
        let names = Names {
            actor: name(PARTY, event.actor.as_ref())?,
            subject: name(subject, event.subject.as_ref())?,
            client: name("client", event.client_id.as_ref())?,
        };
        Ok((event, names))
    });
    named.collect()
}

fn look_up(tx: &Tx, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
    let client = || {
        let found = clients::get(tx, id)?;
        Ok(found.and_then(|client| client.metadata.client_name))
    };
    match kind {
        "client" => client(),
        PARTY => match users::get(tx, id)? {
            Some(user) => Ok(Some(user.username.clone())),
            None => match deleted_objects::find::<User>(tx, id)? {
                Some(user) => Ok(Some(user.username)),
                None => client(),
            },
        },
        _ => {
            each_kind!(M => {
                if kind == M::KIND.as_str() {
                    return Ok(M::get(tx, id)?.and_then(|object| object.title()));
                }
            });
            Ok(None)
        }
    }
}

/// The `limit` events after `last` that the filter lets through, each with its names.
pub fn following(
    tx: &Tx,
    filter: &Filter,
    last: Id,
    limit: u32,
) -> Result<Vec<(RecordedEvent, Names)>, StoreError> {
    named(tx, audit_events::following(tx, filter, last, limit)?)
}

/// The next `limit` events that the filter lets through, those beyond `from`.
pub fn list(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<EventView>, StoreError> {
    views(tx, audit_events::page(tx, filter, from, limit)?)
}

fn views(tx: &Tx, events: Vec<RecordedEvent>) -> Result<Vec<EventView>, StoreError> {
    let named = named(tx, events)?.into_iter();
    Ok(named
        .map(|(event, names)| EventView::new(event, names))
        .collect())
}

/// Another process can create its ID in the same instant as this one and commit a little later.
const OVERLAP: Lifetime = Lifetime(5);

/// Follows the log: gives each event once, in the order in which they become visible.
#[derive(Debug)]
pub struct Tail {
    filter: Filter,
    /// The newest that was given.
    last: Id,
    /// Events seen whose ID is not older than the overlap.
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
        Ok((tail, views(tx, newest)?))
    }

    /// At most `limit` events since the last call, oldest first.
    pub fn next(&mut self, tx: &Tx, limit: u32) -> Result<Vec<EventView>, StoreError> {
        let page = self.next_recorded(tx, limit)?;
        views(tx, page)
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
