//! Delegation for administrators: the current policy, and its decisions for one user. They come from the rules that the
//! endpoints use, `oauth/delegation/policy.rs`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AdminError, users};
use crate::{
    app::App,
    domain::{
        client::Client,
        grant_type::GrantType,
        name::{ClientId, Subject, TeamId},
        scope::{self, ScopeSet},
        team::Role,
        user::User,
    },
    oauth::{
        delegation::policy::{self, Power},
        refusal::Refusal,
    },
    store::{
        Tx,
        teams::{self, MembersWanted},
        users as stored_users,
    },
};

/// A client whose tokens can be used to act for others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminDelegationRule")]
pub struct Rule {
    pub client_id: ClientId,
    pub client_name: Option<String>,
    pub disabled: bool,
    pub managed_by: Option<String>,
    /// Whether it acts by itself, as a service.
    pub by_itself: bool,
    /// Whether users act through it: administrators for every user, team administrators for members of their teams.
    pub through_it: bool,
    /// Teams to whose members its tokens are limited, for any actor; `null`: any user.
    pub delegation_teams: Option<Vec<TeamId>>,
    /// Client or user that can become the actor of its tokens (`act`, RFC 8693 §4.4).
    pub may_act: Option<Subject>,
    /// Maximum scopes of delegated tokens.
    pub scope: ScopeSet,
    /// Whether the actor can return to its own identity.
    pub may_go_back: bool,
}

/// The clients that have `keyfob:delegate`, by `client_id`.
pub fn rules(app: &App) -> Vec<Rule> {
    let snapshot = app.directory.snapshot();
    let mut rules: Vec<_> = snapshot
        .clients()
        .filter_map(|client| rule(client))
        .collect();
    rules.sort_by(|a, b| a.client_id.as_str().cmp(b.client_id.as_str()));
    rules
}

fn rule(client: &Client) -> Option<Rule> {
    let metadata = &client.metadata;
    if !metadata.scope.contains(scope::DELEGATE) && metadata.may_act.is_none() {
        return None;
    }
    let delegates = metadata.scope.contains(scope::DELEGATE);
    Some(Rule {
        client_id: client.client_id.clone(),
        client_name: metadata.client_name.clone(),
        disabled: client.disabled,
        managed_by: client.managed_by.clone(),
        by_itself: delegates && client.may_use(GrantType::ClientCredentials),
        // The server's own pages have no grant: users sign in to them.
        through_it: delegates && (for_people(client) || metadata.grant_types.is_empty()),
        delegation_teams: metadata.delegation_teams.clone(),
        may_act: metadata.may_act.clone(),
        scope: metadata
            .scope
            .filter(|name| !scope::is_reserved(name.as_str())),
        may_go_back: metadata.scope.contains(scope::PRINCIPAL),
    })
}

fn for_people(client: &Client) -> bool {
    client.may_use(GrantType::AuthorizationCode) || client.may_use(GrantType::DeviceCode)
}

/// Decision whether one client or user can act for the user, with the reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminDelegationAnswer")]
pub struct Answer {
    /// A `client_id` or a `sub`.
    pub actor: String,
    pub kind: ActorKind,
    pub name: String,
    /// Team in the request, if any.
    pub team_id: Option<TeamId>,
    pub allowed: bool,
    /// Reason for the decision.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ActorKind {
    Client,
    User,
}

/// Decisions for one user.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminDelegationCheck")]
pub struct Simulation {
    pub sub: Subject,
    pub username: String,
    pub answers: Vec<Answer>,
    /// Whether the list is incomplete.
    pub more: bool,
}

/// Maximum number of users checked: administrators, and members of each team.
const MOST: u32 = 100;

