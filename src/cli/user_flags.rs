//! Flags of a user.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{Failure, common};
use crate::{
    admin::users::UserInput,
    domain::{name::TeamId, secret::Secret, team::Membership, user::User},
};

/// Flags of a user, to create or update one. An empty string removes the value.
#[derive(Debug, clap::Args)]
pub struct UserFlags {
    /// Email address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Mark the email address as verified
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    email_verified: Option<bool>,
    /// Given name
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// Language tag such as nb-NO
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// IANA time zone such as Europe/Oslo
    #[arg(long, value_name = "ZONE")]
    zoneinfo: Option<String>,
    /// Picture URL
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
    /// Other OpenID Connect claim: nickname=Ola or 'address={"country":"NO"}'; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_claim)]
    claim: Vec<(String, Value)>,
    /// Make the user a server administrator
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    admin: Option<bool>,
    /// Allow others to act for this user (delegation)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_delegation: Option<bool>,
    /// Add the user to a team, as acme or acme:admin; repeatable
    #[arg(long, value_name = "ID[:ROLE]")]
    team: Vec<Membership>,
}

#[derive(Debug, clap::Args)]
pub struct PasswordFlags {
    /// Read the password from stdin
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from a file [env: KEYFOB_PASSWORD_FILE]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A value that is no JSON is a text.
fn parse_claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    let value = match serde_json::from_str(value) {
        Ok(value @ (Value::Object(_) | Value::Bool(_))) => value,
        _ => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), value))
}

impl UserFlags {
    /// Input for a new user, or an update of `known` that removes some teams.
    pub(super) fn input(self, known: Option<(&User, &[TeamId])>) -> UserInput {
        let (teams, claims) = match known {
            Some((user, leave)) => {
                let mut teams = user.teams.clone();
                teams.retain(|known| !leave.contains(&known.team_id));
                (teams, user.profile.claims.clone())
            }
            None => (Vec::new(), Map::new()),
        };
        UserInput {
            email: self.email,
            email_verified: self.email_verified,
            given_name: self.given_name,
            family_name: self.family_name,
            locale: self.locale,
            zoneinfo: self.zoneinfo,
            picture: self.picture,
            claims: Some(with_claims(claims, self.claim)),
            admin: self.admin,
            allow_delegation: self.allow_delegation,
            teams: Some(with_teams(teams, self.team)),
            ..UserInput::default()
        }
    }
}

/// An empty text takes a claim out.
fn with_claims(mut claims: Map<String, Value>, given: Vec<(String, Value)>) -> Map<String, Value> {
    for (name, value) in given {
        if value.as_str() == Some("") {
            claims.shift_remove(&name);
        } else {
            claims.insert(name, value);
        }
    }
    claims
}

/// The last one is used.
fn with_teams(mut teams: Vec<Membership>, given: Vec<Membership>) -> Vec<Membership> {
    for membership in given {
        teams.retain(|known| known.team_id != membership.team_id);
        teams.push(membership);
    }
    teams
}

impl PasswordFlags {
    pub(super) fn read(&self) -> Result<Option<Secret>, Failure> {
        let file = common::file_or_variable(self.password_file.as_ref(), "KEYFOB_PASSWORD_FILE");
        match (file, self.password_stdin) {
            (_, true) => common::secret_from_stdin().map(Some),
            (Some(path), false) => common::secret_from_file(&path).map(Some),
            (None, false) => common::prompt("Password"),
        }
    }
}
