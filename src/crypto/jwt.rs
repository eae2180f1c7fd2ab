//! Signed tokens: compact JWS (RFC 7515 §7.1) of JSON claims (RFC 7519).

use jsonwebtoken::{crypto, errors::ErrorKind};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;

use crate::crypto::{
    hash,
    keys::{Algorithm, KeyError, SigningKey, VerifyingKey},
    provider,
};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// The token of `claims`, signed by `key`. Its header has `typ`, `alg` and `kid`.
pub fn sign<T: Serialize>(key: &SigningKey, typ: &str, claims: &T) -> Result<String, KeyError> {
    provider::install();
    let header = jsonwebtoken::Header {
        typ: Some(typ.to_owned()),
        kid: Some(key.kid().to_owned()),
        ..jsonwebtoken::Header::new(key.algorithm().of_jsonwebtoken())
    };
    jsonwebtoken::encode(&header, claims, key.encoding_key()).map_err(|error| match error.kind() {
        ErrorKind::Json(_) => KeyError::Claims,
        _ => KeyError::Signing,
    })
}

/// Header of a token about its signature, not verified.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Header {
    pub alg: String,
    pub typ: Option<String>,
    pub kid: Option<String>,
    /// Whether there is a `crit` member, with any value.
    #[serde(default, deserialize_with = "is_present")]
    pub crit: bool,
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Header of a token whose signature is not verified yet, to find the key. `None` if the token is longer than 16 KiB,
/// does not have three parts of which the first two are JSON objects, or its header has no `alg` or a duplicate member.
pub fn header(token: &str) -> Option<Header> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    // RFC 7519 §7.2: the claims are a JSON object, too.
    json_object(claims)?;
    serde_json::from_slice(&json_object(header)?).ok()
}

/// JSON of a token's part, if it is an object: serde also accepts an array for a struct.
fn json_object(part: &str) -> Option<Vec<u8>> {
    hash::from_base64url(part).filter(|json| json.trim_ascii_start().starts_with(b"{"))
}

/// Reason why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not a valid JWT (compact JWS)")]
    Malformed,
    #[error("alg does not match the key")]
    Algorithm,
    #[error("unexpected typ")]
    Type,
    #[error("unknown kid")]
    Key,
    #[error("invalid signature")]
    Signature,
    #[error("unexpected claims")]
    Claims,
}

/// Claims of a token signed by one of `keys`, whose `typ` is one of `typ`.
///
/// Neither times nor issuer nor audience are looked at: the caller checks them, with its own clock.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    typ: &[&str],
    keys: &[VerifyingKey],
) -> Result<T, Refused> {
    provider::install();
    let header = header(token).ok_or(Refused::Malformed)?;
    // An unsupported extension makes the JWS invalid (RFC 7515 §4.1.11).
    if header.crit {
        return Err(Refused::Malformed);
    }
    // RFC 8725 §3.11: explicit typing, so that one kind of token does not pass for another.
    let actual = header.typ.as_deref().ok_or(Refused::Type)?;
    if !typ.iter().any(|expected| is_type(actual, expected)) {
        return Err(Refused::Type);
    }
    decode(token, find_key(&header, keys)?)
}

/// Requirements for a token that another party signed with a key of its own.
#[derive(Clone, Copy, Debug)]
pub struct Foreign<'a> {
    /// Accepted values of `typ`, including `None` if it can be absent.
    pub typ: &'a [Option<&'a str>],
    /// The only accepted `alg`, if there is just one.
    pub algorithm: Option<&'a str>,
}

/// Maximum number of keys tried for a token without `kid`.
const MOST_TRIED: usize = 8;

