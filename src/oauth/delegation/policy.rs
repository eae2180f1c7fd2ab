//! Rules of delegation: who can act for whom, and which scopes can be delegated.

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
        refusal::Refusal,
    },
    store::{Tx, clients, teams, users},
};

/// Scopes that both the token has and the client is allowed. If none are requested, all of them except reserved ones
/// and `offline_access`, which is useless without a refresh token.
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
                "The scope {refused} is not in the access token or not allowed for the client."
            ),
        )),
    }
}

/// [`narrowed`] for a caller with `keyfob:delegate`. The caller can add `keyfob:principal`, which gives it nothing new:
/// it returns to the caller itself. A caller that already acts for another must have been given it.
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

/// Chain after `sub` acts with a token whose chain was `before` (RFC 8693 §4.1).
pub fn chain(sub: &Subject, before: Option<&Actor>) -> Result<Actor, OAuthError> {
    let act = Actor {
        sub: sub.clone(),
        act: before.cloned().map(Box::new),
    };
    if act.depth() > LONGEST_CHAIN {
        return Err(OAuthError::new(
            ErrorCode::AccessDenied,
            format!("The delegation chain can have at most {LONGEST_CHAIN} actors."),
        ));
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
    let team =
        team.ok_or_else(|| OAuthError::invalid_request("team_id is not an enabled team."))?;
    if !subject
        .teams
        .iter()
        .any(|membership| membership.team_id == team.id)
    {
        return Err(OAuthError::invalid_request("The user is not a member of the team.").into());
    }
    Ok(Some(team.id))
}

/// A token that gives the permission to act: the caller's, or the one that another was derived from.
#[derive(Clone, Copy)]
pub struct Power<'a> {
    pub sub: &'a Subject,
    pub act: Option<&'a Actor>,
    pub team_id: Option<&'a TeamId>,
}

impl<'a> Power<'a> {
    pub fn of(claims: &'a AccessTokenClaims) -> Self {
        Self {
            sub: &claims.sub,
            act: claims.act.as_ref(),
            team_id: claims.team_id.as_ref(),
        }
    }

    /// Everyone who acts by it: its subject, and those who act for that one.
    fn actors(self) -> impl Iterator<Item = &'a Subject> {
        std::iter::once(self.sub).chain(self.act.into_iter().flat_map(Actor::chain))
    }
}

/// The team that a derived token names. A token with `team_id` acts in that team only.
pub fn team_within<'a>(
    held: Option<&'a TeamId>,
    asked: Option<&'a str>,
) -> Result<Option<&'a str>, OAuthError> {
    match (held, asked) {
        (Some(held), Some(asked)) if held.as_str() != asked => {
            Err(denied("The token can act only in the team of its team_id."))
        }
        (held, asked) => Ok(asked.or(held.map(TeamId::as_str))),
    }
}

/// Checks that the user allows others to act for them.
pub fn check_willing(subject: &User, actor: &Subject) -> Result<(), OAuthError> {
    if subject.allow_delegation || subject.sub == *actor {
        return Ok(());
    }
    Err(denied("This user does not allow delegation."))
}

/// Whether `power`, with `keyfob:delegate`, can act for a subject without a token of theirs, with a token issued to
/// `client`. Every actor must be allowed to act for the subject, not only the last one: otherwise a party could exceed
/// its limits by acting for another with wider ones (RFC 8693 §4.1).
pub fn check_delegate(
    tx: &Tx,
    power: Power,
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    team_within(power.team_id, team_id.map(TeamId::as_str))?;
    for actor in power.actors() {
        check_actor(tx, actor, subject, team_id)?;
    }
    check_delegation_teams(tx, client, subject, team_id)
}

/// Whether `actors` can act for a subject whose own token was sent, with a token issued to `client`: the settings of
/// the subject and of the clients apply to every actor.
pub fn check_actors<'a>(
    tx: &Tx,
    actors: impl Iterator<Item = &'a Subject>,
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    for actor in actors {
        check_willing(subject, actor)?;
        if let Some(client) = clients::get(tx, actor.as_str())? {
            check_delegation_teams(tx, &client, subject, team_id)?;
        }
    }
    check_delegation_teams(tx, client, subject, team_id)
}

fn check_actor(
    tx: &Tx,
    actor: &Subject,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    check_willing(subject, actor)?;
    if *actor == subject.sub {
        return Ok(());
    }
    if let Some(client) = clients::get(tx, actor.as_str())?.filter(|client| !client.disabled) {
        if subject.admin {
            return Err(denied("Only an administrator can act for an administrator.").into());
        }
        return check_delegation_teams(tx, &client, subject, team_id);
    }
    let actor = users::get(tx, actor.as_str())?.filter(|user| !user.disabled);
    let actor = actor.ok_or_else(|| denied("The caller is disabled."))?;
    if subject.admin && !actor.admin {
        return Err(denied("Only an administrator can act for an administrator.").into());
    }
    let administers = |team_id: &TeamId| {
        actor
            .teams
            .iter()
            .any(|membership| &membership.team_id == team_id && membership.role == Role::Admin)
    };
    if actor.admin || team_id.is_some_and(administers) {
        return Ok(());
    }
    Err(denied("The caller can act only for itself, or for members of a team it administers if team_id names that \
    team.").into())
}

/// A client with `delegation_teams` gets tokens for members of those teams only, even with another actor's token.
pub fn check_delegation_teams(
    tx: &Tx,
    client: &Client,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(), Refusal> {
    let Some(allowed) = &client.metadata.delegation_teams else {
        return Ok(());
    };
    let named = team_id.into_iter();
    // Without a team named, membership in any of them will do, as long as that team is enabled.
    let own = subject
        .teams
        .iter()
        .map(|membership| &membership.team_id)
        .filter(|_| team_id.is_none());
    for team_id in named.chain(own).filter(|id| allowed.contains(id)) {
        if teams::get(tx, team_id.as_str())?.is_some_and(|team| !team.disabled) {
            return Ok(());
        }
    }
    Err(denied("The client can act only for members of its delegation_teams.").into())
}

fn denied(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, description)
}
