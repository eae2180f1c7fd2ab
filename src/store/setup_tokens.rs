//! One-time links on which the first administrator is made.

use super::{StoreError, Tx};
use crate::domain::{secret::SecretHash, time::Lifetime};

/// Makes this the only link there is.
pub fn replace(tx: &Tx, hash: SecretHash, lifetime: Lifetime) -> Result<(), StoreError> {
    tx.execute("DELETE FROM setup_tokens", [])?;
    tx.execute(
        "INSERT INTO setup_tokens (sha256, created_at, expires_at) VALUES (?1, ?2, ?3)",
        (hash, tx.now, tx.now + lifetime),
    )?;
    Ok(())
}

/// Whether the link is good.
pub fn is_good(tx: &Tx, hash: SecretHash) -> Result<bool, StoreError> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM setup_tokens WHERE sha256 = ?1 AND expires_at > ?2)",
        (hash, tx.now),
        |row| row.get(0),
    )
}

/// Whether the link was good; it is not any more.
pub fn consume(tx: &Tx, hash: SecretHash) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "DELETE FROM setup_tokens WHERE sha256 = ?1 AND expires_at > ?2",
        (hash, tx.now),
    )? == 1)
}
