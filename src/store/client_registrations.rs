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

/// Removes some clients that no user has ever let in: again and again the oldest of the site that has the most; which
/// they were.
pub fn delete_unused_of_largest_sites(tx: &Tx, number: u32) -> Result<Vec<ClientId>, StoreError> {
    let deleted = tx.query_all(
        "DELETE FROM clients WHERE client_id IN (
           SELECT client_id FROM (
             SELECT client_id, created_at, row_number() OVER
                 (PARTITION BY site ORDER BY created_at DESC, client_id DESC) AS newer
               FROM client_registrations JOIN clients USING (client_id)
              WHERE unused_until IS NOT NULL AND managed_by IS NULL
                AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = clients.client_id))
            ORDER BY newer DESC, created_at, client_id LIMIT ?1)
         RETURNING client_id",
        [number],
        |row| row.get(0),
    )?;
    Ok(noted(tx, deleted))
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

/// Takes out at most `limit` clients that nobody has used for as long as they may stay; which went.
/// Nothing that was issued to them is alive any more. One that a state file has taken over stays.
pub fn delete_unused(tx: &Tx, now: UnixSeconds, limit: u32) -> Result<Vec<ClientId>, StoreError> {
    let deleted = tx.query_all(
        "DELETE FROM clients WHERE client_id IN
           (SELECT client_id FROM client_registrations JOIN clients USING (client_id)
             WHERE unused_until < ?1 AND managed_by IS NULL LIMIT ?2)
         RETURNING client_id",
        (now, limit),
        |row| row.get(0),
    )?;
    Ok(noted(tx, deleted))
}

fn noted(tx: &Tx, deleted: Vec<ClientId>) -> Vec<ClientId> {
    deleted.iter().for_each(|id| tx.note_client(id.as_str()));
    deleted
}
