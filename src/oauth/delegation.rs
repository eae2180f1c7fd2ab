//! Who may act for whom, and how far: the one policy of `/delegated-token` and `/principal-token`.

use std::sync::Arc;

use crate::{
    app::SharedApp,
    domain::{
        audit::AuditEvent,
        client::Client,
        name::TeamId,
        revocation::Revoked,
        scope::{self, ScopeSet},
        team::Role,
        token::{AccessTokenClaims, Actor, Origin},
        user::User,
    },
    oauth::{
        bearer::{self, Caller, Presentation},
        error::{ErrorCode, OAuthError},
        grants::Refusal,
        issue::{self, AccessToken, Issue, Issued},
    },
    store::{Tx, access_tokens, audit_events, revocations, sessions, teams, users},
};

/// A chain longer than this has lost its way.
const LONGEST_CHAIN: usize = 8;

/// What is asked of `/delegated-token`.
#[derive(Clone, Debug)]
pub struct Delegation {
    pub sub: String,
    /// `None`: all that the caller may delegate.
    pub scopes: Option<ScopeSet>,
    pub team_id: Option<String>,
}

/// An access token that acts for `asked.sub`: never wider than its caller, never longer.
pub async fn delegate(
    app: &SharedApp,
    caller: &Caller,
    asked: Delegation,
    address: Option<&str>,
) -> Result<Issued, OAuthError> {
    let result = try_delegate(app, caller, asked.clone(), address).await;
    audit_refusal(
        app,
        "delegation.refused",
        caller,
        Some(asked.sub),
        address,
        result,
    )
    .await
}

async fn try_delegate(
    app: &SharedApp,
    caller: &Caller,
    asked: Delegation,
    address: Option<&str>,
) -> Result<Issued, OAuthError> {
    bearer::require_scope(&caller.claims, scope::DELEGATE)?;
    let client = client_of(app, &caller.claims)?;
    let scope = narrowed(&caller.claims, &client, asked.scopes.as_ref())?;
    let act = Actor {
        sub: caller.claims.sub.clone(),
        act: caller.claims.act.clone().map(Box::new),
    };
    if act.depth() > LONGEST_CHAIN {
        return Err(denied("the chain of delegations is too long"));
    }
    let (writing, claims, address) = (
        app.clone(),
        caller.claims.clone(),
        address.map(str::to_owned),
    );
    let minting_client = client.clone();
    let access = app
        .store
        .write(move |tx| {
            check_still_good(tx, &claims)?;
            let subject = users::get(tx, &asked.sub)?.filter(|user| !user.disabled);
            let subject = subject.ok_or_else(|| OAuthError::invalid_request("sub names no enabled user"))?;
            let team_id = check_team(tx, &subject, asked.team_id.as_deref())?;
            check_policy(tx, &claims, &minting_client, &subject, team_id.as_ref())?;
            let token = AccessToken {
                client_id: claims.client_id.clone(),
                sub: subject.sub.clone(),
                scope,
                resources: Vec::new(),
                dpop_jkt: claims.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
                act: Some(act),
                team_id,
                zoneinfo: None,
                auth_time: None,
                grant_id: claims.grant_id,
                parent_id: Some(claims.jti),
                session_id: claims.session_id,
                origin: Origin::DelegatedToken,
                expires_at: (tx.now + issue::access_token_lifetime(&writing, &minting_client)).min(claims.exp),
            };
            let access = issue::record(&writing, tx, token)?;
            let event = AuditEvent::ok("delegation.issued")
                .actor(&claims.sub)
                .subject(&subject.sub)
                .client(&claims.client_id)
                .address(address.as_deref());
            audit_events::insert(tx, &event.detail(serde_json::json!({
                "scope": access.scope, "team_id": access.team_id, "act": access.act, "jti": access.jti,
            })))?;
            Ok::<_, Refusal>(access)
        })
        .await
        .map_err(OAuthError::from)?;
    issue::sign(
        app,
        &client,
        Issue {
            access,
            refresh_token: None,
            id_token_for: None,
        },
    )
}

/// A fresh access token for the principal itself, or the way back from acting for somebody.
pub async fn principal(
    app: &SharedApp,
    caller: &Caller,
    address: Option<&str>,
) -> Result<Issued, OAuthError> {
    let result = try_principal(app, caller, address).await;
    audit_refusal(app, "principal.refused", caller, None, address, result).await
}

