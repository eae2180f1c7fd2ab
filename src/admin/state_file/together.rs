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
    // What people sign in with is one namespace, as in the database: by its key who has which name.
    let mut taken: HashMap<String, (usize, &str)> = HashMap::new();
    for user in &declarations.users {
        let (sub, email) = (user.input.sub.as_deref(), user.input.email.as_deref());
        // RFC 9700 §4.15: the subject of a client is its `client_id`, which no user may have.
        if let Some(line) = sub.and_then(|sub| clients.get(sub)) {
            let reason = format!("is that of the client in line {line}");
            problems.push(user.member_problem("sub", &reason));
        }
        let names = [
            ("username", Some(user.name.as_str())),
            ("email", email),
            ("sub", sub),
        ];
        let names = names.map(|(member, name)| (member, name.unwrap_or_default()));
        for (member, name) in names {
            let key = comparison_key(name);
            if key.is_empty() {
                continue;
            }
            let (line, of) = *taken.entry(key).or_insert((user.line(), member));
            if line == user.line() {
                continue;
            }
            let reason = match of == member {
                true => format!("is that of the user in line {line}"),
                false => format!("is the {of} of the user in line {line}"),
            };
            problems.push(user.member_problem(member, &reason));
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
