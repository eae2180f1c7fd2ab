//! Revokes tokens that the policy no longer allows. Every change of a client, a user or a team calls this in its
//! transaction.
//!
//! Tokens revoked here stay revoked if the policy allows them again.

use std::collections::HashSet;

use super::policy::{self, Power};
use crate::{
    domain::{
        client::Client,
        id::Id,
        name::{ClientId, Subject, TeamId},
        token::{AccessTokenRecord, Actor, Origin},
        user::User,
    },
    oauth::refusal::Refusal,
    store::{
        StoreError, Tx,
        access_tokens::{self, Permitted},
        clients,
        issued::{self, Filter},
        revocations, users,
    },
};

/// Revokes tokens that the changed client would not be issued.
pub fn client_changed(tx: &Tx, before: &Client, after: &Client) -> Result<(), StoreError> {
    let (old, new) = (&before.metadata, &after.metadata);
    if old.scope.first_not_in(&new.scope).is_some() {
        return revocations::revoke_access_tokens_of(tx, &after.client_id);
    }
    if old.delegation_teams != new.delegation_teams {
        review_client(tx, after)?;
    }
    // The party named there could act only because of that (RFC 8693 §4.4).
    if let Some(named) = old.may_act.as_ref().filter(|_| old.may_act != new.may_act) {
        for token in access_tokens::handed_on(tx, &after.client_id)? {
            let record = access_tokens::record(tx, token.id)?;
            if record.is_some_and(|record| acts_in(&record, named)) {
                revocations::revoke_token(tx, token.id, token.expires_at)?;
            }
        }
    }
    Ok(())
}

/// Revokes tokens that would no longer be issued for the user, or for those the user acts for. Disabling a user revokes
/// everything elsewhere.
pub fn user_changed(tx: &Tx, before: &User, after: &User) -> Result<(), StoreError> {
    let is_same = before.admin == after.admin
        && before.allow_delegation == after.allow_delegation
        && before.teams == after.teams;
    if is_same {
        return Ok(());
    }
    let mut tokens = access_tokens::permitted(tx, Permitted::Subject(&after.sub))?;
    tokens.extend(acted_in(tx, &after.sub)?);
    review(tx, tokens)
}

/// Revokes tokens that depend on a team that is now disabled or deleted.
pub fn team_closed(tx: &Tx, team_id: &TeamId) -> Result<(), StoreError> {
    let tokens = access_tokens::permitted(tx, Permitted::Team(team_id))?;
    review(tx, tokens)?;
    for client in clients::all(tx)? {
        let teams = client.metadata.delegation_teams.iter().flatten();
        if teams.into_iter().any(|id| id == team_id) {
            review_client(tx, &client)?;
        }
    }
    Ok(())
}

/// Revokes the tokens that a former client of an API got in exchange for tokens sent to that API (RFC 8693 §5). The API
/// of each is not recorded, so all of them are revoked; the client can exchange again what it is allowed to.
pub fn api_client_lost(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    for token in access_tokens::exchanged_by(tx, client_id)? {
        revocations::revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// Reviews the tokens of the client, and those of others in which it acts.
fn review_client(tx: &Tx, client: &Client) -> Result<(), StoreError> {
    let mut tokens = access_tokens::permitted(tx, Permitted::Client(&client.client_id))?;
    tokens.extend(acted_in(tx, &Subject::trusted(client.client_id.as_str()))?);
    review(tx, tokens)
}

/// Active tokens with the party in their chain, directly or through others.
fn acted_in(tx: &Tx, actor: &Subject) -> Result<Vec<AccessTokenRecord>, StoreError> {
    let filter = Filter {
        actor: Some(actor.to_string()),
        active: Some(true),
        ..Filter::default()
    };
    let found = issued::tokens(tx, &filter, None, u32::MAX)?;
    Ok(found.into_iter().map(|issued| issued.token).collect())
}

fn review(tx: &Tx, tokens: Vec<AccessTokenRecord>) -> Result<(), StoreError> {
    let mut seen: HashSet<Id> = HashSet::new();
    for token in tokens {
        if seen.insert(token.id) && !is_allowed(tx, &token)? {
            revocations::revoke_token(tx, token.id, token.expires_at)?;
        }
    }
    Ok(())
}

/// Whether the policy would allow issuing the token now.
fn is_allowed(tx: &Tx, token: &AccessTokenRecord) -> Result<bool, StoreError> {
    match check(tx, token) {
        Ok(()) => Ok(true),
        Err(Refusal::OAuth(_)) => Ok(false),
        Err(Refusal::Store(error)) => Err(error),
    }
}

fn check(tx: &Tx, token: &AccessTokenRecord) -> Result<(), Refusal> {
    // A client is not in a team, and there is no policy for acting for it.
    let Some(subject) = users::get(tx, token.sub.as_str())? else {
        return Ok(());
    };
    let team_id = token.team_id.as_ref();
    policy::check_team(tx, &subject, team_id.map(TeamId::as_str))?;
    let client = clients::get(tx, token.client_id.as_str())?;
    let client = client.unwrap_or_else(crate::directory::first_party);
    let parent = match token.parent_id.filter(|_| token.act.is_some()) {
        Some(id) => access_tokens::record(tx, id)?,
        None => None,
    };
    match (&token.act, parent) {
        // It was exchanged for a token of its subject, which is the permission.
        (Some(act), Some(parent))
            if token.origin == Origin::TokenExchange && parent.sub == token.sub =>
        {
            policy::check_actors(tx, act.chain(), &client, &subject, team_id)
        }
        (Some(_), Some(parent)) => {
            let power = Power {
                sub: &parent.sub,
                act: parent.act.as_ref(),
                team_id: parent.team_id.as_ref(),
            };
            policy::check_delegate(tx, power, &client, &subject, team_id)
        }
        (None, _) if token.origin == Origin::JwtBearer => {
            policy::check_delegation_teams(tx, &client, &subject, team_id)
        }
        _ => Ok(()),
    }
}

fn acts_in(token: &AccessTokenRecord, actor: &Subject) -> bool {
    let chain = token.act.iter().flat_map(Actor::chain);
    chain.into_iter().any(|sub| sub == actor)
}
