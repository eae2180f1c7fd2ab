//! Tokens as a client signs them.

use keyfob::crypto::{
    hash,
    keys::{Algorithm, SigningKey},
};
use serde_json::{Value, json};

pub fn es256() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

pub fn key_set(keys: &[&SigningKey]) -> Value {
    let keys: Vec<_> = keys.iter().map(|key| key.public_jwk()).collect();
    json!({ "keys": keys })
}

/// A JWT with any header and claims, rightly signed.
pub fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| hash::base64url(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = hash::base64url(&key.sign(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}
