//! Deletion of clients that registered themselves, are unused, and that no other object refers to.

use std::collections::HashSet;

use super::{StoreError, Tx, clients, objects::Document};
use crate::domain::{
    name::ClientId, resource::Resource, time::UnixSeconds, trusted_issuer::TrustedIssuer,
};

/// Deletes clients that no user has ever signed in to and that no other object refers to: repeatedly the oldest of the
/// site with the most. Returns the deleted ones.
pub fn delete_of_largest_sites(tx: &Tx, number: u32) -> Result<Vec<ClientId>, StoreError> {
    let relied_on = relied_on(tx)?;
    let candidates = tx.query_all(
        "SELECT client_id FROM (
           SELECT client_id, created_at, row_number() OVER
               (PARTITION BY site ORDER BY created_at DESC, client_id DESC) AS newer
             FROM client_registrations JOIN clients USING (client_id)
            WHERE unused_until IS NOT NULL AND managed_by IS NULL
              AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = clients.client_id))
          ORDER BY newer DESC, created_at, client_id LIMIT ?1",
        [most(number, &relied_on)],
        |row| row.get(0),
    )?;
    delete_all(tx, candidates, &relied_on, number)
}

/// Deletes at most `limit` clients that have been unused for too long; returns them. They have no active tokens. A
/// client that a configuration file declares or that another object refers to is kept.
pub fn delete(tx: &Tx, now: UnixSeconds, limit: u32) -> Result<Vec<ClientId>, StoreError> {
    let is_any = "SELECT 1 FROM client_registrations WHERE unused_until < ?1 LIMIT 1";
    if tx.query_opt(is_any, [now], |_| Ok(()))?.is_none() {
        return Ok(Vec::new());
    }
    let relied_on = relied_on(tx)?;
    let candidates = tx.query_all(
        "SELECT client_id FROM client_registrations JOIN clients USING (client_id)
         WHERE unused_until < ?1 AND managed_by IS NULL ORDER BY unused_until LIMIT ?2",
        (now, most(limit, &relied_on)),
        |row| row.get(0),
    )?;
    delete_all(tx, candidates, &relied_on, limit)
}

/// The clients on which an administrator relies: those that an API, a trusted issuer or another client names. They stay
/// until an administrator deletes them.
pub fn relied_on(tx: &Tx) -> Result<HashSet<String>, StoreError> {
    let apis = Resource::all(tx)?.into_iter();
    let apis = apis.filter_map(|api| api.client_id);
    let issuers = TrustedIssuer::all(tx)?.into_iter();
    let issuers = issuers.flat_map(|issuer| issuer.clients);
    let mut named: HashSet<_> = apis.chain(issuers).map(|id| id.to_string()).collect();
    named.extend(clients::actors(tx)?);
    Ok(named)
}

/// Number of candidates required to delete this many.
fn most(number: u32, relied_on: &HashSet<String>) -> u32 {
    number.saturating_add(u32::try_from(relied_on.len()).unwrap_or(u32::MAX))
}

fn delete_all(
    tx: &Tx,
    mut candidates: Vec<ClientId>,
    relied_on: &HashSet<String>,
    number: u32,
) -> Result<Vec<ClientId>, StoreError> {
    candidates.retain(|id| !relied_on.contains(id.as_str()));
    candidates.truncate(usize::try_from(number).unwrap_or(usize::MAX));
    for id in &candidates {
        clients::delete(tx, id.as_str())?;
    }
    Ok(candidates)
}
