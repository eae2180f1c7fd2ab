//! What was deleted and can be restored: the rows of an object, as JSON, for 30 days.
//!
//! What comes back is the object itself: a client with its secrets, a user with password and teams, a team
//! with those of its members who are still there, a scope with its words, an API and a trusted issuer with what
//! was said of them. What ended with it stays ended: tokens, grants, sessions, consents.

use super::{StoreError, Tx, users};
use crate::domain::name::ClientId;

/// A client that registered itself is not kept: it registers itself again.
pub fn keep_client(tx: &Tx, client_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'client', client_id, json_object('metadata', json(metadata), 'disabled', disabled,
           'created_at', created_at, 'secrets', json((SELECT json_group_array(json_array(hex(id),
             iif(sha256 IS NULL, NULL, hex(sha256)), argon2id, created_at, expires_at, tail, last_used_at))
             FROM client_secrets WHERE client_secrets.client_id = clients.client_id))), ?2
         FROM clients WHERE client_id = ?1
           AND NOT EXISTS (SELECT 1 FROM client_registrations WHERE client_registrations.client_id = ?1)",
        (client_id, tx.now),
    )?;
    Ok(())
}

pub fn keep_user(tx: &Tx, sub: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'user', sub, json_object('username', username, 'username_key', username_key, 'email', email,
           'email_key', email_key, 'given_name', given_name, 'family_name', family_name, 'locale', locale,
           'zoneinfo', zoneinfo, 'picture', picture, 'claims', json(claims), 'password_hash', password_hash,
           'admin', admin, 'disabled', disabled, 'persona', persona,
           'teams', json((SELECT json_group_array(json_array(team_id, role))
             FROM team_members WHERE team_members.sub = users.sub))), ?2
         FROM users WHERE sub = ?1 AND deleted_at IS NULL",
        (sub, tx.now),
    )?;
    Ok(())
}

pub fn keep_team(tx: &Tx, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'team', id, json_object('name', name, 'disabled', disabled, 'created_at', created_at,
           'members', json((SELECT json_group_array(json_array(sub, role))
             FROM team_members WHERE team_id = teams.id))), ?2
         FROM teams WHERE id = ?1",
        (id, tx.now),
    )?;
    Ok(())
}

pub fn keep_scope(tx: &Tx, name: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'scope', name, json_object('description', description), ?2 FROM scopes WHERE name = ?1",
        (name, tx.now),
    )?;
    Ok(())
}

pub fn keep_resource(tx: &Tx, uri: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'resource', uri, json_object('name', name, 'scopes', scopes, 'client_id', client_id), ?2
         FROM resources WHERE uri = ?1",
        (uri, tx.now),
    )?;
    Ok(())
}

pub fn keep_trusted_issuer(tx: &Tx, issuer: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO deleted_objects (kind, name, object, deleted_at)
         SELECT 'trusted_issuer', issuer, json_object('jwks', json(jwks), 'jwks_uri', jwks_uri,
           'audience', audience, 'subject_claim', subject_claim, 'matches', matches, 'clients', clients,
           'scope', scope), ?2
         FROM trusted_issuers WHERE issuer = ?1",
        (issuer, tx.now),
    )?;
    Ok(())
}

/// Whether a client of this id was deleted and can still be restored.
pub fn holds_client(tx: &Tx, client_id: &ClientId) -> Result<bool, StoreError> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM deleted_objects WHERE kind = 'client' AND name = ?1)",
        [client_id],
        |row| row.get(0),
    )
}

/// Whether the object was kept, and is back. The caller has seen that the name is free.
pub fn restore_client(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
    tx.note_client(client_id);
    let restored = tx.execute(
        "INSERT INTO clients (client_id, metadata, disabled, created_at, updated_at)
         SELECT name, object -> '$.metadata', object ->> '$.disabled', object ->> '$.created_at', ?2
         FROM deleted_objects WHERE kind = 'client' AND name = ?1",
        (client_id, tx.now),
    )?;
    tx.execute(
        "INSERT INTO client_secrets (id, client_id, sha256, argon2id, created_at, expires_at, tail, last_used_at)
         SELECT unhex(one.value ->> 0), name, unhex(one.value ->> 1), one.value ->> 2, one.value ->> 3, one.value ->> 4,
           one.value ->> 5, one.value ->> 6
         FROM deleted_objects, json_each(object, '$.secrets') AS one WHERE kind = 'client' AND name = ?1",
        [client_id],
    )?;
    forget(tx, "client", client_id)?;
    Ok(restored > 0)
}

