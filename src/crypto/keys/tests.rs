//! Keys, beside what the RFCs print of theirs.

use serde_json::json;

use super::*;
use crate::crypto::hash::{base64url, from_base64url};

const RFC_7515_A2: &[u8] = include_bytes!("../testdata/rfc7515_a2.pk8");
const RFC_7515_A3: &[u8] = include_bytes!("../testdata/rfc7515_a3.pk8");
const RFC_8037_A1: &[u8] = include_bytes!("../testdata/rfc8037_a1.pk8");

fn p256_jwk() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

/// Both algorithms make the same signature each time, so the RFCs could print it.
#[test]
fn the_signatures_of_the_rfcs_are_reproduced() {
    let ed25519 = SigningKey::from_pkcs8(Algorithm::EdDsa, RFC_8037_A1).unwrap();
    // RFC 8037 appendix A.4.
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(
        base64url(&ed25519.sign(message.as_bytes()).unwrap()),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    let rsa = SigningKey::from_pkcs8(Algorithm::Rs256, RFC_7515_A2).unwrap();
    // RFC 7515 appendix A.2.
    let message = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                   Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    assert_eq!(
        base64url(&rsa.sign(message.as_bytes()).unwrap()),
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
         AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
         BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
         0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
         hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB\
         p0igcN_IoypGlUPQGe77Rw",
    );
}

#[test]
fn the_thumbprints_of_the_rfcs_are_reproduced() {
    // RFC 8037 appendix A.3.
    let ed25519 = SigningKey::from_pkcs8(Algorithm::EdDsa, RFC_8037_A1).unwrap();
    assert_eq!(ed25519.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    // RFC 7638 §3.1.
    let rsa = VerifyingKey::from_jwk(&json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\
              oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65\
              YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr\
              dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK\
              nqDKgw",
        "e": "AQAB",
    }));
    assert_eq!(
        rsa.unwrap().kid(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn the_published_key_has_the_public_members_alone() {
    let mut expected = p256_jwk();
    let kid = VerifyingKey::from_jwk(&expected).unwrap().kid().to_owned();
    expected["use"] = "sig".into();
    expected["alg"] = "ES256".into();
    expected["kid"] = kid.into();
    let key = SigningKey::from_pkcs8(Algorithm::Es256, RFC_7515_A3).unwrap();
    assert_eq!(key.public_jwk(), &expected);

    for (algorithm, der, members) in [
        (
            Algorithm::EdDsa,
            RFC_8037_A1,
            &["alg", "crv", "kid", "kty", "use", "x"][..],
        ),
        (
            Algorithm::Rs256,
            RFC_7515_A2,
            &["alg", "e", "kid", "kty", "n", "use"][..],
        ),
    ] {
        let key = SigningKey::from_pkcs8(algorithm, der).unwrap();
        let mut names: Vec<_> = key.public_jwk().as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, members);
    }
}

#[test]
fn a_published_key_reads_back_as_the_verifying_key() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap();
        let read = VerifyingKey::from_jwk(key.public_jwk()).unwrap();
        assert_eq!(read.kid(), key.kid());
        assert_eq!(read.algorithm(), algorithm);
        assert_eq!(
            read.decoding_key().try_get_as_bytes().unwrap(),
            key.verifying_key()
                .decoding_key()
                .try_get_as_bytes()
                .unwrap(),
        );
    }
}

#[test]
fn a_generated_key_is_the_same_key_after_it_was_stored() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap();
        let restored = SigningKey::from_pkcs8(algorithm, key.pkcs8()).unwrap();
        assert_eq!(restored.kid(), key.kid());
        assert_eq!(key.sign(b"message").unwrap().len(), 64);
        assert_ne!(SigningKey::generate(algorithm).unwrap().kid(), key.kid());
    }
}

// RFC 7518 §3.3: 2048 bits at least. ring checks that the parts of the key belong together.
#[test]
fn a_generated_rsa_key_signs_what_its_public_half_verifies() {
    let key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let n = key.public_jwk()["n"]
        .as_str()
        .and_then(from_base64url)
        .unwrap();
    assert_eq!((n.len(), n[0] >> 7), (256, 1));
    assert_eq!(key.public_jwk()["e"], "AQAB");
    let token = crate::crypto::jwt::sign(&key, "JWT", &json!({"sub": "ola"})).unwrap();
    let read: Value = crate::crypto::jwt::verify(&token, &["JWT"], &[key.verifying_key()]).unwrap();
    assert_eq!(read["sub"], "ola");
    let restored = SigningKey::from_pkcs8(Algorithm::Rs256, key.pkcs8()).unwrap();
    assert_eq!(restored.kid(), key.kid());
}

#[test]
fn a_private_key_of_another_algorithm_is_refused() {
    for (algorithm, der) in [
        (Algorithm::Es256, RFC_8037_A1),
        (Algorithm::EdDsa, RFC_7515_A2),
        (Algorithm::Rs256, RFC_7515_A3),
        (Algorithm::Es256, &RFC_7515_A3[..100]),
        (Algorithm::EdDsa, b""),
    ] {
        assert_eq!(
            SigningKey::from_pkcs8(algorithm, der).unwrap_err(),
            KeyError::Malformed
        );
    }
}

#[test]
fn a_jwk_that_cannot_check_signatures_is_refused() {
    let with = |name: &str, value: Value| {
        let mut jwk = p256_jwk();
        jwk[name] = value;
        jwk
    };
    let short_rsa = base64url(&[0xff; 128]);
    let padded_rsa = base64url(&[&[0][..], &[0xff; 256]].concat());
    let coordinate = p256_jwk()["x"].as_str().and_then(from_base64url).unwrap();
    for (jwk, error) in [
        (json!(null), KeyError::Malformed),
        (json!(["EC", "P-256"]), KeyError::Malformed),
        (json!({}), KeyError::Malformed),
        (with("x", json!(1)), KeyError::Malformed),
        (with("x", json!("f83OJ3D2")), KeyError::Malformed),
        (with("y", Value::Null), KeyError::Malformed),
        (
            with("x", json!(base64url(&[&[0][..], &coordinate].concat()))),
            KeyError::Malformed,
        ),
        (
            with("d", json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")),
            KeyError::Private,
        ),
        (with("use", json!("enc")), KeyError::Use),
        (with("alg", json!("ES384")), KeyError::Unsupported),
        (with("alg", json!("none")), KeyError::Unsupported),
        (with("crv", json!("P-521")), KeyError::Unsupported),
        (
            json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}),
            KeyError::Unsupported,
        ),
        (
            json!({"kty": "RSA", "n": short_rsa, "e": "AQAB"}),
            KeyError::Malformed,
        ),
        (
            json!({"kty": "RSA", "n": padded_rsa, "e": "AQAB"}),
            KeyError::Malformed,
        ),
    ] {
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), error, "{jwk}");
    }
    assert!(VerifyingKey::from_jwk(&with("kid", json!("mine"))).is_ok_and(|k| k.kid() == "mine"));
}

#[test]
fn debug_shows_no_key() {
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, RFC_8037_A1).unwrap();
    assert_eq!(
        format!("{key:?}"),
        r#"SigningKey { algorithm: EdDsa, kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", .. }"#,
    );
}

#[test]
fn an_algorithm_is_written_and_read_by_its_name() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
        assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.as_str());
    }
    for name in ["", "es256", "HS256", "none"] {
        assert_eq!(name.parse::<Algorithm>(), Err(KeyError::Unsupported));
    }
}
