//! The secret from which the keys of MACs and sealed texts are derived.

use super::{StoreError, Tx};

const MASTER: &str = "master";

/// Master secret of the server; stores `fresh` if there is none yet.
pub fn master(tx: &Tx, fresh: &[u8; 32]) -> Result<[u8; 32], StoreError> {
    tx.execute(
        "INSERT INTO server_secrets (name, secret) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        (MASTER, &fresh[..]),
    )?;
    tx.query_one(
        "SELECT secret FROM server_secrets WHERE name = ?1",
        [MASTER],
        |row| row.get(0),
    )
}