/// The same person under the same `sub`.
pub fn restore_user(tx: &Tx, sub: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    if let Some((username, email)) = names_of_user(tx, sub)? {
        users::check_names(tx, sub, &username, email.as_deref())?;
    }
    let restored = tx.execute(
        "UPDATE users SET username = object ->> '$.username', username_key = object ->> '$.username_key',
           email = object ->> '$.email', email_key = object ->> '$.email_key',
           given_name = object ->> '$.given_name', family_name = object ->> '$.family_name',
           locale = object ->> '$.locale', zoneinfo = object ->> '$.zoneinfo', picture = object ->> '$.picture',
           claims = object -> '$.claims', password_hash = object ->> '$.password_hash',
           admin = object ->> '$.admin', disabled = object ->> '$.disabled', persona = object ->> '$.persona',
           managed_by = NULL, deleted_at = NULL, updated_at = ?2
         FROM deleted_objects AS kept
         WHERE users.sub = ?1 AND users.deleted_at IS NOT NULL AND kept.kind = 'user' AND kept.name = ?1",
        (sub, tx.now),
    )?;
    tx.execute(
        "INSERT INTO team_members (sub, team_id, role) SELECT name, one.value ->> 0, one.value ->> 1
         FROM deleted_objects, json_each(object, '$.teams') AS one
         WHERE kind = 'user' AND name = ?1 AND EXISTS (SELECT 1 FROM teams WHERE id = one.value ->> 0)",
        [sub],
    )?;
    forget(tx, "user", sub)?;
    Ok(restored > 0)
}

/// The username and the email address that a deleted user had.
pub fn names_of_user(tx: &Tx, sub: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
    tx.query_opt(
        "SELECT object ->> '$.username', object ->> '$.email' FROM deleted_objects
         WHERE kind = 'user' AND name = ?1",
        [sub],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn restore_team(tx: &Tx, id: &str) -> Result<bool, StoreError> {
    let restored = tx.execute(
        "INSERT INTO teams (id, name, disabled, created_at)
         SELECT name, object ->> '$.name', object ->> '$.disabled', object ->> '$.created_at'
         FROM deleted_objects WHERE kind = 'team' AND name = ?1",
        [id],
    )?;
    tx.execute(
        "INSERT INTO team_members (sub, team_id, role) SELECT one.value ->> 0, name, one.value ->> 1
         FROM deleted_objects, json_each(object, '$.members') AS one WHERE kind = 'team' AND name = ?1
           AND EXISTS (SELECT 1 FROM users WHERE sub = one.value ->> 0 AND deleted_at IS NULL)",
        [id],
    )?;
    forget(tx, "team", id)?;
    Ok(restored > 0)
}

pub fn restore_scope(tx: &Tx, name: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    let restored = tx.execute(
        "INSERT INTO scopes (name, description) SELECT name, object ->> '$.description'
         FROM deleted_objects WHERE kind = 'scope' AND name = ?1",
        [name],
    )?;
    forget(tx, "scope", name)?;
    Ok(restored > 0)
}

/// The scopes and the client that it names may be gone: the caller looks.
pub fn restore_resource(tx: &Tx, uri: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    let restored = tx.execute(
        "INSERT INTO resources (uri, name, scopes, client_id)
         SELECT name, object ->> '$.name', object ->> '$.scopes', object ->> '$.client_id'
         FROM deleted_objects WHERE kind = 'resource' AND name = ?1",
        [uri],
    )?;
    forget(tx, "resource", uri)?;
    Ok(restored > 0)
}

/// The clients that it names may be gone: the caller looks.
pub fn restore_trusted_issuer(tx: &Tx, issuer: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    let restored = tx.execute(
        "INSERT INTO trusted_issuers
           (issuer, jwks, jwks_uri, audience, subject_claim, matches, clients, scope)
         SELECT name, nullif(object -> '$.jwks', 'null'), object ->> '$.jwks_uri', object ->> '$.audience',
           object ->> '$.subject_claim', object ->> '$.matches', object ->> '$.clients', object ->> '$.scope'
         FROM deleted_objects WHERE kind = 'trusted_issuer' AND name = ?1",
        [issuer],
    )?;
    forget(tx, "trusted_issuer", issuer)?;
    Ok(restored > 0)
}

fn forget(tx: &Tx, kind: &str, name: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM deleted_objects WHERE kind = ?1 AND name = ?2",
        (kind, name),
    )?;
    Ok(())
}
