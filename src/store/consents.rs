//! Consents of users for clients.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{
    consent::{Allowed, Consent},
    name::Subject,
};

const COLUMNS: &str = "sub, client_id, resource, scope, claims, updated_at";

/// Consents of the user for the client.
pub fn get(tx: &Tx, sub: &str, client_id: &str) -> Result<Allowed, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM consents WHERE sub = ?1 AND client_id = ?2");
    tx.query_all(&sql, (sub, client_id), read).map(Allowed)
}

/// The next `limit` users who have allowed the client something, by `sub`, those after `after`.
pub fn users_of(
    tx: &Tx,
    client_id: &str,
    descending: bool,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Subject>, StoreError> {
    let (past, way) = match descending {
        true => ("<", "DESC"),
        false => (">", "ASC"),
    };
    let begin = match after {
        Some(_) => format!("sub {past} ?2"),
        None => "?2 IS NULL".to_owned(),
    };
    tx.query_all(
        &format!(
            "SELECT DISTINCT sub FROM consents WHERE client_id = ?1 AND {begin} ORDER BY sub {way} LIMIT ?3"
        ),
        (client_id, after, limit),
        |row| row.get(0),
    )
}

/// All consents of a user, by `client_id`.
pub fn of_user(tx: &Tx, sub: &str) -> Result<Vec<Consent>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM consents WHERE sub = ?1 ORDER BY client_id, resource");
    tx.query_all(&sql, [sub], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Consent> {
    let claims: String = row.get(4)?;
    Ok(Consent {
        sub: row.get(0)?,
        client_id: row.get(1)?,
        resource: row.get(2)?,
        scope: row.get(3)?,
        claims: claims.split_whitespace().map(str::to_owned).collect(),
        updated_at: row.get(5)?,
    })
}

pub fn put(tx: &Tx, consent: &Consent) -> Result<(), StoreError> {
    let claims: Vec<_> = consent.claims.iter().map(String::as_str).collect();
    tx.execute(
        "INSERT INTO consents (sub, client_id, resource, scope, claims, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (sub, client_id, resource) DO UPDATE SET scope = excluded.scope, claims = excluded.claims,
           updated_at = excluded.updated_at",
        (
            &consent.sub,
            &consent.client_id,
            &consent.resource,
            &consent.scope,
            claims.join(" "),
            consent.updated_at,
        ),
    )?;
    Ok(())
}

/// Deletes all consents for the resource, so that users are asked again if its URI is reused.
pub fn delete_at(tx: &Tx, resource: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM consents WHERE resource = ?1", [resource])?;
    Ok(())
}

/// Forgets all that the user has allowed the client; whether there was anything.
pub fn delete(tx: &Tx, sub: &str, client_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "DELETE FROM consents WHERE sub = ?1 AND client_id = ?2",
        (sub, client_id),
    )? > 0)
}
