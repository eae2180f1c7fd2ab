//! Grants of users to clients.

use rusqlite::{Row, params};

use super::{StoreError, Tx};
use crate::domain::{
    claims_request::ClaimsRequest, grant::Grant, id::Id, name::ClientId, token::Origin,
};

pub(super) const COLUMNS: &str = "id, client_id, sub, scope, resources, dpop_jkt, team_id, zoneinfo, nonce, claims, auth_time, \
     amr, session_id, created_at, expires_at, revoked_at, origin";

pub fn get(tx: &Tx, id: Id) -> Result<Option<Grant>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM grants WHERE id = ?1"),
        [id],
        read,
    )
}

pub fn insert(tx: &Tx, grant: &Grant) -> Result<(), StoreError> {
    let claims = (!grant.claims.is_empty())
        .then(|| serde_json::to_string(&grant.claims))
        .transpose()
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    tx.execute(
        "INSERT INTO grants (id, client_id, sub, scope, resources, dpop_jkt, team_id, zoneinfo, nonce, claims,
           auth_time, amr, session_id, created_at, expires_at, revoked_at,
           origin)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            grant.id,
            &grant.client_id,
            &grant.sub,
            &grant.scope,
            grant.resources.join(" "),
            &grant.dpop_jkt,
            &grant.team_id,
            &grant.zoneinfo,
            &grant.nonce,
            claims,
            grant.auth_time,
            &grant.amr,
            grant.session_id,
            grant.created_at,
            grant.expires_at,
            grant.revoked_at,
            grant.origin.as_str(),
        ],
    )?;
    // A client that registered itself stays as long as this use of it can last.
    tx.execute(
        "UPDATE client_registrations SET unused_until = ?2 WHERE client_id = ?1 AND unused_until < ?2",
        (&grant.client_id, grant.expires_at),
    )?;
    Ok(())
}

/// Active grants of a user, oldest first: all, or those of one client.
pub fn alive_of_user(
    tx: &Tx,
    sub: &str,
    client_id: Option<&str>,
) -> Result<Vec<Grant>, StoreError> {
    tx.query_all(
        &format!(
            "SELECT {COLUMNS} FROM grants WHERE sub = ?1 AND (?2 IS NULL OR client_id = ?2)
               AND revoked_at IS NULL AND expires_at > ?3 ORDER BY id"
        ),
        (sub, client_id, tx.now),
        read,
    )
}

/// Clients that got a grant in this session.
pub fn clients_of_session(tx: &Tx, session: Id) -> Result<Vec<ClientId>, StoreError> {
    tx.query_all(
        "SELECT DISTINCT client_id FROM grants WHERE session_id = ?1",
        [session],
        |row| row.get(0),
    )
}

pub fn set_zoneinfo(tx: &Tx, id: Id, zoneinfo: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE grants SET zoneinfo = ?2 WHERE id = ?1",
        (id, zoneinfo),
    )?;
    Ok(())
}

pub fn set_dpop_jkt(tx: &Tx, id: Id, jkt: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE grants SET dpop_jkt = ?2 WHERE id = ?1", (id, jkt))?;
    Ok(())
}

/// Revokes the grant; returns whether it was active.
pub fn revoke(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "UPDATE grants SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        (id, tx.now),
    )? > 0)
}

/// Revokes what matches: of this user, of this client, or of both.
pub fn revoke_all(
    tx: &Tx,
    sub: Option<&str>,
    client_id: Option<&str>,
) -> Result<Vec<Id>, StoreError> {
    match (sub, client_id) {
        (Some(sub), client_id) => tx.query_all(
            "UPDATE grants SET revoked_at = ?3
             WHERE sub = ?1 AND (?2 IS NULL OR client_id = ?2) AND revoked_at IS NULL RETURNING id",
            (sub, client_id, tx.now),
            |row| row.get(0),
        ),
        (None, Some(client_id)) => tx.query_all(
            "UPDATE grants SET revoked_at = ?2 WHERE client_id = ?1 AND revoked_at IS NULL RETURNING id",
            (client_id, tx.now),
            |row| row.get(0),
        ),
        (None, None) => Ok(Vec::new()),
    }
}

/// Removes a resource from all grants, and revokes those for only this resource: without a resource they would be for
/// this server. Scans all grants.
pub fn leave_resource(tx: &Tx, uri: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE grants SET revoked_at = ?2 WHERE resources = ?1 AND revoked_at IS NULL",
        (uri, tx.now),
    )?;
    tx.execute(
        "UPDATE grants SET resources = trim(replace(' ' || resources || ' ', ' ' || ?1 || ' ', ' '))
         WHERE resources <> ?1 AND instr(' ' || resources || ' ', ' ' || ?1 || ' ')",
        [uri],
    )?;
    Ok(())
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Grant> {
    Ok(Grant {
        id: row.get(0)?,
        client_id: row.get(1)?,
        sub: row.get(2)?,
        scope: row.get(3)?,
        resources: row
            .get::<_, String>(4)?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        dpop_jkt: row.get(5)?,
        team_id: row.get(6)?,
        zoneinfo: row.get(7)?,
        nonce: row.get(8)?,
        claims: match row.get::<_, Option<String>>(9)? {
            None => ClaimsRequest::default(),
            Some(claims) => serde_json::from_str(&claims).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(
                    9,
                    rusqlite::types::Type::Text,
                    error.into(),
                )
            })?,
        },
        auth_time: row.get(10)?,
        amr: row.get(11)?,
        session_id: row.get(12)?,
        created_at: row.get(13)?,
        expires_at: row.get(14)?,
        revoked_at: row.get(15)?,
        origin: {
            let origin: String = row.get(16)?;
            Origin::parse(&origin).ok_or_else(|| {
                rusqlite::Error::FromSqlConversionFailure(
                    16,
                    rusqlite::types::Type::Text,
                    origin.into(),
                )
            })?
        },
    })
}
