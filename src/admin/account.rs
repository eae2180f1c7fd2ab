//! Self-service of users, at `/account`: profile, password, sessions, clients with access, and delegations.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    AdminError, Applied, By, Change, Kind,
    object::Managed,
    record,
    sessions::{self as admin_sessions_of, SessionView},
    users::{self, UserInput, UserView},
};
use crate::{
    domain::{
        client::Client,
        consent::Consent,
        id::Id,
        name::{ClientId, Subject, TeamId},
        object::Object,
        revocation::Revoked,
        scope::ScopeSet,
        session::Session,
        time::{Lifetime, UnixSeconds},
        token::{AccessTokenRecord, Actor},
        user::{PasswordHash, User},
    },
    store::{
        StoreError, Tx, access_tokens, admin_sessions, consents, grants, refresh_tokens,
        revocations, sessions, teams, users as stored_users,
    },
};

/// Maximum number of sessions, and of delegated tokens, that are listed.
const SHOWN: u32 = 100;

/// Members of the profile that users can change.
#[derive(Clone, Debug, Default)]
pub struct OwnProfile {
    pub given_name: String,
    pub family_name: String,
    pub locale: String,
    pub zoneinfo: String,
}

/// Client with access to a user's account. Times are RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct Access {
    pub client_id: ClientId,
    pub scope: ScopeSet,
    /// Resources that it has access to (RFC 8707).
    pub resources: Vec<String>,
    #[serde(serialize_with = "rfc3339")]
    pub since: UnixSeconds,
    /// Time of the latest token; `None` without a grant.
    #[serde(serialize_with = "rfc3339_or_null")]
    pub last_used_at: Option<UnixSeconds>,
}

/// Delegated token of a user. Times are RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct Acting {
    /// The token's `jti`.
    pub id: Id,
    pub client_id: ClientId,
    /// RFC 8693 §4.1: the one acting now first.
    pub chain: Vec<Subject>,
    pub scope: ScopeSet,
    pub team_id: Option<TeamId>,
    #[serde(serialize_with = "rfc3339")]
    pub since: UnixSeconds,
    #[serde(serialize_with = "rfc3339")]
    pub expires_at: UnixSeconds,
}

/// All data of a user, for the download.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    pub user: UserView,
    pub sessions: Vec<SessionView>,
    pub access: Vec<Access>,
    pub acting_for_you: Vec<Acting>,
}

/// Changes names, language and time zone. An error names its field.
pub fn edit(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    profile: OwnProfile,
) -> Result<Applied<User>, AdminError> {
    let input = UserInput {
        given_name: Some(profile.given_name),
        family_name: Some(profile.family_name),
        locale: Some(profile.locale),
        zoneinfo: Some(profile.zoneinfo),
        ..UserInput::default()
    };
    users::update_by_sub(tx, by, sub, input.check(None)?)
}

