//! What may be seen only once: the jti of a JWT that somebody else has signed, an answered request.

use super::{StoreError, Tx};
use crate::domain::time::UnixSeconds;

/// Whether this was the first use. `digest` is over the kind of token, its issuer and its `jti`; after
/// `expires_at` the token is refused whatever is remembered.
pub fn first_use(tx: &Tx, digest: &[u8; 32], expires_at: UnixSeconds) -> Result<bool, StoreError> {
    let sql = "INSERT INTO used_jtis (digest, expires_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, (digest, expires_at))? == 1)
}

pub fn is_used(tx: &Tx, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM used_jtis WHERE digest = ?1)";
    tx.query_one(sql, [digest], |row| row.get(0))
}
