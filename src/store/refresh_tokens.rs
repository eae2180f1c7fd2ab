//! Refresh tokens, as hashes. Single use is decided by one statement.

use super::{StoreError, Tx};
use crate::domain::{id::Id, time::UnixSeconds, token::RefreshTokenRecord};

pub fn get(tx: &Tx, id: Id) -> Result<Option<RefreshTokenRecord>, StoreError> {
    tx.query_opt(
        "SELECT id, secret_hash, grant_id, client_id, issued_at, expires_at, used_at, successor_id
         FROM refresh_tokens WHERE id = ?1",
        [id],
        |row| {
            Ok(RefreshTokenRecord {
                id: row.get(0)?,
                secret_hash: row.get(1)?,
                grant_id: row.get(2)?,
                client_id: row.get(3)?,
                issued_at: row.get(4)?,
                expires_at: row.get(5)?,
                used_at: row.get(6)?,
                successor_id: row.get(7)?,
            })
        },
    )
}

/// Time of the latest one of a grant, if it is still stored.
pub fn last_of_grant(tx: &Tx, grant_id: Id) -> Result<Option<UnixSeconds>, StoreError> {
    tx.query_one(
        "SELECT max(issued_at) FROM refresh_tokens WHERE grant_id = ?1",
        [grant_id],
        |row| row.get(0),
    )
}

pub fn insert(tx: &Tx, token: &RefreshTokenRecord) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO refresh_tokens
           (id, secret_hash, grant_id, client_id, issued_at, expires_at, used_at, successor_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            token.id,
            token.secret_hash,
            token.grant_id,
            &token.client_id,
            token.issued_at,
            token.expires_at,
            token.used_at,
            token.successor_id,
        ),
    )?;
    Ok(())
}

/// Whether this was the first use.
pub fn consume(tx: &Tx, id: Id, successor_id: Id) -> Result<bool, StoreError> {
    let sql = "UPDATE refresh_tokens SET used_at = ?2, successor_id = ?3 WHERE id = ?1 AND used_at IS NULL";
    Ok(tx.execute(sql, (id, tx.now, successor_id))? == 1)
}

/// Extends a token that is used without being replaced.
pub fn extend(tx: &Tx, id: Id, expires_at: UnixSeconds) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE refresh_tokens SET expires_at = ?2 WHERE id = ?1",
        (id, expires_at),
    )?;
    Ok(())
}