/// Possible actors for the user with this username or `sub`: each client that can delegate, each administrator and each
/// member of the user's teams, both without a team and with each of the user's teams.
pub fn simulate(app: &App, tx: &Tx, user: &str) -> Result<Simulation, AdminError> {
    let subject = users::find(tx, user)?;
    if subject.disabled {
        let reason = format!(
            "User {} is disabled, so no one can act for them.",
            subject.username
        );
        return Err(AdminError::Conflict(reason));
    }
    let mut named: Vec<Option<TeamId>> = vec![None];
    named.extend(subject.teams.iter().map(|team| Some(team.team_id.clone())));
    let snapshot = app.directory.snapshot();
    let mut clients: Vec<_> = snapshot
        .clients()
        .filter(|client| !client.disabled && client.metadata.scope.contains(scope::DELEGATE))
        .collect();
    clients.sort_by(|a, b| a.client_id.as_str().cmp(b.client_id.as_str()));
    let mut answers = Vec::new();
    for client in clients
        .iter()
        .filter(|client| client.may_use(GrantType::ClientCredentials))
    {
        let name = client.metadata.client_name.clone();
        for team_id in &named {
            let sub = Subject::trusted(client.client_id.as_str());
            let (allowed, reason) = ask(
                tx,
                client,
                &Caller::client(&sub),
                &subject,
                team_id.as_ref(),
            )?;
            answers.push(Answer {
                actor: sub.to_string(),
                kind: ActorKind::Client,
                name: name.clone().unwrap_or_else(|| client.client_id.to_string()),
                team_id: team_id.clone(),
                allowed,
                reason,
            });
        }
    }
    // People act through a client: one that lets them is enough.
    let (people, more) = people(tx, &subject)?;
    let through: Vec<_> = clients.iter().filter(|client| for_people(client)).collect();
    for person in &people {
        for team_id in &named {
            let mut answer = None;
            for client in &through {
                let asked = ask(
                    tx,
                    client,
                    &Caller::user(person),
                    &subject,
                    team_id.as_ref(),
                )?;
                let is_allowed = asked.0;
                answer = Some(asked);
                if is_allowed {
                    break;
                }
            }
            answers.extend(answer.map(|(allowed, reason)| Answer {
                actor: person.sub.to_string(),
                kind: ActorKind::User,
                name: person.username.clone(),
                team_id: team_id.clone(),
                allowed,
                reason,
            }));
        }
    }
    Ok(Simulation {
        sub: subject.sub,
        username: subject.username,
        answers,
        more,
    })
}

/// The user, the administrators, and the other members of the user's teams.
fn people(tx: &Tx, subject: &User) -> Result<(Vec<User>, bool), AdminError> {
    let mut subs = vec![subject.sub.clone()];
    let admins = stored_users::admins(tx, MOST + 1)?;
    let mut more = admins.len() > MOST as usize;
    subs.extend(admins);
    for team in &subject.teams {
        let members = teams::members(
            tx,
            team.team_id.as_str(),
            MembersWanted::default(),
            MOST + 1,
        )?;
        more |= members.len() > MOST as usize;
        let administrators = members.into_iter().filter(|(_, role)| *role == Role::Admin);
        subs.extend(administrators.map(|(sub, _)| sub));
    }
    let mut people: Vec<User> = Vec::new();
    for sub in subs {
        if people.iter().all(|known| known.sub != sub) {
            people.extend(stored_users::get(tx, sub.as_str())?.filter(|user| !user.disabled));
        }
    }
    Ok((people, more))
}

/// Actor: a client, or a user through a client.
struct Caller<'a> {
    sub: &'a Subject,
    is_admin: bool,
}

impl<'a> Caller<'a> {
    fn client(sub: &'a Subject) -> Self {
        let is_admin = false;
        Self { sub, is_admin }
    }

    fn user(user: &'a User) -> Self {
        Self {
            sub: &user.sub,
            is_admin: user.admin,
        }
    }
}

/// Decision of the policy for a caller with `keyfob:delegate`, and the rule behind it.
fn ask(
    tx: &Tx,
    client: &Client,
    caller: &Caller,
    subject: &User,
    team_id: Option<&TeamId>,
) -> Result<(bool, String), AdminError> {
    let power = Power {
        sub: caller.sub,
        act: None,
        team_id: None,
    };
    let asked = team_id.map(TeamId::as_str);
    let answer = policy::check_team(tx, subject, asked)
        .and_then(|team| policy::check_delegate(tx, power, client, subject, team.as_ref()));
    match answer {
        Ok(()) => Ok((true, reason(client, caller, subject, team_id))),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(Refusal::OAuth(error)) => Ok((false, error.description.into_owned())),
    }
}

/// The rule that allows it.
fn reason(client: &Client, caller: &Caller, subject: &User, team_id: Option<&TeamId>) -> String {
    if caller.sub == &subject.sub {
        return "Own account.".into();
    }
    if caller.sub.as_str() == client.client_id.as_str() {
        return match client.metadata.delegation_teams {
            Some(_) => "The user is in one of the client's delegation_teams.".into(),
            None => "The client can act for any user who is not an administrator.".into(),
        };
    }
    match team_id {
        Some(team_id) if !caller.is_admin => format!("Admin of team {team_id}."),
        _ => "Server administrator.".into(),
    }
}
