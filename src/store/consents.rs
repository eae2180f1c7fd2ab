//! What users have allowed which client.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::consent::Consent;

/// What the user has allowed the client so far.
pub fn get(tx: &Tx, sub: &str, client_id: &str) -> Result<Option<Consent>, StoreError> {
    tx.query_opt(
        "SELECT sub, client_id, scope, claims, updated_at FROM consents WHERE sub = ?1 AND client_id = ?2",
        (sub, client_id),
        read,
    )
}

/// All that a user has allowed.
pub fn of_user(tx: &Tx, sub: &str) -> Result<Vec<Consent>, StoreError> {
    tx.query_all(
        "SELECT sub, client_id, scope, claims, updated_at FROM consents WHERE sub = ?1 ORDER BY client_id",
        [sub],
        read,
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Consent> {
    let claims: String = row.get(3)?;
    Ok(Consent {
        sub: row.get(0)?,
        client_id: row.get(1)?,
        scope: row.get(2)?,
        claims: claims.split_whitespace().map(str::to_owned).collect(),
        updated_at: row.get(4)?,
    })
}

pub fn put(tx: &Tx, consent: &Consent) -> Result<(), StoreError> {
    let claims: Vec<_> = consent.claims.iter().map(String::as_str).collect();
    tx.execute(
        "INSERT OR REPLACE INTO consents (sub, client_id, scope, claims, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            &consent.sub,
            &consent.client_id,
            &consent.scope,
            claims.join(" "),
            consent.updated_at,
        ),
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, sub: &str, client_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "DELETE FROM consents WHERE sub = ?1 AND client_id = ?2",
        (sub, client_id),
    )? > 0)
}
