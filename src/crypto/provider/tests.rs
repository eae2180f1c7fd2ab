//! The provider, beside the signatures of another implementation.

use serde_json::Value;

use super::*;
use crate::crypto::keys::{Algorithm as Signs, SigningKey};

struct Example {
    algorithm: Algorithm,
    key: DecodingKey,
    message: String,
    signature: String,
}

/// One token of each algorithm, made by Python's pyca/cryptography.
fn examples() -> Vec<Example> {
    let examples: Vec<Value> =
        serde_json::from_str(include_str!("../testdata/signed_by_pyca.json")).unwrap();
    let read = |example: &Value| {
        let token = example["token"].as_str().unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let jwk = serde_json::from_value(example["jwk"].clone()).unwrap();
        Example {
            algorithm: jsonwebtoken::decode_header(token).unwrap().alg,
            key: DecodingKey::from_jwk(&jwk).unwrap(),
            message: message.to_owned(),
            signature: signature.to_owned(),
        }
    };
    examples.iter().map(read).collect()
}

fn verifies(message: &str, signature: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    install();
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or(false)
}

#[test]
fn signatures_of_another_implementation_verify() {
    let examples = examples();
    assert_eq!(examples.len(), 9);
    for Example {
        algorithm,
        key,
        message,
        signature,
    } in &examples
    {
        assert!(
            verifies(message, signature, key, *algorithm),
            "{algorithm:?}"
        );
        assert!(
            !verifies(&format!("{message}A"), signature, key, *algorithm),
            "{algorithm:?}"
        );
        assert!(
            !verifies(message, &signature[4..], key, *algorithm),
            "{algorithm:?}"
        );
    }
}

#[test]
fn a_signature_verifies_under_its_own_algorithm_alone() {
    for Example {
        algorithm,
        key,
        message,
        signature,
    } in &examples()
    {
        for other in &examples() {
            if other.algorithm != *algorithm {
                let other = other.algorithm;
                assert!(
                    !verifies(message, signature, key, other),
                    "{algorithm:?} as {other:?}"
                );
            }
        }
    }
}

#[test]
fn the_signature_of_rfc_7515_appendix_a3_verifies() {
    let key = DecodingKey::from_ec_components(
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    )
    .unwrap();
    let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                   Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP\
                     3-Kg6NU1Q";
    assert!(verifies(message, signature, &key, Algorithm::ES256));
}

#[test]
fn a_shared_secret_signs_and_verifies_nothing() {
    let secret = DecodingKey::from_secret(b"secret");
    assert!(verifier(&Algorithm::HS256, &secret).is_err());
    assert!(verifier(&Algorithm::ES256, &secret).is_err());
    assert!(signer(&Algorithm::HS256, &EncodingKey::from_secret(b"secret")).is_err());
}

#[test]
fn a_dropped_key_leaves_the_table() {
    let key = SigningKey::generate(Signs::Es256).unwrap();
    let encoding_key = key.encoding_key().clone();
    assert!(signer(&Algorithm::ES256, &encoding_key).is_ok());
    assert!(signer(&Algorithm::ES384, &encoding_key).is_err());
    let clone = key.clone();
    drop(key);
    assert!(signer(&Algorithm::ES256, &encoding_key).is_ok());
    drop(clone);
    assert!(signer(&Algorithm::ES256, &encoding_key).is_err());
}