async fn try_principal(
    app: &SharedApp,
    caller: &Caller,
    address: Option<&str>,
) -> Result<Issued, OAuthError> {
    let client = client_of(app, &caller.claims)?;
    let (sub, scope) = match &caller.claims.act {
        None => (caller.claims.sub.clone(), caller.claims.scope.clone()),
        Some(act) => {
            // Whoever holds a delegated token could go this way, so it is open only if it was asked for.
            bearer::require_scope(&caller.claims, scope::PRINCIPAL)?;
            let scope = caller
                .claims
                .scope
                .filter(|name| name.as_str() != scope::PRINCIPAL);
            (act.innermost().sub.clone(), scope)
        }
    };
    let (writing, claims, address) = (
        app.clone(),
        caller.claims.clone(),
        address.map(str::to_owned),
    );
    let (presentation, minting_client) = (caller.presentation, client.clone());
    let access = app
        .store
        .write(move |tx| {
            check_still_good(tx, &claims)?;
            let is_client = sub.as_str() == claims.client_id.as_str();
            if !is_client && users::get(tx, sub.as_str())?.is_none_or(|user| user.disabled) {
                return Err(
                    OAuthError::invalid_token("the user of this access token is disabled").into(),
                );
            }
            let lifetime = issue::access_token_lifetime(&writing, &minting_client);
            let limit = match (presentation, claims.session_id) {
                (Presentation::Cookie, Some(session))
                    if access_tokens::is_of(tx, claims.jti, Origin::Cookie)? =>
                {
                    let idle = writing.config.session_idle_lifetime;
                    let session = sessions::get(tx, session)?
                        .filter(|session| session.is_alive(tx.now, idle));
                    session
                        .ok_or_else(|| OAuthError::invalid_token("the browser has signed out"))?
                        .expires_at
                }
                // Whichever way it came: only a token made for a cookie may be followed by a longer one.
                _ => claims.exp,
            };
            let expires_at = (tx.now + lifetime).min(limit);
            let going_back = claims.act.is_some();
            let token = AccessToken {
                client_id: claims.client_id.clone(),
                sub: sub.clone(),
                scope,
                resources: Vec::new(),
                dpop_jkt: claims.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
                act: None,
                team_id: claims.team_id.clone().filter(|_| !going_back),
                zoneinfo: claims.zoneinfo.clone().filter(|_| !going_back),
                auth_time: claims.auth_time.filter(|_| !going_back),
                grant_id: claims.grant_id,
                parent_id: Some(claims.jti),
                session_id: claims.session_id,
                origin: Origin::PrincipalToken,
                expires_at,
            };
            let access = issue::record(&writing, tx, token)?;
            let event = AuditEvent::ok("principal.issued")
                .actor(&claims.sub)
                .subject(&sub)
                .client(&claims.client_id)
                .address(address.as_deref());
            audit_events::insert(tx, &event)?;
            Ok::<_, Refusal>(access)
        })
        .await
        .map_err(OAuthError::from)?;
    issue::sign(
        app,
        &client,
        Issue {
            access,
            refresh_token: None,
            id_token_for: None,
        },
    )
}

/// Scopes within what the caller holds and its client may have; reserved ones only when named.
fn narrowed(
    caller: &AccessTokenClaims,
    client: &Client,
    asked: Option<&ScopeSet>,
) -> Result<ScopeSet, OAuthError> {
    let allowed = caller
        .scope
        .filter(|name| client.metadata.scope.contains(name.as_str()));
    match asked {
        None => Ok(allowed.filter(|name| {
            !scope::is_reserved(name.as_str()) && name.as_str() != scope::OFFLINE_ACCESS
        })),
        // keyfob:principal gives whoever delegates nothing new: it leads back to themselves. For one who
        // is acting for somebody it leads further, so they must have been given it.
        Some(asked) => match asked.iter().find(|name| {
            let way_back = name.as_str() == scope::PRINCIPAL && caller.act.is_none();
            !allowed.contains(name.as_str()) && !way_back
        }) {
            Some(refused) => Err(OAuthError::new(
                ErrorCode::InvalidScope,
                format!(
                    "the scope {refused} is not within what the caller holds and its client may have"
                ),
            )),
            None => Ok(asked.clone()),
        },
    }
}

