//! Checks across the objects of a file.

use std::collections::HashMap;

use super::declared::{Declarations, Problem};
use crate::domain::{client::Client, name::comparison_key, user::User};

/// Clashes between objects of the file.
pub(super) fn check(declarations: &Declarations) -> Vec<Problem> {
    let mut problems = Vec::new();
    let clients: HashMap<&str, usize> = declarations
        .of::<Client>()
        .iter()
        .map(|client| (client.name.as_str(), client.line()))
        .collect();
    // Sign-in names are one namespace, as in the database: the owner of each normalized name.
    let mut taken: HashMap<String, (usize, &str)> = HashMap::new();
    for user in declarations.of::<User>() {
        let (sub, email) = (user.input.sub.as_deref(), user.input.email.as_deref());
        // The subject of a client is its `client_id`, which no user can have (RFC 9700 §4.15).
        if let Some(line) = sub.and_then(|sub| clients.get(sub)) {
            let reason = format!("is already used by the client in line {line}");
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
                true => format!("is already used by the user in line {line}"),
                false => format!("is the {of} of the user in line {line}"),
            };
            problems.push(user.member_problem(member, &reason));
        }
    }
    problems
}
