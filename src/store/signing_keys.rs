//! The keys that sign tokens, private halves included.

use super::{StoreError, Tx, effects::Held};
use crate::domain::{
    signing_key::{KeySchedule, StoredSigningKey},
    time::UnixSeconds,
};

pub fn all(tx: &Tx) -> Result<Vec<StoredSigningKey>, StoreError> {
    tx.query_all(
        "SELECT kid, alg, pkcs8, created_at, activates_at, expires_at FROM signing_keys
         ORDER BY alg, activates_at, created_at",
        [],
        |row| {
            Ok(StoredSigningKey {
                kid: row.get(0)?,
                alg: row.get(1)?,
                pkcs8: row.get(2)?,
                schedule: KeySchedule {
                    created_at: row.get(3)?,
                    activates_at: row.get(4)?,
                    expires_at: row.get(5)?,
                },
            })
        },
    )
}

pub fn insert(tx: &Tx, key: &StoredSigningKey) -> Result<(), StoreError> {
    tx.change(
        Held::Everything,
        "INSERT INTO signing_keys (kid, alg, pkcs8, created_at, activates_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            &key.kid,
            &key.alg,
            &key.pkcs8,
            key.schedule.created_at,
            key.schedule.activates_at,
            key.schedule.expires_at,
        ),
    )?;
    Ok(())
}

/// Ends the publication of one key at `expires_at`, unless it ends sooner.
pub fn expire(tx: &Tx, kid: &str, expires_at: UnixSeconds) -> Result<(), StoreError> {
    tx.change(
        Held::Everything,
        "UPDATE signing_keys SET expires_at = ?2
         WHERE kid = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
        (kid, expires_at),
    )?;
    Ok(())
}

/// Deletes keys that are no longer published; returns their number.
pub fn delete_expired(tx: &Tx, now: UnixSeconds) -> Result<usize, StoreError> {
    tx.change(
        Held::Everything,
        "DELETE FROM signing_keys WHERE expires_at <= ?1",
        [now],
    )
}

/// Publishes one key without an end.
pub fn keep(tx: &Tx, kid: &str) -> Result<(), StoreError> {
    tx.change(
        Held::Everything,
        "UPDATE signing_keys SET expires_at = NULL WHERE kid = ?1",
        [kid],
    )?;
    Ok(())
}

/// Ends the publication of the keys of `alg` without an end, except `kid`.
pub fn retire_others(
    tx: &Tx,
    alg: &str,
    kid: &str,
    expires_at: UnixSeconds,
) -> Result<(), StoreError> {
    tx.change(
        Held::Everything,
        "UPDATE signing_keys SET expires_at = ?3 WHERE alg = ?1 AND kid <> ?2 AND expires_at IS NULL",
        (alg, kid, expires_at),
    )?;
    Ok(())
}
