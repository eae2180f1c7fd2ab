//! What is signed, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::crypto::{hash::base64url, keys::Algorithm};

const RFC_7515_A2: &[u8] = include_bytes!("../testdata/rfc7515_a2.pk8");

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

/// A token with any header and claims, rightly signed by `key`.
fn signed(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        base64url(header.as_bytes()),
        base64url(claims.as_bytes())
    );
    let signature = base64url(&key.sign(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}

fn verified(token: &str, key: &SigningKey) -> Result<Value, Refused> {
    verify(token, &["at+jwt"], &[key.verifying_key()])
}

#[test]
fn a_token_of_each_algorithm_is_signed_and_verified() {
    let rsa = SigningKey::from_pkcs8(Algorithm::Rs256, RFC_7515_A2).unwrap();
    for key in [key(), SigningKey::generate(Algorithm::EdDsa).unwrap(), rsa] {
        let claims = json!({"sub": "alice", "exp": 1, "nbf": i64::MAX, "aud": ["a", "b"]});
        let token = sign(&key, "at+jwt", &claims).unwrap();
        assert_eq!(verified(&token, &key), Ok(claims), "{key:?}");
    }
}

#[test]
fn the_header_has_typ_alg_and_kid() {
    let key = key();
    let token = sign(&key, "at+jwt", &json!({})).unwrap();
    let text = hash::from_base64url(token.split('.').next().unwrap()).unwrap();
    let expected = format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"}}"#, key.kid());
    assert_eq!(str::from_utf8(&text), Ok(&*expected));
    assert_eq!(
        header(&token),
        Some(Header {
            alg: "ES256".to_owned(),
            typ: Some("at+jwt".to_owned()),
            kid: Some(key.kid().to_owned()),
            crit: false,
        })
    );
}

#[test]
fn typ_is_a_media_type() {
    let key = key();
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
    ] {
        let token = sign(&key, typ, &json!({})).unwrap();
        assert_eq!(verified(&token, &key), Ok(json!({})), "{typ}");
    }
    for typ in [
        "",
        "JWT",
        "at+jwt ",
        "application/",
        "application/application/at+jwt",
        "é+jwt",
    ] {
        let token = sign(&key, typ, &json!({})).unwrap();
        assert_eq!(verified(&token, &key), Err(Refused::Type), "{typ}");
    }
    let token = sign(&key, "logout+jwt", &json!({})).unwrap();
    let keys = [key.verifying_key()];
    assert_eq!(
        verify(&token, &["at+jwt", "logout+jwt"], &keys),
        Ok(json!({}))
    );
    assert_eq!(verify::<Value>(&token, &[], &keys), Err(Refused::Type));
}

