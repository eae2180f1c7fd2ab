//! The record of every access token issued. The token itself is never here: its `jti` is.

use std::collections::HashMap;

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{
    id::Id,
    name::{ClientId, Subject, TeamId},
    time::UnixSeconds,
    token::{AccessTokenRecord, LONGEST_ACCESS_TOKEN, Origin},
};

pub(super) const COLUMNS: &str = "id, client_id, sub, act, grant_id, parent_id, actor_token_id, session_id, team_id, \
     scope, origin, expires_at";

pub fn insert(tx: &Tx, token: &AccessTokenRecord) -> Result<(), StoreError> {
    let act = token.act.as_ref().map(serde_json::to_string).transpose();
    let act = act.map_err(|error| StoreError::Internal(error.to_string()))?;
    tx.execute(
        "INSERT INTO access_tokens
           (id, client_id, sub, act, grant_id, parent_id, actor_token_id, session_id, team_id, scope, origin,
            expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        (
            token.id,
            &token.client_id,
            &token.sub,
            act,
            token.grant_id,
            token.parent_id,
            token.actor_token_id,
            token.session_id,
            &token.team_id,
            &token.scope,
            token.origin.as_str(),
            token.expires_at,
        ),
    )?;
    Ok(())
}

/// The id of the token that was issued last.
pub fn newest(tx: &Tx) -> Result<Option<Id>, StoreError> {
    tx.query_one("SELECT max(id) FROM access_tokens", [], |row| row.get(0))
}

/// [`newest_of_client`] of every client that has one. From each client to the next one, past its many tokens.
pub fn newest_of_clients(tx: &Tx) -> Result<HashMap<ClientId, Id>, StoreError> {
    let found = tx.query_all(
        "WITH RECURSIVE known (client_id) AS (
           SELECT min(client_id) FROM access_tokens
           UNION ALL
           SELECT (SELECT min(client_id) FROM access_tokens WHERE client_id > known.client_id)
             FROM known WHERE client_id IS NOT NULL
         )
         SELECT client_id, (SELECT max(id) FROM access_tokens t WHERE t.client_id = known.client_id)
           FROM known WHERE client_id IS NOT NULL",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.into_iter().collect())
}

/// Owner and expiry of a token: the data that a revocation needs.
pub struct Issued {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub expires_at: UnixSeconds,
}

pub fn get(tx: &Tx, id: Id) -> Result<Option<Issued>, StoreError> {
    tx.query_opt(
        "SELECT id, client_id, sub, expires_at FROM access_tokens WHERE id = ?1",
        [id],
        read,
    )
}

/// Whether the token was issued this way.
pub fn is_of(tx: &Tx, id: Id, origin: Origin) -> Result<bool, StoreError> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM access_tokens WHERE id = ?1 AND origin = ?2)",
        (id, origin.as_str()),
        |row| row.get(0),
    )
}

/// Unexpired tokens derived from `id`, directly or indirectly.
pub fn descendants(tx: &Tx, id: Id) -> Result<Vec<Issued>, StoreError> {
    tx.query_all(
        "WITH RECURSIVE below (id) AS (
           SELECT id FROM access_tokens WHERE parent_id = ?1
           UNION
           SELECT id FROM access_tokens WHERE actor_token_id = ?1
           UNION
           SELECT access_tokens.id FROM access_tokens JOIN below ON access_tokens.parent_id = below.id
           UNION
           SELECT access_tokens.id FROM access_tokens JOIN below ON access_tokens.actor_token_id = below.id)
         SELECT id, client_id, sub, expires_at FROM access_tokens
         WHERE id IN (SELECT id FROM below) AND expires_at > ?2",
        (id, tx.now),
        read,
    )
}

/// Tokens that depend on one of the grant without belonging to it: their actor was identified by a token of the grant.
pub fn acted_under(tx: &Tx, grant_id: Id) -> Result<Vec<Issued>, StoreError> {
    tx.query_all(
        "SELECT token.id, token.client_id, token.sub, token.expires_at
         FROM access_tokens actor JOIN access_tokens token ON token.actor_token_id = actor.id
         WHERE actor.grant_id = ?1 AND token.expires_at > ?2",
        (grant_id, tx.now),
        read,
    )
}

/// Tokens of other clients that depend on a token of this one. The plus keeps SQLite from scanning every active token:
/// dependent ones are few, and have an index of their own.
pub fn handed_on(tx: &Tx, client_id: &ClientId) -> Result<Vec<Issued>, StoreError> {
    tx.query_all(
        "SELECT token.id, token.client_id, token.sub, token.expires_at
         FROM access_tokens token JOIN access_tokens parent ON token.parent_id = parent.id
         WHERE token.parent_id IS NOT NULL AND +token.expires_at > ?2
           AND parent.client_id = ?1 AND token.client_id <> ?1",
        (client_id, tx.now),
        read,
    )
}

