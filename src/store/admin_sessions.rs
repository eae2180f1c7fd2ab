//! Administrators at the admin page.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{id::Id, name::Subject, session::AdminSession, time::Lifetime};

pub fn insert(tx: &Tx, session: &AdminSession) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO admin_sessions (id, secret_hash, sub, proved_at, created_at, last_used_at, expires_at,
           address, user_agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            session.id,
            session.secret_hash,
            &session.sub,
            session.proved_at,
            session.created_at,
            session.last_used_at,
            session.expires_at,
            &session.address,
            &session.user_agent,
        ),
    )?;
    Ok(())
}

pub fn get(tx: &Tx, id: Id) -> Result<Option<AdminSession>, StoreError> {
    tx.query_opt(
        "SELECT id, secret_hash, sub, proved_at, created_at, last_used_at, expires_at, address, user_agent
         FROM admin_sessions WHERE id = ?1",
        [id],
        read,
    )
}

/// Notes that it was used, unless that was noted less than `every` ago.
pub fn touch(tx: &Tx, id: Id, every: Lifetime) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE admin_sessions SET last_used_at = ?2 WHERE id = ?1 AND last_used_at <= ?3",
        (id, tx.now, tx.now - every),
    )?;
    Ok(())
}

/// Notes that the password was given again.
pub fn prove(tx: &Tx, id: Id) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE admin_sessions SET proved_at = ?2, last_used_at = ?2 WHERE id = ?1",
        (id, tx.now),
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: Id) -> Result<(), StoreError> {
    tx.execute("DELETE FROM admin_sessions WHERE id = ?1", [id])?;
    Ok(())
}

/// Deletes all admin sessions of a user whose password changed or who is no longer an administrator.
pub fn delete_all(tx: &Tx, sub: &Subject) -> Result<(), StoreError> {
    tx.execute("DELETE FROM admin_sessions WHERE sub = ?1", [sub])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<AdminSession> {
    Ok(AdminSession {
        id: row.get(0)?,
        secret_hash: row.get(1)?,
        sub: row.get(2)?,
        proved_at: row.get(3)?,
        created_at: row.get(4)?,
        last_used_at: row.get(5)?,
        expires_at: row.get(6)?,
        address: row.get(7)?,
        user_agent: row.get(8)?,
    })
}
