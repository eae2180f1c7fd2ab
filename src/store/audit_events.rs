//! The audit log.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{
    audit::{AuditEvent, Outcome, RecordedEvent},
    id::Id,
    time::{UnixMillis, UnixSeconds},
};

pub fn insert(tx: &Tx, event: &AuditEvent) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit_events (id, at, event, outcome, actor, subject, client_id, address, reason, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            tx.new_id(),
            tx.now,
            event.event,
            event.outcome.as_str(),
            &event.actor,
            &event.subject,
            &event.client_id,
            &event.address,
            &event.reason,
            event.detail.as_ref().map(ToString::to_string),
        ),
    )?;
    Ok(())
}

/// Which entries are asked for: those for which everything that is given holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The event's name, or the beginning of it up to a dot: `token`, `token.refused`.
    pub event: Option<String>,
    pub outcome: Option<Outcome>,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    /// Made at this time or later.
    pub since: Option<UnixSeconds>,
}

/// The next `limit` entries that the filter lets through, the newest first, those older than `before`.
pub fn page(
    tx: &Tx,
    filter: &Filter,
    before: Option<Id>,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let since = UnixMillis(filter.since.map_or(0, |since| since.0.saturating_mul(1000)));
    read_between(
        tx,
        (Id::first_of(since), before.unwrap_or(Id::MAX)),
        "DESC",
        filter,
        limit,
    )
}

/// The next `limit` entries that the filter lets through, the oldest first, those after `after`.
pub fn following(
    tx: &Tx,
    filter: &Filter,
    after: Id,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    read_between(tx, (after, Id::MAX), "ASC", filter, limit)
}

/// Those whose id is above the first bound and below the second.
fn read_between(
    tx: &Tx,
    (above, below): (Id, Id),
    order: &str,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let sql = format!(
        "SELECT id, at, event, outcome, actor, subject, client_id, address, reason, detail FROM audit_events
         WHERE id > ?1 AND id < ?2 AND (?3 IS NULL OR event = ?3 OR substr(event, 1, length(?3) + 1) = ?3 || '.')
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
