//! What only shows when the objects of a file are looked at together.

use std::collections::{HashMap, HashSet};

use super::{
    Problems, StateFile,
    declared::{Declarations, Problem},
};
use crate::domain::{name::comparison_key, scope};

/// Clashes between objects of the file.
pub(super) fn check(declarations: &Declarations) -> Vec<Problem> {
    let mut problems = Vec::new();
    let clients: HashMap<&str, usize> = declarations
        .clients
        .iter()
        .map(|client| (client.name.as_str(), client.line()))
        .collect();
    let (mut subs, mut emails) = (HashMap::new(), HashMap::new());
    for user in &declarations.users {
        let mut clash = |member: &str, line: usize, what: &str| {
            problems.push(
                user.member_problem(member, &format!("is that of the {what} in line {line}")),
            );
        };
        if let Some(sub) = user.input.sub.as_deref() {
            // RFC 9700 §4.15: the subject of a client is its `client_id`, which no user may have.
            if let Some(line) = clients.get(sub) {
                clash("sub", *line, "client");
            }
            if let Some(line) = subs.insert(sub, user.line()) {
                clash("sub", line, "user");
            }
        }
        if let Some(email) = user
            .input
            .email
            .as_deref()
            .filter(|email| !email.is_empty())
            && let Some(line) = emails.insert(comparison_key(email), user.line())
        {
            clash("email", line, "user");
        }
    }
    problems
}

impl StateFile {
    /// Whether everything that the file names is there, on a server that has nothing yet.
    pub fn check_for_empty(&self) -> Result<(), Problems> {
        let declared = &self.declarations;
        let scopes: HashSet<&str> = scope::BUILT_IN
            .iter()
            .map(|(name, _)| *name)
            .chain(declared.scopes.iter().map(|scope| scope.name.as_str()))
            .collect();
        let teams: HashSet<&str> = declared
            .teams
            .iter()
            .map(|team| team.name.as_str())
            .collect();
        let mut problems = Vec::new();
        for user in &declared.users {
            let memberships = user.input.teams.iter().flatten();
            let mut unknown = memberships.filter(|team| !teams.contains(team.team_id.as_str()));
            if let Some(team) = unknown.next() {
                let reason = format!("there is no team {:?}", team.team_id.as_str());
                problems.push(user.member_problem("teams", &reason));
            }
        }
        for client in &declared.clients {
            let registration = &client.input.registration;
            let mut named = registration
                .scope
                .as_deref()
                .unwrap_or_default()
                .split_whitespace();
            if let Some(scope) = named.find(|scope| !scopes.contains(scope)) {
                let reason = format!("there is no scope {scope:?}");
                problems.push(client.member_problem("scope", &reason));
            }
            for (i, team) in registration.delegation_teams.iter().flatten().enumerate() {
                if !teams.contains(team.as_str()) {
                    let member = format!("delegation_teams[{i}]");
                    let reason = format!("there is no team {team:?}");
                    problems.push(client.member_problem(&member, &reason));
                }
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(self.source.problems(problems)),
        }
    }
}
