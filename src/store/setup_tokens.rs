//! One-time links for creating the first administrator.

use super::{StoreError, Tx};
use crate::domain::{secret::SecretHash, time::Lifetime};

/// Stores this as the only link.
pub fn replace(tx: &Tx, hash: SecretHash, lifetime: Lifetime) -> Result<(), StoreError> {
    tx.execute("DELETE FROM setup_tokens", [])?;
    tx.execute(
        "INSERT INTO setup_tokens (sha256, created_at, expires_at) VALUES (?1, ?2, ?3)",
        (hash, tx.now, tx.now + lifetime),
    )?;
    Ok(())
}

/// Whether the link is valid.
pub fn is_good(tx: &Tx, hash: SecretHash) -> Result<bool, StoreError> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM setup_tokens WHERE sha256 = ?1 AND expires_at > ?2)",
        (hash, tx.now),
        |row| row.get(0),
    )
}

/// Uses up the link; returns whether it was valid.
pub fn consume(tx: &Tx, hash: SecretHash) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "DELETE FROM setup_tokens WHERE sha256 = ?1 AND expires_at > ?2",
        (hash, tx.now),
    )? == 1)
}
