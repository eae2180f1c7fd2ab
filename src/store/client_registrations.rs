//! Clients that nobody registered by hand: those that registered themselves, with the tokens with which
//! they manage that (RFC 7592), and those that are known by their metadata document.

use super::{StoreError, Tx, effects::Held};
use crate::domain::{name::ClientId, secret::SecretHash, time::UnixSeconds};

/// Remembers that nobody registered the client by hand. It goes once it has been unused until then. `site` is from where
/// a stranger registered it.
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

/// The client whose registration access token this is.
pub fn client_of(tx: &Tx, token: SecretHash) -> Result<Option<ClientId>, StoreError> {
    tx.query_opt(
        "SELECT client_id FROM client_registrations WHERE token_sha256 = ?1",
        [token],
        |row| row.get(0),
    )
}

/// The clients that nobody vouches for: anybody could have registered or described them.
pub fn unverified(tx: &Tx) -> Result<Vec<ClientId>, StoreError> {
    tx.query_all(
        "SELECT client_id FROM client_registrations WHERE unused_until IS NOT NULL",
        [],
        |row| row.get(0),
    )
}

/// Whether nobody vouches for the client.
pub fn is_unverified(tx: &Tx, client_id: &ClientId) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM client_registrations WHERE client_id = ?1 AND unused_until IS NOT NULL";
    Ok(tx.query_opt(sql, [client_id], |_| Ok(()))?.is_some())
}

/// Clients that nobody vouches for.
pub fn count_unverified(tx: &Tx) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM client_registrations WHERE unused_until IS NOT NULL";
    tx.query_one(sql, [], |row| row.get(0))
}

/// Whether nobody registered the client by hand.
pub fn exists(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM client_registrations WHERE client_id = ?1";
    Ok(tx.query_opt(sql, [client_id], |_| Ok(()))?.is_some())
}

/// Makes the registration access token worthless.
pub fn revoke_token(tx: &Tx, token: SecretHash) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE client_registrations SET token_sha256 = NULL WHERE token_sha256 = ?1",
        [token],
    )?;
    Ok(())
}
