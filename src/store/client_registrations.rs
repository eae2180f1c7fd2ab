//! Clients without a registration by an administrator: those that registered themselves, with their registration access
//! tokens (RFC 7592), and those with a metadata document.

use super::{StoreError, Tx, effects::Held};
use crate::domain::{name::ClientId, secret::SecretHash, time::UnixSeconds};

/// Stores that the client registered itself. It is deleted if unused until the given time. `site` is the site of an
/// unauthenticated sender.
pub fn insert(
    tx: &Tx,
    client_id: &ClientId,
    token: Option<SecretHash>,
    unused_until: Option<UnixSeconds>,
    site: Option<&[u8]>,
) -> Result<(), StoreError> {
    tx.change(
        Held::Client(client_id.as_str()),
        "INSERT INTO client_registrations (client_id, token_sha256, unused_until, site)
         VALUES (?1, ?2, ?3, ?4)",
        (client_id, token, unused_until, site),
    )?;
    Ok(())
}

/// Client with this registration access token.
pub fn client_of(tx: &Tx, token: SecretHash) -> Result<Option<ClientId>, StoreError> {
    tx.query_opt(
        "SELECT client_id FROM client_registrations WHERE token_sha256 = ?1",
        [token],
        |row| row.get(0),
    )
}

/// Unverified clients: anyone could have registered or described them.
pub fn unverified(tx: &Tx) -> Result<Vec<ClientId>, StoreError> {
    tx.query_all(
        "SELECT client_id FROM client_registrations WHERE unused_until IS NOT NULL",
        [],
        |row| row.get(0),
    )
}

/// Whether the client is unverified.
pub fn is_unverified(tx: &Tx, client_id: &ClientId) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM client_registrations WHERE client_id = ?1 AND unused_until IS NOT NULL";
    Ok(tx.query_opt(sql, [client_id], |_| Ok(()))?.is_some())
}

/// Number of unverified clients.
pub fn count_unverified(tx: &Tx) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM client_registrations WHERE unused_until IS NOT NULL";
    tx.query_one(sql, [], |row| row.get(0))
}

/// Whether the client was not registered by an administrator.
pub fn exists(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM client_registrations WHERE client_id = ?1";
    Ok(tx.query_opt(sql, [client_id], |_| Ok(()))?.is_some())
}

/// Revokes the registration access token.
pub fn revoke_token(tx: &Tx, token: SecretHash) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE client_registrations SET token_sha256 = NULL WHERE token_sha256 = ?1",
        [token],
    )?;
    Ok(())
}
