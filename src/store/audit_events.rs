//! The audit log.

use std::borrow::Cow;

use rusqlite::Row;

use super::{Beyond, StoreError, Tx};
use crate::domain::{
    audit::{AuditEvent, Outcome, RecordedEvent},
    id::Id,
    time::{UnixMillis, UnixSeconds},
};

/// Maximum bytes of each text in an event of an unauthenticated sender.
const UNPROVEN_TEXT: usize = 256;
/// The most that the row of such an event holds: subject, client, address, reason and detail, and 100 bytes for the id,
/// the time, the outcome and the event's name.
pub const UNPROVEN_ROW_BYTES: usize = 5 * UNPROVEN_TEXT + 100;

/// Writes the event. Texts from strangers are shortened, since they can send names of any length.
pub fn insert(tx: &Tx, event: &AuditEvent) -> Result<(), StoreError> {
    let most = match event.actor {
        None => UNPROVEN_TEXT,
        Some(_) => usize::MAX,
    };
    // A part of it would be no JSON.
    let detail = event.detail.as_ref().map(ToString::to_string);
    let detail = detail.filter(|detail| detail.len() <= most);
    tx.execute(
        "INSERT INTO audit_events (id, at, event, outcome, actor, subject, client_id, address, reason, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            tx.new_id(),
            tx.now,
            event.event,
            event.outcome.as_str(),
            &event.actor,
            shortened(event.subject.as_deref(), most),
            shortened(event.client_id.as_deref(), most),
            shortened(event.address.as_deref(), most),
            shortened(event.reason.as_deref(), most),
            detail,
        ),
    )?;
    Ok(())
}

/// The text, cut to this many bytes, with an ellipsis if it was longer.
fn shortened(text: Option<&str>, most: usize) -> Option<Cow<'_, str>> {
    const ELLIPSIS: &str = "…";
    let text = text?;
    if text.len() <= most {
        return Some(text.into());
    }
    let end = text.floor_char_boundary(most - ELLIPSIS.len());
    Some(format!("{}{ELLIPSIS}", &text[..end]).into())
}

/// Filter for entries that match all given values.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Name of the event, or its prefix up to a dot: `token`, `token.request_failed`.
    pub event: Option<String>,
    pub outcome: Option<Outcome>,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    /// Made at this time or later.
    pub since: Option<UnixSeconds>,
    /// Made before this time.
    pub until: Option<UnixSeconds>,
}