/// Claims of a token signed by one of another party's keys. Such a token can have no `kid`: then every key of its
/// algorithm can match.
///
/// Neither times nor issuer nor audience are looked at: the caller checks them, with its own clock.
pub fn verify_foreign<T: DeserializeOwned>(
    token: &str,
    expected: &Foreign<'_>,
    keys: &[VerifyingKey],
) -> Result<T, Refused> {
    provider::install();
    let header = header(token).ok_or(Refused::Malformed)?;
    // An unsupported extension makes the JWS invalid (RFC 7515 §4.1.11).
    if header.crit {
        return Err(Refused::Malformed);
    }
    // A token with the type of another kind is not accepted (RFC 8725 §3.11).
    let passes = |typ: Option<&str>| match (header.typ.as_deref(), typ) {
        (Some(actual), Some(expected)) => is_type(actual, expected),
        (actual, expected) => actual == expected,
    };
    if !expected.typ.iter().copied().any(passes) {
        return Err(Refused::Type);
    }
    let is_other = |only: &str| match only.parse::<Algorithm>() {
        Ok(only) => !only.is_named(&header.alg),
        Err(_) => true,
    };
    if expected.algorithm.is_some_and(is_other) {
        return Err(Refused::Algorithm);
    }
    if header.kid.is_some() {
        return decode(token, find_key(&header, keys)?);
    }
    let of_algorithm = |key: &&VerifyingKey| key.algorithm().is_named(&header.alg);
    let mut refused = Refused::Key;
    for key in keys.iter().filter(of_algorithm).take(MOST_TRIED) {
        match decode(token, key) {
            Err(Refused::Signature) => refused = Refused::Signature,
            decided => return decided,
        }
    }
    Err(refused)
}

/// Claims of a token signed by the key in its own header (`jwk`, RFC 7515 §4.1.3), and the thumbprint of that key (RFC
/// 7638). It only proves that the sender has the key.
///
/// Claims are not checked: the caller checks them, with its own clock.
pub fn verify_with_own_key<T: DeserializeOwned>(
    token: &str,
    typ: &str,
) -> Result<(T, String), Refused> {
    #[derive(Deserialize)]
    struct Own {
        jwk: Value,
    }
    provider::install();
    let header = header(token).ok_or(Refused::Malformed)?;
    // An unsupported extension makes the JWS invalid (RFC 7515 §4.1.11).
    if header.crit {
        return Err(Refused::Malformed);
    }
    if !header.typ.is_some_and(|actual| is_type(&actual, typ)) {
        return Err(Refused::Type);
    }
    let part = token.split('.').next().and_then(json_object);
    let own: Option<Own> = part.and_then(|json| serde_json::from_slice(&json).ok());
    let own = own.ok_or(Refused::Key)?;
    let (key, thumbprint) =
        VerifyingKey::of_jwk(&own.jwk, &header.alg).map_err(|error| match error {
            KeyError::Unsupported => Refused::Algorithm,
            _ => Refused::Key,
        })?;
    Ok((decode(token, &key)?, thumbprint))
}

/// Claims of a token whose `alg` matches `key`, if the key has signed it.
fn decode<T: DeserializeOwned>(token: &str, key: &VerifyingKey) -> Result<T, Refused> {
    let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
    let algorithm = key.algorithm().of_jsonwebtoken();
    match crypto::verify(signature, message.as_bytes(), key.decoding_key(), algorithm) {
        Ok(true) => {}
        Ok(false) => return Err(Refused::Signature),
        Err(_) => return Err(Refused::Malformed),
    }
    let claims = message.split('.').nth(1).and_then(json_object);
    let claims = claims.ok_or(Refused::Malformed)?;
    serde_json::from_slice(&claims).map_err(|_| Refused::Claims)
}

/// A media type, which can leave out `application/`; case does not matter (RFC 7515 §4.1.9).
fn is_type(actual: &str, expected: &str) -> bool {
    const PREFIX: &str = "application/";
    let short = match actual.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => actual,
    };
    short.eq_ignore_ascii_case(expected)
}

fn find_key<'a>(header: &Header, keys: &'a [VerifyingKey]) -> Result<&'a VerifyingKey, Refused> {
    let kid = header.kid.as_deref().ok_or(Refused::Key)?;
    // Keys of different types can share a `kid` (RFC 7517 §4.5).
    let mut named = keys.iter().filter(|key| key.kid() == kid).peekable();
    if named.peek().is_none() {
        return Err(Refused::Key);
    }
    // The key decides the algorithm; the token only names it (RFC 8725 §3.1).
    named
        .find(|key| key.algorithm().is_named(&header.alg))
        .ok_or(Refused::Algorithm)
}

/// Claims of a token without verifying its signature: only for display.
pub fn unverified_claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    header(token)?;
    jsonwebtoken::dangerous::insecure_decode_claims(token).ok()
}

#[cfg(test)]
mod tests;
