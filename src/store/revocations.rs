//! What has been revoked and could still be presented. The server holds these rows in memory.

use super::{StoreError, Tx, access_tokens, admin_sessions, grants, sessions};
use crate::domain::{
    id::Id,
    name::{ClientId, Subject},
    revocation::{Revocation, Revoked},
    time::UnixSeconds,
    token::LONGEST_ACCESS_TOKEN,
};

/// The revocations that can still matter, those included whose tokens have expired: the clock may be put back.
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
    // Another process may have revoked something under an id that ours has not reached yet: what is
    // issued from here on must not fall under it.
    for revocation in &alive {
        tx.advance_ids_past(revocation.up_to);
    }
    Ok(alive)
}

/// Whether an access token of this id, grant and client can still be used, as the file has it.
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

/// Revokes one access token and all that hangs on it.
pub fn revoke_token(tx: &Tx, id: Id, expires_at: UnixSeconds) -> Result<(), StoreError> {
    put(tx, Revoked::Token(id), expires_at)?;
    for below in access_tokens::descendants(tx, id)? {
        put(tx, Revoked::Token(below.id), below.expires_at)?;
    }
    Ok(())
}

/// Revokes a grant and everything issued under it: delegated tokens hang on their caller's grant.
pub fn revoke_grant(tx: &Tx, id: Id) -> Result<(), StoreError> {
    grants::revoke(tx, id)?;
    put(tx, Revoked::Grant(id), tx.now + LONGEST_ACCESS_TOKEN)?;
    for token in access_tokens::acted_under(tx, id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Ends a browser login and the tokens that were handed to that browser itself.
pub fn end_session(tx: &Tx, id: Id) -> Result<(), StoreError> {
    sessions::end(tx, id)?;
    put(tx, Revoked::Session(id), tx.now + LONGEST_ACCESS_TOKEN)
}

/// [`end_session`] of every browser login of a user but `kept`; how many there were.
pub fn end_other_sessions(tx: &Tx, sub: &Subject, kept: Id) -> Result<usize, StoreError> {
    let ended = sessions::end_others(tx, sub, kept)?;
    for id in &ended {
        put(tx, Revoked::Session(*id), tx.now + LONGEST_ACCESS_TOKEN)?;
    }
    Ok(ended.len())
}

/// Ends all sessions, grants and tokens of a user, those it made to act for others included.
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

/// Ends all grants and tokens of a client, and what other clients were given on the strength of those.
pub fn revoke_client(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    grants::revoke_all(tx, None, Some(client_id.as_str()))?;
    revoke_access_tokens_of(tx, client_id)
}

/// Revokes the access tokens of a client, and those that other clients derived from them. Its grants stay
/// active: a refresh yields what the client may have by then.
pub fn revoke_access_tokens_of(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    let until = tx.now + LONGEST_ACCESS_TOKEN;
    put(tx, Revoked::Client(client_id.clone()), until)?;
    for token in access_tokens::handed_on(tx, client_id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Ends what the client got on the word of trusted issuers, and what was handed on from it.
pub fn revoke_vouched_for(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    for token in access_tokens::vouched_for(tx, client_id)? {
        revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Ends the tokens for an API as far as they are for it, also if there is one of this URI again.
pub fn revoke_resource(tx: &Tx, uri: &str) -> Result<(), StoreError> {
    let until = tx.now + LONGEST_ACCESS_TOKEN;
    put(tx, Revoked::Resource(uri.to_owned()), until)
}

/// Ends every access token there is.
pub fn revoke_all_access_tokens(tx: &Tx) -> Result<(), StoreError> {
    put(tx, Revoked::All, tx.now + LONGEST_ACCESS_TOKEN)
}

/// Ends every session, grant and token of everybody.
pub fn revoke_everything(tx: &Tx) -> Result<(), StoreError> {
    sessions::end_everybodys(tx)?;
    tx.execute(
        "UPDATE grants SET revoked_at = ?1 WHERE revoked_at IS NULL",
        [tx.now],
    )?;
    revoke_all_access_tokens(tx)
}
