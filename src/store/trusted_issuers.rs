//! The trusted issuers.

use rusqlite::{Row, types::Type};

use super::{StoreError, Tx};
use crate::domain::{
    name::ClientId,
    trusted_issuer::{SubjectMatch, TrustedIssuer},
};

const COLUMNS: &str =
    "issuer, jwks, jwks_uri, audience, subject_claim, matches, clients, scope, managed_by";

pub fn all(tx: &Tx) -> Result<Vec<TrustedIssuer>, StoreError> {
    tx.query_all(
        &format!("SELECT {COLUMNS} FROM trusted_issuers ORDER BY issuer"),
        [],
        read,
    )
}

/// What the state file of this name declares, or did.
pub fn managed_by(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "SELECT issuer FROM trusted_issuers
         WHERE managed_by >= ?1 || ':' AND managed_by < ?1 || ';' ORDER BY issuer",
        [file],
        |row| row.get(0),
    )
}

pub fn get(tx: &Tx, issuer: &str) -> Result<Option<TrustedIssuer>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM trusted_issuers WHERE issuer = ?1"),
        [issuer],
        read,
    )
}

/// Adds the issuer, or brings it up to date.
pub fn put(tx: &Tx, issuer: &TrustedIssuer) -> Result<(), StoreError> {
    tx.note_directory();
    let clients: Vec<&str> = issuer.clients.iter().map(ClientId::as_str).collect();
    tx.execute(
        "INSERT OR REPLACE INTO trusted_issuers
           (issuer, jwks, jwks_uri, audience, subject_claim, matches, clients, scope, managed_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            &issuer.issuer,
            issuer.jwks.as_ref().map(ToString::to_string),
            &issuer.jwks_uri,
            &issuer.audience,
            &issuer.subject_claim,
            issuer.matches.as_str(),
            clients.join(" "),
            &issuer.scope,
            &issuer.managed_by,
        ),
    )?;
    Ok(())
}

/// Whether there was one.
pub fn delete(tx: &Tx, issuer: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    Ok(tx.execute("DELETE FROM trusted_issuers WHERE issuer = ?1", [issuer])? > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<TrustedIssuer> {
    let jwks = row.get::<_, Option<String>>(1)?;
    let jwks = jwks
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into()))?;
    Ok(TrustedIssuer {
        issuer: row.get(0)?,
        jwks,
        jwks_uri: row.get(2)?,
        audience: row.get(3)?,
        subject_claim: row.get(4)?,
        matches: SubjectMatch::parse(&row.get::<_, String>(5)?).unwrap_or_default(),
        clients: row
            .get::<_, String>(6)?
            .split_whitespace()
            .map(ClientId::trusted)
            .collect(),
        scope: row.get(7)?,
        managed_by: row.get(8)?,
    })
}