impl Filter {
    /// Whether an entry matches, regardless of its time.
    pub fn lets_through(&self, event: &RecordedEvent) -> bool {
        let is = |asked: &Option<String>, found: &Option<String>| asked.is_none() || asked == found;
        let has_name = |asked: &String| {
            let rest = event.event.strip_prefix(asked.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.event.as_ref().is_none_or(has_name)
            && self
                .outcome
                .is_none_or(|asked| asked.as_str() == event.outcome)
            && is(&self.actor, &event.actor)
            && is(&self.subject, &event.subject)
            && is(&self.client_id, &event.client_id)
    }
}

/// The next `limit` entries that match the filter, after `from`. An index finds them, however many entries there are.
pub fn page(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let at = |time: Option<UnixSeconds>| {
        time.map(|time| Id::first_of(UnixMillis(time.0.saturating_mul(1000))))
    };
    let (above, below, order) = Beyond::bounds(from);
    let bounds = (
        at(filter.since).map_or(above, |since| since.max(above)),
        at(filter.until).map_or(below, |until| until.min(below)),
    );
    let next = |way, filter: &Filter| read_between(tx, bounds, way, order, filter, limit);
    let way = match filter {
        Filter {
            subject: Some(_), ..
        } => Way::Subject,
        Filter { actor: Some(_), .. } => Way::Actor,
        Filter {
            client_id: Some(_), ..
        } => Way::Client,
        Filter {
            event: Some(event), ..
        } => {
            // One index scan per name; the results of several names are merged.
            let mut found = Vec::new();
            for name in names_under(tx, event)? {
                let event = Some(name);
                found.extend(next(
                    Way::Name,
                    &Filter {
                        event,
                        ..filter.clone()
                    },
                )?);
            }
            Beyond::sort(from, &mut found, |event| event.id);
            found.truncate(limit as usize);
            return Ok(found);
        }
        Filter {
            outcome: Some(Outcome::Failed),
            ..
        } => Way::Failed,
        _ => Way::All,
    };
    next(way, filter)
}

/// The next `limit` entries that the filter lets through, the oldest first, those after `after`.
pub fn following(
    tx: &Tx,
    filter: &Filter,
    after: Id,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    read_between(tx, (after, Id::MAX), Way::All, "ASC", filter, limit)
}

/// Names of stored events: `under` itself, and those that start with it and a dot.
fn names_under(tx: &Tx, under: &str) -> Result<Vec<String>, StoreError> {
    // Jumps from each name to the next one, skipping its entries.
    tx.query_all(
        "WITH RECURSIVE names (name) AS (
           SELECT min(event) FROM audit_events WHERE event > ?1 || '.' AND event < ?1 || '/'
           UNION ALL
           SELECT (SELECT min(event) FROM audit_events WHERE event > name AND event < ?1 || '/')
             FROM names WHERE name IS NOT NULL
         )
         SELECT name FROM names WHERE name IS NOT NULL
         UNION ALL SELECT ?1 WHERE EXISTS (SELECT 1 FROM audit_events WHERE event = ?1)",
        [under],
        |row| row.get(0),
    )
}

/// Index for reading entries.
#[derive(Clone, Copy)]
enum Way {
    All,
    Name,
    Actor,
    Subject,
    Client,
    Failed,
}

impl Way {
    /// The index, and what leads into it.
    const fn sql(self) -> (&'static str, &'static str) {
        match self {
            Way::All => ("", ""),
            Way::Name => ("INDEXED BY audit_events_by_name", "AND event = ?3"),
            Way::Actor => ("INDEXED BY audit_events_by_actor", "AND actor = ?5"),
            Way::Subject => ("INDEXED BY audit_events_by_subject", "AND subject = ?6"),
            Way::Client => ("INDEXED BY audit_events_by_client", "AND client_id = ?7"),
            Way::Failed => ("INDEXED BY audit_events_failed", "AND outcome = 'failed'"),
        }
    }
}

/// Entries whose ID is above the first bound and below the second.
fn read_between(
    tx: &Tx,
    (above, below): (Id, Id),
    way: Way,
    order: &'static str,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let (index, leads) = way.sql();
    let sql = format!(
        "SELECT id, at, event, outcome, actor, subject, client_id, address, reason, detail FROM audit_events {index}
         WHERE id > ?1 AND id < ?2 {leads}
           AND (?3 IS NULL OR event = ?3 OR substr(event, 1, length(?3) + 1) = ?3 || '.')
           AND (?4 IS NULL OR outcome = ?4) AND (?5 IS NULL OR actor = ?5)
           AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR client_id = ?7)
         ORDER BY id {order} LIMIT ?8"
    );
    let params = (
        above,
        below,
        &filter.event,
        filter.outcome.map(Outcome::as_str),
        &filter.actor,
        &filter.subject,
        &filter.client_id,
        limit,
    );
    tx.query_all(&sql, params, read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<RecordedEvent> {
    Ok(RecordedEvent {
        id: row.get(0)?,
        at: row.get(1)?,
        event: row.get(2)?,
        outcome: row.get(3)?,
        actor: row.get(4)?,
        subject: row.get(5)?,
        client_id: row.get(6)?,
        address: row.get(7)?,
        reason: row.get(8)?,
        detail: row
            .get::<_, Option<String>>(9)?
            .and_then(|text| serde_json::from_str(&text).ok()),
    })
}