/// Changes the email address. The new one is not verified.
pub fn change_email(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    email: String,
) -> Result<Applied<User>, AdminError> {
    let email = email.trim().to_owned();
    let before = own(tx, sub)?;
    if before.profile.email.as_deref().unwrap_or_default() == email {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    let input = UserInput {
        email: Some(email),
        email_verified: Some(false),
        ..UserInput::default()
    };
    users::update_by_sub(tx, by, sub, input.check(None)?)
}

/// Replaces the password, also of a user that the configuration file declares. Administrators must sign in to the admin
/// page again; with `elsewhere`, other browsers must sign in again, too.
pub fn change_password(
    tx: &Tx,
    by: &By,
    session: &Session,
    password: PasswordHash,
    elsewhere: bool,
) -> Result<Applied<User>, AdminError> {
    let before = own(tx, &session.sub)?;
    users::require_own_password(tx, &before)?;
    let user = User {
        password_hash: Some(password),
        updated_at: tx.now,
        ..before
    };
    stored_users::put(tx, &user)?;
    let event = by.event("user.updated").subject(&user.sub);
    record(tx, event, &["password".into()])?;
    admin_sessions::delete_all(tx, &user.sub)?;
    if elsewhere {
        end_other_sessions(tx, by, session)?;
    }
    Ok(Applied::new(user, Change::Updated))
}

/// File and line that declare the user's password, if any.
pub fn password_declaration(tx: &Tx, sub: &Subject) -> Result<Option<String>, StoreError> {
    stored_users::password_declaration(tx, sub)
}

/// Active sessions, newest first.
pub fn sessions(tx: &Tx, sub: &Subject, idle: Lifetime) -> Result<Vec<Session>, StoreError> {
    let mut alive = sessions::alive(tx, Some(sub.as_str()), None, SHOWN)?;
    alive.retain(|session| session.is_alive(tx.now, idle));
    Ok(alive)
}

/// Revokes one of the user's own sessions.
pub fn end_session(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    id: Id,
) -> Result<Applied<Session>, AdminError> {
    if sessions::get(tx, id)?.is_none_or(|session| session.sub != *sub) {
        return Err(AdminError::not_found(Kind::SESSION, id.to_string()));
    }
    admin_sessions_of::revoke(tx, by, id)
}

/// Revokes all sessions of the user except this one.
pub fn end_other_sessions(tx: &Tx, by: &By, session: &Session) -> Result<Applied<()>, AdminError> {
    if revocations::end_other_sessions(tx, &session.sub, session.id)? == 0 {
        return Ok(Applied::new((), Change::Unchanged));
    }
    let event = by
        .event("user.other_sessions_revoked")
        .subject(&session.sub);
    record(tx, event, &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Clients with access, by `client_id`: those with a consent of the user or a grant.
pub fn access(tx: &Tx, sub: &Subject) -> Result<Vec<Access>, StoreError> {
    let mut all: BTreeMap<String, Access> = BTreeMap::new();
    for consent in consents::of_user(tx, sub.as_str())? {
        let access = known(&mut all, &consent.client_id, consent.updated_at);
        access.add(&consent.scope, [consent.resource]);
    }
    for grant in grants::alive_of_user(tx, sub.as_str(), None)? {
        let access_token = access_tokens::newest_of_grant(tx, grant.id)?;
        let used = access_token.map(|id| id.made_at().seconds());
        // Access tokens are stored for a short time only, refresh tokens until they expire.
        let refreshed = refresh_tokens::last_of_grant(tx, grant.id)?;
        let access = known(&mut all, &grant.client_id, grant.created_at);
        access.add(&grant.scope, grant.resources);
        access.since = access.since.min(grant.created_at);
        let used = used.max(refreshed).max(Some(grant.created_at));
        access.last_used_at = access.last_used_at.max(used);
    }
    Ok(all.into_values().collect())
}

fn known<'a>(
    all: &'a mut BTreeMap<String, Access>,
    client_id: &ClientId,
    since: UnixSeconds,
) -> &'a mut Access {
    all.entry(client_id.to_string()).or_insert_with(|| Access {
        client_id: client_id.clone(),
        scope: ScopeSet::default(),
        resources: Vec::new(),
        since,
        last_used_at: None,
    })
}

impl Access {
    fn add(&mut self, scope: &ScopeSet, resources: impl IntoIterator<Item = String>) {
        self.scope = self.scope.union(scope);
        for resource in resources {
            if resource != Consent::NOWHERE_ELSE && !self.resources.contains(&resource) {
                self.resources.push(resource);
            }
        }
    }
}

/// Removes a client's access: deletes its consents and revokes everything issued to it.
pub fn remove_access(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    client_id: &str,
) -> Result<Applied<()>, AdminError> {
    let forgotten = consents::delete(tx, sub.as_str(), client_id)?;
    let granted = grants::alive_of_user(tx, sub.as_str(), Some(client_id))?;
    if !forgotten && granted.is_empty() {
        return Err(AdminError::not_found(Client::KIND, client_id));
    }
    for grant in granted {
        revocations::revoke_grant(tx, grant.id)?;
    }
    let event = by.event("consent.revoked").subject(sub);
    record(tx, event.client(ClientId::trusted(client_id)), &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Tokens with which others act for the user, newest first.
pub fn acting(tx: &Tx, sub: &Subject) -> Result<Vec<Acting>, StoreError> {
    let mut alive = Vec::new();
    for token in access_tokens::acting_for(tx, sub.as_str(), SHOWN)? {
        if !is_revoked(tx, &token)? {
            alive.push(Acting {
                id: token.id,
                client_id: token.client_id,
                chain: token.act.iter().flat_map(Actor::chain).cloned().collect(),
                scope: token.scope,
                team_id: token.team_id,
                since: token.id.made_at().seconds(),
                expires_at: token.expires_at,
            });
        }
    }
    Ok(alive)
}

/// Display name of the user with this `sub`.
pub fn name_of(tx: &Tx, sub: &Subject) -> Result<Option<String>, StoreError> {
    let user = stored_users::get(tx, sub.as_str())?;
    Ok(user.map(|user| user.display_name()))
}

pub fn team_name(tx: &Tx, id: &TeamId) -> Result<Option<String>, StoreError> {
    Ok(teams::get(tx, id.as_str())?.map(|team| team.name))
}

/// Revokes one of [`acting`] and the tokens derived from it.
pub fn stop_acting(tx: &Tx, by: &By, sub: &Subject, id: Id) -> Result<Applied<()>, AdminError> {
    let mut all = acting(tx, sub)?.into_iter();
    let token = all.find(|token| token.id == id);
    let token = token.ok_or_else(|| AdminError::not_found(Kind::TOKEN, id.to_string()))?;
    revocations::revoke_token(tx, id, token.expires_at)?;
    let event = by.event("token.revoked").subject(sub);
    let detail = serde_json::json!({ "jti": id });
    record(tx, event.client(&token.client_id).detail(detail), &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Collects all data of the user.
pub fn export(tx: &Tx, sub: &Subject) -> Result<Export, AdminError> {
    let user = own(tx, sub)?;
    Ok(Export {
        user: user.view(tx)?,
        sessions: admin_sessions_of::of_user(tx, &user, SHOWN)?,
        access: access(tx, sub)?,
        acting_for_you: acting(tx, sub)?,
    })
}

fn own(tx: &Tx, sub: &Subject) -> Result<User, AdminError> {
    let user = stored_users::get(tx, sub.as_str())?;
    user.ok_or_else(|| AdminError::not_found(User::KIND, sub.as_str()))
}

/// Whether the token or anything it depends on was revoked.
fn is_revoked(tx: &Tx, token: &AccessTokenRecord) -> Result<bool, StoreError> {
    let mut hangs_on = vec![
        Revoked::All,
        Revoked::Token(token.id),
        Revoked::Client(token.client_id.clone()),
        Revoked::User(token.sub.clone()),
    ];
    hangs_on.extend(token.grant_id.map(Revoked::Grant));
    hangs_on.extend(token.session_id.map(Revoked::Session));
    let actors = token.act.iter().flat_map(Actor::chain).cloned();
    hangs_on.extend(actors.map(Revoked::User));
    for what in hangs_on {
        if revocations::covers(tx, &what, token.id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn rfc3339<S: serde::Serializer>(at: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[expect(clippy::ref_option, reason = "serde hands over the member itself")]
fn rfc3339_or_null<S: serde::Serializer>(
    at: &Option<UnixSeconds>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(UnixSeconds::rfc3339).serialize(serializer)
}