fn check_team(tx: &Tx, subject: &User, team_id: Option<&str>) -> Result<Option<TeamId>, Refusal> {
    let Some(team_id) = team_id else {
        return Ok(None);
    };
    let team = teams::get(tx, team_id)?.filter(|team| !team.disabled);
    let team = team.ok_or_else(|| OAuthError::invalid_request("team_id names no enabled team"))?;
    if !subject
        .teams
        .iter()
        .any(|membership| membership.team_id == team.id)
    {
        return Err(OAuthError::invalid_request("the user is not a member of the team").into());
    }
    Ok(Some(team.id))
}

fn check_policy(
    tx: &Tx,
    caller: &AccessTokenClaims,
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    let acting_for_itself = caller.sub == subject.sub;
    if !subject.may_be_acted_for && !acting_for_itself {
        return Err(denied("this user is not to be acted for").into());
    }
    if caller.is_client() {
        if subject.admin {
            return Err(denied("only an administrator may act for an administrator").into());
        }
        let within = |allowed: &Vec<TeamId>| match team_id {
            Some(team_id) => allowed.contains(team_id),
            None => subject
                .teams
                .iter()
                .any(|membership| allowed.contains(&membership.team_id)),
        };
        return match &client.metadata.delegation_teams {
            Some(allowed) if !within(allowed) => {
                Err(denied("the client may act for members of its delegation_teams only").into())
            }
            _ => Ok(()),
        };
    }
    if acting_for_itself {
        return Ok(());
    }
    let caller = users::get(tx, caller.sub.as_str())?.filter(|user| !user.disabled);
    let caller = caller.ok_or_else(|| denied("the caller is disabled"))?;
    if subject.admin && !caller.admin {
        return Err(denied("only an administrator may act for an administrator").into());
    }
    let administers = |team_id: &TeamId| {
        caller
            .teams
            .iter()
            .any(|membership| &membership.team_id == team_id && membership.role == Role::Admin)
    };
    if caller.admin || team_id.is_some_and(administers) {
        return Ok(());
    }
    Err(denied("the caller may act for itself, or for members of a team it administers when team_id names it").into())
}

/// The caller's token once more, as the file has it: a revocation that came first wins.
pub fn check_still_good(tx: &Tx, claims: &AccessTokenClaims) -> Result<(), Refusal> {
    let mut hangs_on = vec![
        Revoked::Token(claims.jti),
        Revoked::Client(claims.client_id.clone()),
        Revoked::User(claims.sub.clone()),
    ];
    hangs_on.extend(claims.grant_id.map(Revoked::Grant));
    hangs_on.extend(claims.session_id.map(Revoked::Session));
    hangs_on.extend(
        claims
            .act
            .iter()
            .flat_map(|act| act.chain())
            .cloned()
            .map(Revoked::User),
    );
    for what in hangs_on {
        if revocations::covers(tx, &what, claims.jti)? {
            return Err(OAuthError::invalid_token("the access token has been revoked").into());
        }
    }
    Ok(())
}

fn client_of(app: &SharedApp, claims: &AccessTokenClaims) -> Result<Arc<Client>, OAuthError> {
    let snapshot = app.directory.snapshot();
    let client = snapshot
        .client(claims.client_id.as_str())
        .cloned()
        .filter(|client| !client.disabled);
    client.ok_or_else(|| {
        OAuthError::invalid_token("the client of this access token is disabled or was deleted")
    })
}

async fn audit_refusal(
    app: &SharedApp,
    name: &'static str,
    caller: &Caller,
    subject: Option<String>,
    address: Option<&str>,
    result: Result<Issued, OAuthError>,
) -> Result<Issued, OAuthError> {
    if let Err(error) = &result
        && error.code.status() < 500
    {
        let event = AuditEvent::refused(name, error.to_string())
            .actor(&caller.claims.sub)
            .client(&caller.claims.client_id)
            .address(address);
        // What the caller named may be anything: no more of it is kept than an id can be.
        let subject = subject.map(|subject| subject.chars().take(255).collect());
        app.audit(AuditEvent { subject, ..event }).await?;
    }
    result
}

fn denied(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, description)
}
