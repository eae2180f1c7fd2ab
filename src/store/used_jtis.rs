//! Single-use values: the `jti` of a JWT signed by another party, or a request with a response.

use super::{StoreError, Tx};
use crate::domain::time::UnixSeconds;

/// Records the use; returns whether it was the first. `digest` covers the kind of token, its issuer and its `jti`.
/// After `expires_at`, the token is invalid anyway.
pub fn first_use(tx: &Tx, digest: &[u8; 32], expires_at: UnixSeconds) -> Result<bool, StoreError> {
    let sql = "INSERT INTO used_jtis (digest, expires_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, (digest, expires_at))? == 1)
}

pub fn is_used(tx: &Tx, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM used_jtis WHERE digest = ?1)";
    tx.query_one(sql, [digest], |row| row.get(0))
}
