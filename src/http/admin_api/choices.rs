//! `/choices`: the values that filters and fields accept, from the types that accept them. The admin page has no such
//! lists of its own.

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::{self, Answer},
    grants,
    guard::Admin,
};
use crate::{
    admin::event_names,
    app::{App, trials::InjectedFault},
    domain::{
        audit::Outcome,
        client::{AuthMethod, ID_TOKEN_ALGORITHMS},
        team::Role,
        token::Origin,
    },
    oauth,
    trace::TraceOutcome,
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminChoices")]
pub struct Choices {
    event_kinds: Vec<&'static str>,
    event_names: Vec<&'static str>,
    event_outcomes: Vec<&'static str>,
    trace_outcomes: Vec<&'static str>,
    grant_kinds: Vec<&'static str>,
    token_kinds: Vec<&'static str>,
    delegated_token_kinds: Vec<&'static str>,
    states: [&'static str; 2],
    team_roles: Vec<&'static str>,
    grant_types: Vec<&'static str>,
    token_endpoint_auth_methods: Vec<&'static str>,
    /// Algorithms of ID tokens, and of the keys that can be rotated.
    signing_algorithms: &'static [&'static str],
    /// Algorithm of ID tokens for clients without one of their own.
    id_token_alg: &'static str,
    faults: Vec<&'static str>,
}

pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    let origins = |origins: &[Origin]| origins.iter().map(|origin| origin.as_str()).collect();
    answer::json(&Choices {
        event_kinds: event_names::kinds(),
        event_names: event_names::all(),
        event_outcomes: Outcome::ALL.map(Outcome::as_str).to_vec(),
        trace_outcomes: TraceOutcome::ALL.map(|(_, name)| name).to_vec(),
        grant_kinds: origins(&Origin::OF_GRANTS),
        token_kinds: origins(&Origin::ALL),
        delegated_token_kinds: origins(&Origin::DELEGATED),
        states: grants::STATES,
        team_roles: Role::ALL.map(Role::as_str).to_vec(),
        grant_types: oauth::grants::names(),
        token_endpoint_auth_methods: AuthMethod::ALL.iter().map(|one| one.as_str()).collect(),
        signing_algorithms: ID_TOKEN_ALGORITHMS,
        id_token_alg: app.live().id_token_alg.as_str(),
        faults: InjectedFault::ALL.iter().map(|(_, name)| *name).collect(),
    })
}
