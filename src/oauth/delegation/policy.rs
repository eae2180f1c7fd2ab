//! The rules themselves: who may act for whom, and how much of a token may be handed on.

use crate::{
    domain::{
        client::Client,
        name::{Subject, TeamId},
        scope::{self, ScopeSet},
        team::Role,
        token::{AccessTokenClaims, Actor, LONGEST_CHAIN},
        user::User,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        grants::Refusal,
    },
    store::{Tx, teams, users},
};

/// Scopes within what a token holds and the client may have. Without any named, all of them but the
/// reserved ones and `offline_access`, which is of no use without a refresh token.
pub fn narrowed(
    held: &ScopeSet,
    client: &Client,
    asked: Option<&ScopeSet>,
) -> Result<ScopeSet, OAuthError> {
    let allowed = held.filter(|name| client.metadata.scope.contains(name.as_str()));
    let Some(asked) = asked else {
        return Ok(allowed.filter(|name| {
            !scope::is_reserved(name.as_str()) && name.as_str() != scope::OFFLINE_ACCESS
        }));
    };
    match asked.first_not_in(&allowed) {
        None => Ok(asked.clone()),
        Some(refused) => Err(OAuthError::new(
            ErrorCode::InvalidScope,
            format!(
                "the scope {refused} is not within what the token holds and the client may have"
            ),
        )),
    }
}

/// [`narrowed`] by a caller that acts for somebody with `keyfob:delegate`. Of its own accord it may add
/// `keyfob:principal`, which gives it nothing new: it leads back to itself. For one who is acting for
/// somebody it leads further, so they must have been given it.
pub fn delegated_scope(
    caller: &AccessTokenClaims,
    client: &Client,
    asked: Option<&ScopeSet>,
) -> Result<ScopeSet, OAuthError> {
    let may_go_back = caller.act.is_none() || caller.scope.contains(scope::PRINCIPAL);
    let may_add = |name: &str| name == scope::PRINCIPAL && may_go_back;
    let rest = asked.map(|asked| asked.filter(|name| !may_add(name.as_str())));
    let within = narrowed(&caller.scope, client, rest.as_ref())?;
    Ok(asked.cloned().unwrap_or(within))
}

/// The chain once `sub` acts for a token whose chain was `before` (RFC 8693 §4.1).
pub fn chain(sub: &Subject, before: Option<&Actor>) -> Result<Actor, OAuthError> {
    let act = Actor {
        sub: sub.clone(),
        act: before.cloned().map(Box::new),
    };
    if act.depth() > LONGEST_CHAIN {
        return Err(denied("the chain of delegations is too long"));
    }
    Ok(act)
}

pub fn check_team(
    tx: &Tx,
    subject: &User,
    team_id: Option<&str>,
) -> Result<Option<TeamId>, Refusal> {
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

/// A user can be marked as not to be acted for, by anybody else.
pub fn check_willing(subject: &User, actor: &Subject) -> Result<(), OAuthError> {
    if subject.may_be_acted_for || subject.sub == *actor {
        return Ok(());
    }
    Err(denied("this user is not to be acted for"))
}

/// Whether the caller, with `keyfob:delegate`, may act for the subject without a token of theirs.
pub fn check_delegate(
    tx: &Tx,
    caller: &AccessTokenClaims,
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    check_willing(subject, &caller.sub)?;
    if caller.is_client() {
        return Ok(check_client(client, subject, team_id)?);
    }
    if caller.sub == subject.sub {
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

/// A service acts for any enabled user, or for members of its `delegation_teams` if that list is set.
fn check_client(
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), OAuthError> {
    if subject.admin {
        return Err(denied("only an administrator may act for an administrator"));
    }
    let within = |allowed: &Vec<TeamId>| match team_id {
        Some(team_id) => allowed.contains(team_id),
        None => subject
            .teams
            .iter()
            .any(|membership| allowed.contains(&membership.team_id)),
    };
    match &client.metadata.delegation_teams {
        Some(allowed) if !within(allowed) => Err(denied(
            "the client may act for members of its delegation_teams only",
        )),
        _ => Ok(()),
    }
}

fn denied(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, description)
}
