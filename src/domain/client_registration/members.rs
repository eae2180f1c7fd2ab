//! The members that are lists or documents, each with its rule.

use serde_json::Value;
use url::Url;

use super::{ClientRegistration, InvalidMember, values::text};
use crate::domain::{
    client::AuthMethod,
    name::{Subject, TeamId},
};

impl ClientRegistration {
    pub(super) fn contacts(&self) -> Result<Vec<String>, InvalidMember> {
        let contacts = self.contacts.clone().unwrap_or_default();
        for (i, contact) in contacts.iter().enumerate() {
            text(&format!("contacts[{i}]"), Some(contact))?;
        }
        Ok(contacts)
    }

    /// RFC 7591 §2: `jwks` and `jwks_uri` exclude each other; only public keys are taken.
    pub(super) fn jwks(&self, method: AuthMethod) -> Result<Option<Value>, InvalidMember> {
        let Some(jwks) = &self.jwks else {
            if method == AuthMethod::PrivateKeyJwt && self.jwks_uri.is_none() {
                return Err(InvalidMember::new(
                    "jwks",
                    "private_key_jwt requires jwks or jwks_uri",
                ));
            }
            return Ok(None);
        };
        if self.jwks_uri.is_some() {
            return Err(InvalidMember::new(
                "jwks",
                "cannot be combined with jwks_uri (RFC 7591 §2)",
            ));
        }
        check_key_set(jwks)?;
        Ok(Some(jwks.clone()))
    }

    pub(super) fn cors_origins(&self) -> Result<Vec<String>, InvalidMember> {
        let origins = self.cors_origins.clone().unwrap_or_default();
        for (i, origin) in origins.iter().enumerate() {
            let is_origin = Url::parse(origin).is_ok_and(|url| {
                matches!(url.scheme(), "https" | "http")
                    && url.origin().ascii_serialization() == *origin
            });
            if !is_origin {
                return Err(InvalidMember::new(
                    format!("cors_origins[{i}]"),
                    "must be an origin: scheme, host and port, without a trailing slash",
                ));
            }
        }
        Ok(origins)
    }

    pub(super) fn allowed_resources(&self) -> Result<Option<Vec<String>>, InvalidMember> {
        for (i, resource) in self.allowed_resources.iter().flatten().enumerate() {
            let is_absolute = Url::parse(resource).is_ok() && !resource.contains(['#', ' ']);
            if !is_absolute {
                return Err(InvalidMember::new(
                    format!("allowed_resources[{i}]"),
                    "must be an absolute URI without a fragment (RFC 8707 §2)",
                ));
            }
        }
        Ok(self.allowed_resources.clone())
    }

    pub(super) fn may_act(&self) -> Result<Option<Subject>, InvalidMember> {
        self.may_act
            .as_deref()
            .map(|sub| {
                Subject::parse(sub)
                    .map_err(|error| InvalidMember::new("may_act", error.to_string()))
            })
            .transpose()
    }

    pub(super) fn delegation_teams(&self) -> Result<Option<Vec<TeamId>>, InvalidMember> {
        let Some(names) = &self.delegation_teams else {
            return Ok(None);
        };
        let parse = |(i, name): (usize, &String)| {
            TeamId::parse(name).map_err(|error| {
                InvalidMember::new(format!("delegation_teams[{i}]"), error.to_string())
            })
        };
        names
            .iter()
            .enumerate()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// Maximum number of keys of a set that are tried for a signature.
const MOST_KEYS: usize = 32;

/// Whether an RSA key has a size for signatures, according to the length of its base64url values.
fn has_usual_size(key: &Value) -> bool {
    let length = |name: &str| key.get(name).and_then(Value::as_str).map_or(0, str::len);
    key.get("kty").and_then(Value::as_str) != Some("RSA")
        || ((342..=683).contains(&length("n")) && (1..=4).contains(&length("e")))
}

/// RFC 7517 §5: a set of public keys and of nothing else.
pub fn check_key_set(jwks: &Value) -> Result<(), InvalidMember> {
    let Some(keys) = jwks.get("keys").and_then(Value::as_array) else {
        return Err(InvalidMember::new(
            "jwks",
            "must be a JWK Set (RFC 7517 §5)",
        ));
    };
    if keys.len() > MOST_KEYS {
        return Err(InvalidMember::new(
            "jwks",
            format!("must have at most {MOST_KEYS} keys"),
        ));
    }
    for (i, key) in keys.iter().enumerate() {
        let is_public = key.get("kty").and_then(Value::as_str) != Some("oct")
            && ["d", "p", "q", "k"]
                .iter()
                .all(|name| key.get(*name).is_none());
        if !key.is_object() || !is_public {
            return Err(InvalidMember::new(
                format!("jwks.keys[{i}]"),
                "must be a public key; private and symmetric keys are not accepted",
            ));
        }
        if !has_usual_size(key) {
            return Err(InvalidMember::new(
                format!("jwks.keys[{i}]"),
                "must have 2048 to 4096 bits and an exponent of at most 65537, as an RSA key",
            ));
        }
    }
    Ok(())
}