/// Each of these is signed by the key that it is checked with: what is wrong is the header.
#[test]
fn a_header_that_does_not_fit_is_refused() {
    let key = key();
    for (header, refused) in [
        (
            r#"{"alg":"ES256","typ":"at+jwt","kid":"KID","crit":["exp"]}"#,
            Refused::Malformed,
        ),
        (
            r#"{"alg":"ES256","typ":"at+jwt","kid":"KID","crit":null}"#,
            Refused::Malformed,
        ),
        (
            r#"{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"KID"}"#,
            Refused::Malformed,
        ),
        (r#"{"typ":"at+jwt","kid":"KID"}"#, Refused::Malformed),
        (r#"["ES256","at+jwt","KID",false]"#, Refused::Malformed),
        ("ES256", Refused::Malformed),
        (r#"{"alg":"ES256","kid":"KID"}"#, Refused::Type),
        (r#"{"alg":"ES256","typ":"at+jwt"}"#, Refused::Key),
        (
            r#"{"alg":"ES256","typ":"at+jwt","kid":"other"}"#,
            Refused::Key,
        ),
        (
            r#"{"alg":"none","typ":"at+jwt","kid":"KID"}"#,
            Refused::Algorithm,
        ),
        (
            r#"{"alg":"HS256","typ":"at+jwt","kid":"KID"}"#,
            Refused::Algorithm,
        ),
        (
            r#"{"alg":"ES384","typ":"at+jwt","kid":"KID"}"#,
            Refused::Algorithm,
        ),
        (
            r#"{"alg":"es256","typ":"at+jwt","kid":"KID"}"#,
            Refused::Algorithm,
        ),
    ] {
        let token = signed(&key, &header.replace("KID", key.kid()), "{}");
        assert_eq!(verified(&token, &key), Err(refused), "{header}");
    }
}

#[test]
fn a_token_that_is_not_the_signed_one_is_refused() {
    let key = key();
    let token = sign(&key, "at+jwt", &json!({"sub": "alice"})).unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    let other = base64url(br#"{"sub":"mallory"}"#);
    for (changed, refused) in [
        (format!("{header}.{other}.{signature}"), Refused::Signature),
        (format!("{header}.{claims}."), Refused::Signature),
        (
            format!("{header}.{claims}.{}", base64url(&[0; 64])),
            Refused::Signature,
        ),
        (
            format!("{header}.{claims}.{}", &signature[4..]),
            Refused::Signature,
        ),
        (
            format!("{header}.{claims}.{signature}="),
            Refused::Malformed,
        ),
        (format!("{header}.{claims}"), Refused::Malformed),
        (format!("{token}."), Refused::Malformed),
        (format!(" {token}"), Refused::Malformed),
        (String::new(), Refused::Malformed),
        ("..".to_owned(), Refused::Malformed),
    ] {
        assert_eq!(verified(&changed, &key), Err(refused), "{changed}");
    }
}

#[test]
fn a_key_of_another_algorithm_with_the_same_kid_is_passed_over() {
    let key = key();
    let mut jwk = SigningKey::generate(Algorithm::EdDsa)
        .unwrap()
        .public_jwk()
        .clone();
    jwk["kid"] = key.kid().into();
    let other = VerifyingKey::from_jwk(&jwk).unwrap();
    let token = sign(&key, "at+jwt", &json!({})).unwrap();
    assert_eq!(
        verify(&token, &["at+jwt"], &[other.clone(), key.verifying_key()]),
        Ok(json!({}))
    );
    assert_eq!(
        verify::<Value>(&token, &["at+jwt"], &[other]),
        Err(Refused::Algorithm)
    );
}

#[test]
fn claims_of_another_shape_are_refused() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Claims {
        sub: String,
    }
    let key = key();
    let keys = [key.verifying_key()];
    for (claims, refused) in [
        (json!({}), Refused::Claims),
        (json!({"sub": 1}), Refused::Claims),
        (json!("alice"), Refused::Malformed),
        (
            json!(["alice", 1, "alice", "alice", "alice"]),
            Refused::Malformed,
        ),
    ] {
        let token = sign(&key, "at+jwt", &claims).unwrap();
        assert_eq!(
            verify::<Claims>(&token, &["at+jwt"], &keys),
            Err(refused),
            "{claims}"
        );
    }
    let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, key.kid());
    let twice = signed(&key, &header, r#"{"sub":"alice","sub":"mallory"}"#);
    assert_eq!(
        verify::<Claims>(&twice, &["at+jwt"], &keys),
        Err(Refused::Claims)
    );
}

#[test]
fn claims_that_are_not_json_are_not_signed() {
    let unwritable = std::collections::BTreeMap::from([((), "a key that is not a text")]);
    assert_eq!(sign(&key(), "at+jwt", &unwritable), Err(KeyError::Claims));
}

#[test]
fn a_token_above_16_kib_is_not_looked_at() {
    let key = key();
    let token = sign(&key, "at+jwt", &json!({"filler": "a".repeat(LONGEST)})).unwrap();
    assert_eq!(header(&token), None);
    assert_eq!(unverified_claims::<Value>(&token), None);
    assert_eq!(verified(&token, &key), Err(Refused::Malformed));
}

#[test]
fn claims_can_be_shown_without_a_key() {
    let token = sign(&key(), "at+jwt", &json!({"sub": "alice"})).unwrap();
    assert_eq!(unverified_claims(&token), Some(json!({"sub": "alice"})));
    assert_eq!(unverified_claims::<Value>("not a token"), None);
}
