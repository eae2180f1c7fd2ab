//! Reads client metadata that a client sends of itself (RFC 7591 §2).

use serde_json::{Map, Value};

use crate::{
    domain::client_registration::{ClientRegistration, InvalidMember},
    oauth::error::{ErrorCode, OAuthError},
};

/// Members that request encryption (OIDC Registration §2).
const ENCRYPTION: &[&str] = &[
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
];

/// The members of a request's body, which must be a JSON object.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, OAuthError> {
    serde_json::from_slice(body).map_err(|_| {
        OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "The body must be a JSON object (RFC 7591 §3.1).",
        )
    })
}

/// Registration with these members. Unknown members are left out (RFC 7591 §2); the error for one of the wrong type
/// names it, without its value.
pub fn registration(members: &Map<String, Value>) -> Result<ClientRegistration, InvalidMember> {
    // Treated like a parameter without a value (RFC 6749 §3.1): some clients send every member that they know.
    let said = members.iter().filter(|(_, value)| *value != "");
    let members = &said
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>();
    // A client that requests another kind of `sub` must not get a public one instead (OIDC Registration §2).
    let subject_type = members.get("subject_type").unwrap_or(&Value::Null);
    if !subject_type.is_null() && subject_type != "public" {
        return Err(InvalidMember::new("subject_type", "must be public"));
    }
    // A client that requests encrypted tokens, or an unknown application type, must not get something else (§2).
    let wants = |name: &&&str| members.get(**name).is_some_and(|value| !value.is_null());
    if let Some(name) = ENCRYPTION.iter().find(wants) {
        return Err(InvalidMember::new(
            *name,
            "is not supported; tokens are not encrypted",
        ));
    }
    let application_type = members.get("application_type").unwrap_or(&Value::Null);
    if !application_type.is_null() && application_type != "web" && application_type != "native" {
        return Err(InvalidMember::new(
            "application_type",
            "must be web or native",
        ));
    }
    let whole = Value::Object(members.clone());
    serde_json::from_value(whole).map_err(|_| {
        let is_wrong = |(name, value): &(&String, &Value)| {
            let alone = Map::from_iter([((*name).clone(), (*value).clone())]);
            serde_json::from_value::<ClientRegistration>(Value::Object(alone)).is_err()
        };
        let wrong = members.iter().find(is_wrong);
        let name = wrong.map_or("body", |(name, _)| name.as_str());
        InvalidMember::new(name, "has the wrong type")
    })
}

/// RFC 7591 §3.2.2: addresses for redirects have an error code of their own.
pub fn refusal(error: &InvalidMember) -> OAuthError {
    let code = match error.member.starts_with("redirect_uris") {
        true => ErrorCode::InvalidRedirectUri,
        false => ErrorCode::InvalidClientMetadata,
    };
    OAuthError::new(code, error.to_string())
}
