//! Text that creates the client again: an entry of a configuration file, and a command.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    admin::{
        AdminError,
        object::{Managed, Members},
        state_file,
    },
    domain::{client::Client, object::Object, shell::quoted, time::Lifetime},
};

/// Configuration entry and command that create the client; neither contains a secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminDeclaration")]
pub struct Declaration {
    /// The `[[client]]` of `config export`.
    pub toml: String,
    /// Shell command: `keyfob client create …`.
    pub command: String,
}

/// The members that have a flag of their own; all others go through `--metadata`.
const FLAGS: &[(&str, &str)] = &[
    ("client_name", "client-name"),
    ("redirect_uris", "redirect-uri"),
    ("post_logout_redirect_uris", "post-logout-redirect-uri"),
    ("grant_types", "grant-type"),
    ("scope", "scope"),
    ("token_endpoint_auth_method", "auth-method"),
    ("require_consent", "require-consent"),
    ("logout_confirmation", "logout-confirmation"),
    ("require_pkce", "require-pkce"),
    ("delegation_teams", "delegation-team"),
    ("id_token_signed_response_alg", "id-token-alg"),
    ("id_token_user_claims", "id-token-user-claims"),
    ("access_token_lifetime", "access-token-lifetime"),
    ("refresh_token_lifetime", "refresh-token-lifetime"),
    ("refresh_token_idle_lifetime", "refresh-token-idle-lifetime"),
];

pub fn declaration(client: &Client) -> Result<Declaration, AdminError> {
    let members = client.declaration()?.unwrap_or_default();
    Ok(Declaration {
        toml: state_file::table(Client::KIND, &members)?
            .trim_start()
            .to_owned(),
        command: command(members),
    })
}

fn command(members: Members) -> String {
    let mut words = vec!["keyfob client create".to_owned()];
    let mut rest = Map::new();
    for (name, value) in members {
        let flag = FLAGS.iter().find(|(member, _)| *member == name);
        match (flag, &value) {
            (None, Value::String(id)) if name == "client_id" => {
                words[0] += &format!(" {}", quoted(id));
            }
            // A list that is empty is not the same as none.
            (Some(_), Value::Array(values)) if values.is_empty() => drop(rest.insert(name, value)),
            (Some((_, flag)), value) => {
                words.extend(arguments(value).map(|text| format!("--{flag}={}", quoted(&text))));
            }
            (None, _) => drop(rest.insert(name, value)),
        }
    }
    if rest.is_empty() {
        return words.join(" \\\n  ");
    }
    words.push(format!(
        "--metadata=- <<'JSON'\n{}\nJSON",
        Value::Object(rest)
    ));
    words.join(" \\\n  ")
}

/// Values of the flag, one for each time it is given.
fn arguments(value: &Value) -> impl Iterator<Item = String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(seconds) => {
            let seconds = seconds.as_u64().and_then(|n| u32::try_from(n).ok());
            Lifetime(seconds.unwrap_or_default()).to_string()
        }
        other => other.to_string(),
    };
    let all: Vec<_> = match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => vec![one(value)],
    };
    all.into_iter()
}
