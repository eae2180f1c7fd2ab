//! Authorization codes. Single use is decided by one statement.

use super::{StoreError, Tx};
use crate::domain::{authorization_code::AuthorizationCode, id::Id, pkce::CodeChallenge};

pub fn get(tx: &Tx, id: Id) -> Result<Option<AuthorizationCode>, StoreError> {
    tx.query_opt(
        "SELECT id, secret_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at, used_at
         FROM authorization_codes WHERE id = ?1",
        [id],
        |row| {
            Ok(AuthorizationCode {
                id: row.get(0)?,
                secret_hash: row.get(1)?,
                grant_id: row.get(2)?,
                client_id: row.get(3)?,
                redirect_uri: row.get(4)?,
                code_challenge: row.get::<_, Option<String>>(5)?.as_deref().and_then(CodeChallenge::parse),
                expires_at: row.get(6)?,
                used_at: row.get(7)?,
            })
        },
    )
}

pub fn insert(tx: &Tx, code: &AuthorizationCode) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO authorization_codes
           (id, secret_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            code.id,
            code.secret_hash,
            code.grant_id,
            &code.client_id,
            &code.redirect_uri,
            code.code_challenge.as_ref().map(CodeChallenge::as_str),
            code.expires_at,
            code.used_at,
        ),
    )?;
    Ok(())
}

/// Lets it expire now.
pub fn expire(tx: &Tx, id: Id) -> Result<(), StoreError> {
    let sql = "UPDATE authorization_codes SET expires_at = ?2 WHERE id = ?1 AND expires_at > ?2";
    tx.execute(sql, (id, tx.now))?;
    Ok(())
}

/// Whether this was the first use.
pub fn consume(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    let sql = "UPDATE authorization_codes SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL";
    Ok(tx.execute(sql, (id, tx.now))? == 1)
}
