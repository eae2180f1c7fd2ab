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

/// What a token says about its own signature. Nothing of it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Header {
    pub alg: String,
    pub typ: Option<String>,
    pub kid: Option<String>,
    /// Whether a `crit` member is there, whatever it holds.
    #[serde(default, deserialize_with = "is_present")]
    pub crit: bool,
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The header of a token whose signature is not checked yet, to find the key. `None` if the token
/// is longer than 16 KiB, is not three parts of which the first two are JSON objects, or its header
/// has no `alg` or one of these members twice.
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

/// The JSON of a token's part, if it begins an object: serde takes an array for a struct as well.
fn json_object(part: &str) -> Option<Vec<u8>> {
    hash::from_base64url(part).filter(|json| json.trim_ascii_start().starts_with(b"{"))
}

/// Why a token is not accepted.
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

/// The claims of a token that one of `keys` has signed and whose `typ` is one of `typ`.
///
/// Neither times nor issuer nor audience are looked at: the caller checks them, with its own clock.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    typ: &[&str],
    keys: &[VerifyingKey],
) -> Result<T, Refused> {
    provider::install();
    let header = header(token).ok_or(Refused::Malformed)?;
    // RFC 7515 §4.1.11: an extension that is not understood makes the JWS invalid.
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

/// What a token must be that another party has signed with a key of its own.
#[derive(Clone, Copy, Debug)]
pub struct Foreign<'a> {
    /// The values of `typ` that pass, `None` among them if it may be absent.
    pub typ: &'a [Option<&'a str>],
    /// The only `alg` that passes, if there is but one.
    pub algorithm: Option<&'a str>,
}

/// How many keys are tried for a token that names none.
const MOST_TRIED: usize = 8;

/// The claims of a token that one of another party's keys has signed. Such a token may leave its `kid`
/// out: then it is every key of its algorithm that may fit.
///
/// Neither times nor issuer nor audience are looked at: the caller checks them, with its own clock.
pub fn verify_foreign<T: DeserializeOwned>(
    token: &str,
    expected: &Foreign<'_>,
    keys: &[VerifyingKey],
) -> Result<T, Refused> {
    provider::install();
    let header = header(token).ok_or(Refused::Malformed)?;
    // RFC 7515 §4.1.11: an extension that is not understood makes the JWS invalid.
    if header.crit {
        return Err(Refused::Malformed);
    }
    // RFC 8725 §3.11: a token that says it is of another kind is not of this one.
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

/// The claims of a token that is signed by the key in its own header (`jwk`, RFC 7515 §4.1.3), and the
/// thumbprint of that key (RFC 7638). It proves that whoever made the token has the key, nothing else.
///
/// No claim is looked at: the caller checks them, with its own clock.
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
    // RFC 7515 §4.1.11: an extension that is not understood makes the JWS invalid.
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

/// The claims of a token whose `alg` was found to be that of `key`, if the key has signed it.
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

/// RFC 7515 §4.1.9: a media type, which may leave out `application/`; its case does not matter.
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
    // RFC 7517 §4.5: keys of different types may share a kid.
    let mut named = keys.iter().filter(|key| key.kid() == kid).peekable();
    if named.peek().is_none() {
        return Err(Refused::Key);
    }
    // RFC 8725 §3.1: the key says the algorithm, the token only names it.
    named
        .find(|key| key.algorithm().is_named(&header.alg))
        .ok_or(Refused::Algorithm)
}

/// The claims of a token whose signature nobody has checked: to show them, never to act on them.
pub fn unverified_claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    header(token)?;
    jsonwebtoken::dangerous::insecure_decode_claims(token).ok()
}

#[cfg(test)]
mod tests;
