//! Browser logins: who is signed in, and signing them out.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AdminError, Applied, By, Change, Kind, record, users};
use crate::{
    domain::{id::Id, name::Subject, session::Session, time::UnixSeconds, user::User},
    store::{Beyond, StoreError, Tx, revocations, sessions, users as stored_users},
};

/// A session, without its cookie or hash. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminSession")]
pub struct SessionView {
    pub id: Id,
    pub sub: Subject,
    pub username: Option<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
    #[schemars(extend("format" = "date-time"))]
    pub auth_time: String,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub last_used_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// The next `limit` active sessions after `from`: of all users, or of the one with this username or `sub`.
pub fn list(
    tx: &Tx,
    user: Option<&str>,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<SessionView>, AdminError> {
    let user = user.map(|name| users::find(tx, name)).transpose()?;
    let sub = user.as_ref().map(|user| user.sub.as_str());
    let page = sessions::alive(tx, sub, from, limit)?;
    let shown = page.into_iter().map(|session| view(tx, session));
    Ok(shown.collect::<Result<_, _>>()?)
}

/// [`list`] of sessions that match every name: a username, a `sub`, or the ID of a session.
pub fn search<'n>(
    tx: &Tx,
    names: impl Iterator<Item = &'n str>,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<SessionView>, AdminError> {
    let (mut sub, mut id): (Option<Subject>, Option<Id>) = (None, None);
    for name in names {
        let fits = match (users::find(tx, name), name.parse::<Id>()) {
            (Ok(user), _) => sub
                .replace(user.sub.clone())
                .is_none_or(|other| other == user.sub),
            (Err(AdminError::NotFound { .. }), Ok(one)) => {
                id.replace(one).is_none_or(|other| other == one)
            }
            (Err(AdminError::NotFound { .. }), Err(_)) => false,
            (Err(error), _) => return Err(error),
        };
        if !fits {
            return Ok(Vec::new());
        }
    }
    let page = match id {
        None => sessions::alive(tx, sub.as_ref().map(Subject::as_str), from, limit)?,
        Some(id) => {
            let is_it = |one: &Session| {
                one.ended_at.is_none()
                    && one.expires_at > tx.now
                    && sub.as_ref().is_none_or(|sub| *sub == one.sub)
            };
            sessions::get(tx, id)?.into_iter().filter(is_it).collect()
        }
    };
    let shown = page.into_iter().map(|session| view(tx, session));
    Ok(shown.collect::<Result<_, _>>()?)
}

/// The newest `limit` active sessions of a user.
pub(super) fn of_user(tx: &Tx, user: &User, limit: u32) -> Result<Vec<SessionView>, AdminError> {
    let page = sessions::alive(tx, Some(user.sub.as_str()), None, limit)?;
    let shown = page.into_iter().map(|session| view(tx, session));
    Ok(shown.collect::<Result<_, _>>()?)
}

pub fn show(tx: &Tx, id: Id) -> Result<SessionView, AdminError> {
    Ok(view(tx, find(tx, id)?)?)
}

/// Signs out one browser, and revokes the tokens handed to it.
pub fn revoke(tx: &Tx, by: &By, id: Id) -> Result<Applied<Session>, AdminError> {
    let session = find(tx, id)?;
    if session.ended_at.is_some() || session.expires_at <= tx.now {
        return Ok(Applied::new(session, Change::Unchanged));
    }
    revocations::end_session(tx, id)?;
    record(tx, by.event("session.revoked").subject(&session.sub), &[])?;
    Ok(Applied::new(session, Change::Deleted))
}

/// Signs a user out everywhere: revokes all sessions, grants and tokens of the user.
pub fn revoke_all(tx: &Tx, by: &By, user: &str) -> Result<Applied<User>, AdminError> {
    let user = users::find(tx, user)?;
    revocations::revoke_user(tx, &user.sub)?;
    record(
        tx,
        by.event("user.sessions_revoked").subject(&user.sub),
        &[],
    )?;
    Ok(Applied::new(user, Change::Updated))
}

fn find(tx: &Tx, id: Id) -> Result<Session, AdminError> {
    sessions::get(tx, id)?.ok_or_else(|| AdminError::not_found(Kind::SESSION, id.to_string()))
}

fn view(tx: &Tx, session: Session) -> Result<SessionView, StoreError> {
    let user = stored_users::get(tx, session.sub.as_str())?;
    Ok(SessionView {
        id: session.id,
        username: user.map(|user| user.username),
        sub: session.sub,
        amr: session.amr.split_whitespace().map(str::to_owned).collect(),
        auth_time: session.auth_time.rfc3339(),
        created_at: session.created_at.rfc3339(),
        last_used_at: session.last_used_at.rfc3339(),
        expires_at: session.expires_at.rfc3339(),
        ended_at: session.ended_at.map(UnixSeconds::rfc3339),
        address: session.address,
        user_agent: session.user_agent,
    })
}
