//! Pending notices to clients about revoked sessions (OIDC Back-Channel Logout 1.0): written in the transaction that
//! revokes the session, so that none is lost, and kept until delivered.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{
    id::Id,
    name::{ClientId, Subject},
    time::{Lifetime, UnixSeconds},
};

/// Maximum time for delivering a notice. After that, the client must expire its own sessions.
const LIFETIME: Lifetime = Lifetime::days(1);

/// Notices that are looked at together.
const MOST_DUE: u32 = 1_000;

/// Notice to one client about one session.
#[derive(Clone, Debug)]
pub struct LogoutNotice {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub session_id: Id,
    /// Number of failed attempts.
    pub tries: u32,
}

/// Adds notices for every client that got a grant in this session and has a logout URI.
pub(super) fn put(tx: &Tx, session_id: Id, sub: &Subject) -> Result<(), StoreError> {
    let visited: Vec<ClientId> = tx.query_all(
        "SELECT DISTINCT grants.client_id FROM grants JOIN clients ON clients.client_id = grants.client_id
         WHERE grants.session_id = ?1 AND clients.metadata ->> 'backchannel_logout_uri' IS NOT NULL",
        [session_id],
        |row| row.get(0),
    )?;
    for client_id in visited {
        tx.execute(
            "INSERT INTO logout_notices (id, client_id, sub, session_id, due_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                tx.new_id(),
                client_id,
                sub,
                session_id,
                tx.now,
                tx.now + LIFETIME,
            ),
        )?;
    }
    Ok(())
}

/// Time of the next due notice.
pub fn next(tx: &Tx) -> Result<Option<UnixSeconds>, StoreError> {
    tx.query_one("SELECT min(due_at) FROM logout_notices", [], |row| {
        row.get(0)
    })
}

/// Due notices, oldest first: at most `of_one` of each client, so that a client with many does not displace others.
/// Those of unverified clients are last, so that they do not displace registered ones.
pub fn due(tx: &Tx, of_one: u32) -> Result<Vec<LogoutNotice>, StoreError> {
    tx.query_all(
        "WITH RECURSIVE waiting (client_id) AS (
           SELECT min(client_id) FROM logout_notices
           UNION ALL
           SELECT (SELECT min(client_id) FROM logout_notices WHERE client_id > waiting.client_id) FROM waiting
             WHERE waiting.client_id IS NOT NULL)
         SELECT id, logout_notices.client_id, sub, session_id, tries FROM waiting JOIN logout_notices ON id IN
           (SELECT id FROM logout_notices WHERE client_id = waiting.client_id AND due_at <= ?1
              ORDER BY due_at LIMIT ?2)
         ORDER BY EXISTS (SELECT 1 FROM client_registrations unverified
           WHERE unverified.client_id = logout_notices.client_id AND unused_until IS NOT NULL), due_at LIMIT ?3",
        (tx.now, of_one, MOST_DUE),
        read,
    )
}

/// Marks notices as being sent, not due again for `lease`: if this process stops before it knows the result, they are
/// sent again.
pub fn lease(tx: &Tx, ids: &[Id], lease: Lifetime) -> Result<(), StoreError> {
    for id in ids {
        tx.execute(
            "UPDATE logout_notices SET due_at = ?2 WHERE id = ?1",
            (id, tx.now + lease),
        )?;
    }
    Ok(())
}

/// Schedules a retry after a failed attempt.
pub fn postpone(tx: &Tx, id: Id, wait: Lifetime) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE logout_notices SET tries = tries + 1, due_at = ?2 WHERE id = ?1",
        (id, tx.now + wait),
    )?;
    Ok(())
}

/// Deletes a notice that was delivered or given up.
pub fn delete(tx: &Tx, id: Id) -> Result<(), StoreError> {
    tx.execute("DELETE FROM logout_notices WHERE id = ?1", [id])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<LogoutNotice> {
    Ok(LogoutNotice {
        id: row.get(0)?,
        client_id: row.get(1)?,
        sub: row.get(2)?,
        session_id: row.get(3)?,
        tries: row.get(4)?,
    })
}
