//! Tokens end with the policy that allowed them. Whatever changes a client, a user or a team calls this in the
//! transaction of the change.
//!
//! Nothing that ended here comes back when the policy does.

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

/// Revokes what the client as it is now would not be issued.
pub fn client_changed(tx: &Tx, before: &Client, after: &Client) -> Result<(), StoreError> {
    let (old, new) = (&before.metadata, &after.metadata);
    if old.scope.first_not_in(&new.scope).is_some() {
        return revocations::revoke_access_tokens_of(tx, &after.client_id);
    }
    if old.delegation_teams != new.delegation_teams {
        review_client(tx, after)?;
    }
    // RFC 8693 §4.4: who was named there acted by that alone.
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

/// Revokes what would not be issued for the user, or to those for whom the user acts, any more. One who is
/// disabled loses everything another way.
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

/// Revokes what was issued on the strength of a team that is now disabled or deleted.
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

/// Revokes what a client that is no longer the API got in exchange for tokens that others had sent to it as that
/// (RFC 8693 §5). It is not recorded which API each was for, so that all of these end: it exchanges again what it
/// may.
pub fn api_client_lost(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    for token in access_tokens::exchanged_by(tx, client_id)? {
        revocations::revoke_token(tx, token.id, token.expires_at)?;
    }
    Ok(())
}

/// The tokens of the client, and those in which it acts that were issued to others.
fn review_client(tx: &Tx, client: &Client) -> Result<(), StoreError> {
    let mut tokens = access_tokens::permitted(tx, Permitted::Client(&client.client_id))?;
    tokens.extend(acted_in(tx, &Subject::trusted(client.client_id.as_str()))?);
    review(tx, tokens)
}

/// The active tokens in whose chain the party acts, now or through others.
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

/// Whether the policy would have the token issued now.
fn is_allowed(tx: &Tx, token: &AccessTokenRecord) -> Result<bool, StoreError> {
    match check(tx, token) {
        Ok(()) => Ok(true),
        Err(Refusal::OAuth(_)) => Ok(false),
        Err(Refusal::Store(error)) => Err(error),
    }
}

fn check(tx: &Tx, token: &AccessTokenRecord) -> Result<(), Refusal> {
    // A client is in no team, and there is no policy on who acts for it.
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
        // It was exchanged for a token of its subject: that one is the proof.
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
