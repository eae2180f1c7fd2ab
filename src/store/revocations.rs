//! Revocations of tokens that can still be presented. The server has these rows in memory.

use super::{StoreError, Tx, access_tokens, admin_sessions, grants, sessions};
use crate::domain::{
    id::Id,
    name::{ClientId, Subject},
    revocation::{Revocation, Revoked},
    time::UnixSeconds,
    token::LONGEST_ACCESS_TOKEN,
};

/// Revocations that can still matter, including those of expired tokens, since the clock can be set back.
pub fn alive(tx: &Tx) -> Result<Vec<Revocation>, StoreError> {
    let rows = tx.query_all(
        "SELECT kind, key, up_to, revoked_at, expires_at FROM revocations",
        [],
        |row| {
            let what = Revoked::from_parts(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?);
            let (up_to, revoked_at, expires_at) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(what.map(|what| Revocation {
                what,
                up_to,
                revoked_at,
                expires_at,
            }))
        },
    )?;
    let alive: Vec<Revocation> = rows.into_iter().flatten().collect();
    // Another process may have revoked something with an ID that this one has not reached yet: tokens issued from now
    // on must not be covered by it.
    for revocation in &alive {
        tx.advance_ids_past(revocation.up_to);
    }
    Ok(alive)
}

/// Whether a stored revocation covers this ID.
pub fn covers(tx: &Tx, what: &Revoked, id: Id) -> Result<bool, StoreError> {
    let up_to: Option<Id> = tx.query_opt(
        "SELECT up_to FROM revocations WHERE kind = ?1 AND key = ?2",
        (what.kind(), what.key()),
        |row| row.get(0),
    )?;
    Ok(up_to.is_some_and(|up_to| id <= up_to))
}

fn put(tx: &Tx, what: Revoked, expires_at: UnixSeconds) -> Result<(), StoreError> {
    // The other way round: what another process has issued so far must fall under it.
    if let Some(newest) = access_tokens::newest(tx)? {
        tx.advance_ids_past(newest);
    }
    let revocation = Revocation {
        what,
        up_to: tx.new_id(),
        revoked_at: tx.now,
        expires_at,
    };
    tx.execute(
        "INSERT INTO revocations (kind, key, up_to, revoked_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (kind, key) DO UPDATE SET up_to = excluded.up_to, revoked_at = excluded.revoked_at,
           expires_at = excluded.expires_at",
        (
            revocation.what.kind(),
            revocation.what.key(),
            revocation.up_to,
            revocation.revoked_at,
            revocation.expires_at,
        ),
    )?;
    tx.note_revocation(revocation);
    Ok(())
}

/// Revokes one access token and the tokens derived from it.
pub fn revoke_token(tx: &Tx, id: Id, expires_at: UnixSeconds) -> Result<(), StoreError> {
    put(tx, Revoked::Token(id), expires_at)?;
    for below in access_tokens::descendants(tx, id)? {
        put(tx, Revoked::Token(below.id), below.expires_at)?;
    }
    Ok(())
}

/// Revokes a grant and everything issued for it. Delegated tokens depend on the grant of their caller.
pub fn revoke_grant(tx: &Tx, id: Id) -> Result<(), StoreError> {
    grants::revoke(tx, id)?;
    put(tx, Revoked::Grant(id), tx.now + LONGEST_ACCESS_TOKEN)?;
    for token in access_tokens::acted_under(tx, id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Revokes a session and the tokens handed to that browser itself.
pub fn end_session(tx: &Tx, id: Id) -> Result<(), StoreError> {
    sessions::end(tx, id)?;
    put(tx, Revoked::Session(id), tx.now + LONGEST_ACCESS_TOKEN)
}

/// [`end_session`] of every session of a user except `kept`; returns their number.
pub fn end_other_sessions(tx: &Tx, sub: &Subject, kept: Id) -> Result<usize, StoreError> {
    let ended = sessions::end_others(tx, sub, kept)?;
    for id in &ended {
        put(tx, Revoked::Session(*id), tx.now + LONGEST_ACCESS_TOKEN)?;
    }
    Ok(ended.len())
}

/// Revokes all sessions, grants and tokens of a user, including those with which they act for others.
pub fn revoke_user(tx: &Tx, sub: &Subject) -> Result<(), StoreError> {
    let until = tx.now + LONGEST_ACCESS_TOKEN;
    put(tx, Revoked::User(sub.clone()), until)?;
    for session in sessions::end_all(tx, sub)? {
        put(tx, Revoked::Session(session), until)?;
    }
    admin_sessions::delete_all(tx, sub)?;
    grants::revoke_all(tx, Some(sub.as_str()), None)?;
    Ok(())
}

/// Revokes all grants and tokens of a client, and the tokens that other clients derived from them.
pub fn revoke_client(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    grants::revoke_all(tx, None, Some(client_id.as_str()))?;
    revoke_access_tokens_of(tx, client_id)
}

/// Revokes the access tokens of a client, and those that other clients derived from them. Its grants stay active: a
/// refresh returns tokens with the scopes that are then allowed.
pub fn revoke_access_tokens_of(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    let until = tx.now + LONGEST_ACCESS_TOKEN;
    put(tx, Revoked::Client(client_id.clone()), until)?;
    for token in access_tokens::handed_on(tx, client_id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Revokes the tokens that the client got with assertions of trusted issuers, and those derived from them.
pub fn revoke_vouched_for(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    for token in access_tokens::vouched_for(tx, client_id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Revokes an API's tokens at this API, also if an API with this URI is registered again.
pub fn revoke_resource(tx: &Tx, uri: &str) -> Result<(), StoreError> {
    let until = tx.now + LONGEST_ACCESS_TOKEN;
    put(tx, Revoked::Resource(uri.to_owned()), until)
}

/// Revokes all access tokens.
pub fn revoke_all_access_tokens(tx: &Tx) -> Result<(), StoreError> {
    put(tx, Revoked::All, tx.now + LONGEST_ACCESS_TOKEN)
}

/// Revokes all sessions, grants and tokens of all users.
pub fn revoke_everything(tx: &Tx) -> Result<(), StoreError> {
    sessions::end_everybodys(tx)?;
    tx.execute(
        "UPDATE grants SET revoked_at = ?1 WHERE revoked_at IS NULL",
        [tx.now],
    )?;
    revoke_all_access_tokens(tx)
}
