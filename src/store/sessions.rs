//! Browser logins.

use rusqlite::Row;

use super::{Beyond, StoreError, Tx, logout_notices};
use crate::domain::{id::Id, name::Subject, session::Session, time::Lifetime};

const COLUMNS: &str = "id, secret_hash, sub, auth_time, amr, created_at, last_used_at, expires_at, ended_at, \
     address, user_agent";

pub fn get(tx: &Tx, id: Id) -> Result<Option<Session>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM sessions WHERE id = ?1"),
        [id],
        read,
    )
}

/// The next `limit` active sessions, after `from`: of all users or of one.
pub fn alive(
    tx: &Tx,
    sub: Option<&str>,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<Session>, StoreError> {
    let (above, below, way) = Beyond::bounds(from);
    match sub {
        Some(sub) => tx.query_all(
            &format!(
                "SELECT {COLUMNS} FROM sessions WHERE sub = ?1 AND id > ?2 AND id < ?3 AND ended_at IS NULL
                 AND expires_at > ?4 ORDER BY id {way} LIMIT ?5"
            ),
            (sub, above, below, tx.now, limit),
            read,
        ),
        None => tx.query_all(
            &format!(
                "SELECT {COLUMNS} FROM sessions INDEXED BY sessions_alive WHERE id > ?1 AND id < ?2
                 AND ended_at IS NULL AND expires_at > ?3 ORDER BY id {way} LIMIT ?4"
            ),
            (above, below, tx.now, limit),
            read,
        ),
    }
}

pub fn insert(tx: &Tx, session: &Session) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sessions (id, secret_hash, sub, auth_time, amr, created_at, last_used_at, expires_at,
           ended_at, address, user_agent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            session.id,
            session.secret_hash,
            &session.sub,
            session.auth_time,
            &session.amr,
            session.created_at,
            session.last_used_at,
            session.expires_at,
            session.ended_at,
            &session.address,
            &session.user_agent,
        ),
    )?;
    Ok(())
}

/// Notes that the session was used, at most once in `every`.
pub fn touch(tx: &Tx, id: Id, every: Lifetime) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sessions SET last_used_at = ?2 WHERE id = ?1 AND last_used_at <= ?3 AND ended_at IS NULL",
        (id, tx.now, tx.now - every),
    )?;
    Ok(())
}

/// Number of active sessions. Checks at most `most` unexpired ones; if there are more, returns `most`.
pub fn count_alive(tx: &Tx, idle: Lifetime, most: u32) -> Result<u32, StoreError> {
    tx.query_one(
        "SELECT iif(count(*) = ?3, ?3, count(*) FILTER (WHERE ended_at IS NULL AND last_used_at > ?2))
           FROM (SELECT ended_at, last_used_at FROM sessions WHERE expires_at > ?1 LIMIT ?3)",
        (tx.now, tx.now - idle, most),
        |row| row.get(0),
    )
}

/// Revokes a session and adds notices for the clients that it visited; returns whether it was active.
pub fn end(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    let ended = tx.query_all(
        "UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL RETURNING id, sub",
        (id, tx.now),
        read_ended,
    )?;
    Ok(!announced(tx, ended)?.is_empty())
}

/// [`end`] for every session of a user; returns them.
pub fn end_all(tx: &Tx, sub: &Subject) -> Result<Vec<Id>, StoreError> {
    let ended = tx.query_all(
        "UPDATE sessions SET ended_at = ?2 WHERE sub = ?1 AND ended_at IS NULL RETURNING id, sub",
        (sub, tx.now),
        read_ended,
    )?;
    announced(tx, ended)
}

/// [`end`] for every session of a user except `kept`; returns them.
pub fn end_others(tx: &Tx, sub: &Subject, kept: Id) -> Result<Vec<Id>, StoreError> {
    let ended = tx.query_all(
        "UPDATE sessions SET ended_at = ?2 WHERE sub = ?1 AND id <> ?3 AND ended_at IS NULL RETURNING id, sub",
        (sub, tx.now, kept),
        read_ended,
    )?;
    announced(tx, ended)
}

/// [`end`] for the sessions of all users.
pub fn end_everybodys(tx: &Tx) -> Result<(), StoreError> {
    let ended = tx.query_all(
        "UPDATE sessions SET ended_at = ?1 WHERE ended_at IS NULL RETURNING id, sub",
        [tx.now],
        read_ended,
    )?;
    announced(tx, ended).map(drop)
}

fn read_ended(row: &Row<'_>) -> rusqlite::Result<(Id, Subject)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn announced(tx: &Tx, ended: Vec<(Id, Subject)>) -> Result<Vec<Id>, StoreError> {
    let announce = |(id, sub)| logout_notices::put(tx, id, &sub).map(|()| id);
    ended.into_iter().map(announce).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        secret_hash: row.get(1)?,
        sub: row.get(2)?,
        auth_time: row.get(3)?,
        amr: row.get(4)?,
        created_at: row.get(5)?,
        last_used_at: row.get(6)?,
        expires_at: row.get(7)?,
        ended_at: row.get(8)?,
        address: row.get(9)?,
        user_agent: row.get(10)?,
    })
}
