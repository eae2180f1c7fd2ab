//! Token exchange (RFC 8693): a client sends a token and gets one with less access or for another resource, with all
//! actors for the subject in its `act` claim.
//!
//! The subject's access token is both the permission to act for the subject and the limit. An ID token only identifies
//! the subject: then an `actor_token` with `keyfob:delegate` must be the permission, and is the limit, as at
//! `/delegated-token`.

mod plan;
mod sent;

use self::plan::{Ground, Plan, plan};
pub use self::sent::ACCESS_TOKEN;
use crate::{
    app::App,
    domain::{name::TeamId, token::Origin},
    oauth::{
        delegation::{
            link::{self, Link},
            policy::{self, Power},
        },
        error::{ErrorCode, OAuthError},
        grants::{Commit, Exchange, Outcome},
        issue::Issue,
        refusal::Refusal,
    },
    store::{Tx, clients, sessions, users},
    trace::Trace,
};

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let plan = plan(exchange).map_err(unacceptable)?;
    Ok(Box::new(move |app, tx, trace| {
        let outcome = commit(app, tx, trace, plan).map_err(|refusal| match refusal {
            Refusal::OAuth(error) => Refusal::OAuth(unacceptable(error)),
            failure @ Refusal::Store(_) => failure,
        });
        Ok(outcome?)
    }))
}

/// RFC 8693 §2.2.2: a token that is invalid, or is not accepted by policy, is `invalid_request`.
fn unacceptable(error: OAuthError) -> OAuthError {
    let code = match error.code {
        ErrorCode::AccessDenied | ErrorCode::InvalidToken | ErrorCode::InsufficientScope => {
            ErrorCode::InvalidRequest
        }
        code => code,
    };
    OAuthError { code, ..error }
}

fn commit(app: &App, tx: &Tx, trace: &Trace, plan: Plan) -> Result<Outcome, Refusal> {
    let team_id = trace.check("delegation policy", check_subject(app, tx, &plan))?;
    let by_subject = matches!(plan.ground, Ground::SubjectToken);
    let link = Link {
        client: plan.client,
        sub: plan.sub,
        target: plan.target,
        dpop_jkt: plan.dpop_jkt,
        act: plan.act,
        team_id,
        zoneinfo: plan.power.zoneinfo.clone().filter(|_| by_subject),
        auth_time: plan.power.auth_time.filter(|_| by_subject),
        parent: plan.power,
        actor: plan.actor,
        origin: Origin::TokenExchange,
        until: plan.until,
    };
    let access = link::record(app, tx, link, plan.event);
    let access = trace.part("subject_token", access)?;
    let subject = access.sub.clone();
    Ok(Outcome::issued(Issue::access_only(access), Some(&subject)))
}

/// Checks that the subject is active and allows delegation; returns the team of the new token.
fn check_subject(app: &App, tx: &Tx, plan: &Plan) -> Result<Option<TeamId>, Refusal> {
    let gone = || OAuthError::invalid_request("The subject is disabled or deleted.");
    if let Some(client) = app.directory.snapshot().client(plan.sub.as_str()) {
        return match client.disabled {
            // A client is in no team.
            false => Ok(None),
            true => Err(gone().into()),
        };
    }
    let user = users::get(tx, plan.sub.as_str())?.filter(|user| !user.disabled);
    let user = user.ok_or_else(gone)?;
    // A token with team_id acts in that team only: the subject's, and that of the party that steps in.
    let held = plan.power.team_id.as_ref();
    let actors = plan.actor.as_ref().and_then(|actor| actor.team_id.as_ref());
    let team_id = policy::team_within(held, actors.map(TeamId::as_str))?;
    let team_id = policy::check_team(tx, &user, team_id)?;
    let registered = clients::get(tx, plan.client.client_id.as_str())?;
    let registered = registered.as_ref().unwrap_or(&plan.client);
    match &plan.ground {
        Ground::SubjectToken => {
            if let Some(act) = &plan.act {
                policy::check_actors(tx, act.chain(), registered, &user, team_id.as_ref())?;
            }
        }
        Ground::Delegate(id_token) => {
            if let Some(sid) = id_token.sid
                && sessions::get(tx, sid)?.is_none_or(|session| session.ended_at.is_some())
            {
                return Err(OAuthError::invalid_request("The user has signed out.").into());
            }
            let power = Power::of(&plan.power);
            policy::check_delegate(tx, power, registered, &user, team_id.as_ref())?;
        }
    }
    Ok(team_id)
}
