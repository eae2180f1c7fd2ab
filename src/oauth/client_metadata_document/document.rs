//! Reads a client ID metadata document. One document is there for every server that its client meets, so
//! what this server does not serve is left out, as long as something is left that it does.

use serde_json::{Map, Value, json};

use crate::{
    app::App,
    domain::{
        client::{AuthMethod, ClientMetadata},
        grant_type::GrantType,
    },
    oauth::register::{members, policy},
};

/// Members whose invalid values do no harm and are ignored.
const DISPENSABLE: &[&str] = &[
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "software_id",
    "software_version",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "application_type",
    "default_max_age",
    "id_token_signed_response_alg",
];

/// Parses the client of the document, or returns why it cannot be used.
pub(super) fn read(app: &App, client_id: &str, body: &[u8]) -> Result<ClientMetadata, String> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Err("the document is not a JSON object".into());
    };
    // §4.1: by simple string comparison.
    if members.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err("client_id in the document does not match its URL".into());
    }
    // A public document contains no secret (§4.1).
    let secret = ["client_secret", "client_secret_expires_at"]
        .into_iter()
        .find(|name| members.contains_key(*name));
    if let Some(name) = secret {
        return Err(format!("the document must not contain {name}"));
    }
    let method = auth_method(&members)?;
    members.insert("token_endpoint_auth_method".into(), json!(method.as_str()));
    // Response types follow from the grant types.
    members.remove("response_types");
    if let Some(grants) = members.get_mut("grant_types").and_then(Value::as_array_mut) {
        grants.retain(|name| served(name.as_str()));
        if grants.is_empty() {
            return Err("grant_types contains no grant type that involves a user".into());
        }
    }
    checked(app, members)
}

fn served(grant: Option<&str>) -> bool {
    grant
        .and_then(GrantType::parse)
        .is_some_and(|grant| policy::USER_GRANTS.contains(&grant))
}

/// No method with a shared secret (§4.1). Of several methods in the document, the strongest is used, so that nobody can
/// impersonate the client with a weaker one.
fn auth_method(members: &Map<String, Value>) -> Result<AuthMethod, String> {
    let has_keys = members.contains_key("jwks") || members.contains_key("jwks_uri");
    let one = members.get("token_endpoint_auth_method").into_iter();
    let several = members
        .get("token_endpoint_auth_methods_supported")
        .and_then(Value::as_array);
    let offered: Vec<_> = one.chain(several.into_iter().flatten()).collect();
    let offers = |method: AuthMethod| offered.iter().any(|name| **name == method.as_str());
    if has_keys && (offered.is_empty() || offers(AuthMethod::PrivateKeyJwt)) {
        Ok(AuthMethod::PrivateKeyJwt)
    } else if offered.is_empty() || offers(AuthMethod::None) {
        Ok(AuthMethod::None)
    } else {
        Err("token_endpoint_auth_method must be none, or private_key_jwt with keys".into())
    }
}

/// Checks the rest like any other registration of an unverified client.
fn checked(app: &App, mut members: Map<String, Value>) -> Result<ClientMetadata, String> {
    loop {
        let asked = members::registration(&members);
        let error = match asked.and_then(|asked| policy::curtail(app, asked, None)) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error,
        };
        let name = error.member.split('[').next().unwrap_or_default();
        if !DISPENSABLE.contains(&name) || members.remove(name).is_none() {
            return Err(error.to_string());
        }
    }
}
