//! What users have allowed which client.

use super::{StoreError, Tx};
use crate::domain::{consent::Consent, scope::ScopeSet};

/// What the user has allowed the client so far.
pub fn scope(tx: &Tx, sub: &str, client_id: &str) -> Result<ScopeSet, StoreError> {
    let scope = tx.query_opt(
        "SELECT scope FROM consents WHERE sub = ?1 AND client_id = ?2",
        (sub, client_id),
        |row| row.get(0),
    )?;
    Ok(scope.unwrap_or_default())
}

pub fn put(tx: &Tx, consent: &Consent) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO consents (sub, client_id, scope, updated_at) VALUES (?1, ?2, ?3, ?4)",
        (&consent.sub, &consent.client_id, &consent.scope, consent.updated_at),
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, sub: &str, client_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "DELETE FROM consents WHERE sub = ?1 AND client_id = ?2",
        (sub, client_id),
    )? > 0)
}
