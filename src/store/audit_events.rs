//! The audit log.

use super::{StoreError, Tx};
use crate::domain::audit::{AuditEvent, Outcome, RecordedEvent};

pub fn insert(tx: &Tx, event: &AuditEvent) -> Result<(), StoreError> {
    let outcome = match event.outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
    };
    tx.execute(
        "INSERT INTO audit_events (id, at, event, outcome, actor, subject, client_id, address, reason, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            tx.new_id(),
            tx.now,
            event.event,
            outcome,
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

/// The latest `limit` entries, the newest first.
pub fn latest(tx: &Tx, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
    tx.query_all(
        "SELECT id, at, event, outcome, actor, subject, client_id, address, reason, detail
         FROM audit_events ORDER BY id DESC LIMIT ?1",
        [limit],
        |row| {
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
        },
    )
}