/// The unexpired tokens that the client got in exchange for tokens of other clients. The plus is as in [`handed_on`].
pub fn exchanged_by(tx: &Tx, client_id: &ClientId) -> Result<Vec<Issued>, StoreError> {
    tx.query_all(
        "SELECT token.id, token.client_id, token.sub, token.expires_at
         FROM access_tokens token JOIN access_tokens parent ON token.parent_id = parent.id
         WHERE token.parent_id IS NOT NULL AND +token.expires_at > ?2
           AND token.origin = 'token_exchange' AND token.client_id = ?1 AND parent.client_id <> ?1",
        (client_id, tx.now),
        read,
    )
}

/// The tokens that the client got on the word of a trusted issuer, that have not expired.
pub fn vouched_for(tx: &Tx, client_id: &ClientId) -> Result<Vec<Issued>, StoreError> {
    tx.query_all(
        "SELECT id, client_id, sub, expires_at FROM access_tokens
         WHERE client_id = ?1 AND origin = 'jwt_bearer' AND +expires_at > ?2",
        (client_id, tx.now),
        read,
    )
}

/// Latest token of a grant, if it is still stored.
pub fn newest_of_grant(tx: &Tx, grant_id: Id) -> Result<Option<Id>, StoreError> {
    tx.query_one(
        "SELECT max(id) FROM access_tokens WHERE grant_id = ?1",
        [grant_id],
        |row| row.get(0),
    )
}

/// Latest token of a client, if it is still stored.
pub fn newest_of_client(tx: &Tx, client_id: &str) -> Result<Option<Id>, StoreError> {
    tx.query_one(
        "SELECT max(id) FROM access_tokens WHERE client_id = ?1",
        [client_id],
        |row| row.get(0),
    )
}

pub fn record(tx: &Tx, id: Id) -> Result<Option<AccessTokenRecord>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM access_tokens WHERE id = ?1"),
        [id],
        read_record,
    )
}

/// First token of a delegation chain: the nearest ancestor without an actor.
pub fn first_of_chain(tx: &Tx, id: Id) -> Result<Option<AccessTokenRecord>, StoreError> {
    let mut next = record(tx, id)?;
    while let Some(token) = next {
        if token.act.is_none() {
            return Ok(Some(token));
        }
        next = match token.parent_id {
            Some(parent) => record(tx, parent)?,
            None => None,
        };
    }
    Ok(None)
}

/// Filter for tokens whose issuing depended on a policy, not only on their subject.
#[derive(Clone, Copy, Debug)]
pub enum Permitted<'a> {
    Subject(&'a Subject),
    Client(&'a ClientId),
    Team(&'a TeamId),
}

/// Unexpired tokens whose issuing depended on a policy: they have an actor, a team, or a subject identified by a
/// trusted issuer.
pub fn permitted(tx: &Tx, by: Permitted<'_>) -> Result<Vec<AccessTokenRecord>, StoreError> {
    // No token is valid for longer, so older ones have expired and are not checked.
    let oldest = Id::first_of(tx.now_ms.before(LONGEST_ACCESS_TOKEN));
    // The plus keeps SQLite from other indexes.
    let (lead, key) = match by {
        Permitted::Subject(sub) => ("sub = ?1 AND sub <> client_id", sub.as_str()),
        Permitted::Client(client_id) => ("client_id = ?1", client_id.as_str()),
        Permitted::Team(team_id) => ("team_id = ?1", team_id.as_str()),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM access_tokens WHERE {lead} AND id > ?2 AND +expires_at > ?3
           AND (+act IS NOT NULL OR +team_id IS NOT NULL OR +origin = 'jwt_bearer') ORDER BY id"
    );
    tx.query_all(&sql, (key, oldest, tx.now), read_record)
}

/// The newest `limit` unexpired tokens with which others act for the user.
pub fn acting_for(tx: &Tx, sub: &str, limit: u32) -> Result<Vec<AccessTokenRecord>, StoreError> {
    tx.query_all(
        &format!(
            "SELECT {COLUMNS} FROM access_tokens
             WHERE sub = ?1 AND act IS NOT NULL AND expires_at > ?2 ORDER BY id DESC LIMIT ?3"
        ),
        (sub, tx.now, limit),
        read_record,
    )
}

pub(super) fn read_record(row: &Row<'_>) -> rusqlite::Result<AccessTokenRecord> {
    let wrong = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
    };
    let act: Option<String> = row.get(3)?;
    let origin: String = row.get(10)?;
    Ok(AccessTokenRecord {
        id: row.get(0)?,
        client_id: row.get(1)?,
        sub: row.get(2)?,
        act: act
            .map(|act| serde_json::from_str(&act))
            .transpose()
            .map_err(|error| wrong(3, error.into()))?,
        grant_id: row.get(4)?,
        parent_id: row.get(5)?,
        actor_token_id: row.get(6)?,
        session_id: row.get(7)?,
        team_id: row.get(8)?,
        scope: row.get(9)?,
        origin: Origin::parse(&origin).ok_or_else(|| wrong(10, origin.into()))?,
        expires_at: row.get(11)?,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Issued> {
    Ok(Issued {
        id: row.get(0)?,
        client_id: row.get(1)?,
        sub: row.get(2)?,
        expires_at: row.get(3)?,
    })
}
