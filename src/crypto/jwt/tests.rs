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

fn foreign<'a>(typ: &'a [Option<&'a str>]) -> Foreign<'a> {
    Foreign {
        typ,
        algorithm: None,
    }
}

#[test]
fn a_foreign_token_may_leave_out_typ_and_kid_but_not_lie_about_them() {
    let (mine, other) = (key(), key());
    let keys = [other.verifying_key(), mine.verifying_key()];
    let typ = [None, Some("JWT"), Some("client-authentication+jwt")];
    for (header, expected) in [
        (r#"{"alg":"ES256"}"#, Ok(json!({}))),
        (r#"{"alg":"ES256","typ":"jwt","kid":"KID"}"#, Ok(json!({}))),
        (
            r#"{"alg":"ES256","typ":"client-authentication+jwt"}"#,
            Ok(json!({})),
        ),
        (r#"{"alg":"ES256","typ":"dpop+jwt"}"#, Err(Refused::Type)),
        (r#"{"alg":"ES256","typ":""}"#, Err(Refused::Type)),
        (r#"{"alg":"ES256","kid":"OTHER"}"#, Err(Refused::Signature)),
        (r#"{"alg":"ES256","kid":"unknown"}"#, Err(Refused::Key)),
        (r#"{"alg":"EdDSA"}"#, Err(Refused::Key)),
        (r#"{"alg":"HS256"}"#, Err(Refused::Key)),
        (r#"{"alg":"none"}"#, Err(Refused::Key)),
        (r#"{"alg":"none","kid":"KID"}"#, Err(Refused::Algorithm)),
        (
            r#"{"alg":"ES256","crit":["b64"],"b64":true}"#,
            Err(Refused::Malformed),
        ),
    ] {
        let filled = header.replace("KID", mine.kid());
        let token = signed(&mine, &filled.replace("OTHER", other.kid()), "{}");
        let got: Result<Value, _> = verify_foreign(&token, &foreign(&typ), &keys);
        assert_eq!(got, expected, "{header}");
    }
    let token = signed(&mine, r#"{"alg":"ES256"}"#, "{}");
    let untyped: Result<Value, _> = verify_foreign(&token, &foreign(&[Some("JWT")]), &keys);
    assert_eq!(untyped, Err(Refused::Type));
    let only_eddsa = Foreign {
        algorithm: Some("EdDSA"),
        ..foreign(&typ)
    };
    let other_algorithm: Result<Value, _> = verify_foreign(&token, &only_eddsa, &keys);
    assert_eq!(other_algorithm, Err(Refused::Algorithm));
}

// RFC 9864 §2.2: Ed25519 is what EdDSA with that curve is called now.
#[test]
fn a_foreign_token_may_name_eddsa_by_its_curve() {
    let mine = SigningKey::generate(Algorithm::EdDsa).unwrap();
    for (in_header, in_jwk, only, passes) in [
        ("Ed25519", "Ed25519", None, true),
        ("Ed25519", "EdDSA", Some("EdDSA"), true),
        ("EdDSA", "Ed25519", Some("Ed25519"), true),
        ("Ed448", "EdDSA", None, false),
        ("Ed25519", "EdDSA", Some("ES256"), false),
        ("Ed25519", "EdDSA", Some("Ed448"), false),
    ] {
        let token = signed(&mine, &format!(r#"{{"alg":"{in_header}"}}"#), "{}");
        let mut jwk = mine.public_jwk().clone();
        jwk["alg"] = in_jwk.into();
        let keys = VerifyingKey::of_key_set(&json!({"keys": [jwk]}));
        let expected = Foreign {
            algorithm: only,
            ..foreign(&[None])
        };
        let got: Result<Value, _> = verify_foreign(&token, &expected, &keys);
        assert_eq!(got.is_ok(), passes, "{in_header} {in_jwk} {only:?} {got:?}");
    }
}

// RFC 7518 §3.5: FAPI names PS256. An RSA key without `alg` checks both of its algorithms.
#[test]
fn a_foreign_rsa_key_is_used_as_its_owner_says() {
    let mine = SigningKey::from_pkcs8(Algorithm::Rs256, RFC_7515_A2).unwrap();
    let pair = ring::signature::RsaKeyPair::from_pkcs8(RFC_7515_A2).unwrap();
    let message = format!("{}.{}", base64url(br#"{"alg":"PS256"}"#), base64url(b"{}"));
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    pair.sign(
        &ring::signature::RSA_PSS_SHA256,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let ps256 = format!("{message}.{}", base64url(&signature));
    let rs256 = signed(&mine, r#"{"alg":"RS256"}"#, "{}");
    for (alg, takes_rs256, takes_ps256) in [
        (Value::Null, true, true),
        (json!("RS256"), true, false),
        (json!("PS256"), false, true),
        (json!("ES256"), false, false),
    ] {
        let mut jwk = mine.public_jwk().clone();
        jwk["alg"] = alg.clone();
        let keys = VerifyingKey::of_key_set(&json!({"keys": [{"kty": "x"}, jwk, 7]}));
        for (token, takes) in [(&rs256, takes_rs256), (&ps256, takes_ps256)] {
            let got: Result<Value, _> = verify_foreign(token, &foreign(&[None]), &keys);
            assert_eq!(got.is_ok(), takes, "{alg} {got:?}");
        }
    }
    let mut private = mine.public_jwk().clone();
    private["d"] = "AQAB".into();
    assert!(VerifyingKey::of_key_set(&json!({"keys": [private]})).is_empty());
    assert!(VerifyingKey::of_key_set(&json!({"keys": {}})).is_empty());
    assert!(VerifyingKey::of_key_set(&json!([])).is_empty());
}

// RFC 7518 §3.3: 2048 bits or more; above 4096, or with a large exponent, a stranger's key costs too much.
#[test]
fn a_foreign_rsa_key_has_2048_to_4096_bits_and_a_small_exponent() {
    let modulus = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= (8 - bits % 8) % 8;
        n
    };
    for (bits, e, usable) in [
        (2048, vec![1, 0, 1], true),
        (2048, vec![3], true),
        (3072, vec![1, 0, 1], true),
        (4096, vec![1, 0, 1], true),
        (2047, vec![1, 0, 1], false),
        (2040, vec![1, 0, 1], false),
        (4097, vec![1, 0, 1], false),
        (4104, vec![1, 0, 1], false),
        (8192, vec![1, 0, 1], false),
        (2048, vec![1], false),
        (2048, vec![1, 0, 3], false),
        (2048, vec![1, 0, 0, 0, 1], false),
        (2048, vec![1, 0xff, 0xff, 0xff, 0xff], false),
        (2048, vec![0, 1, 0, 1], false),
        (2048, vec![], false),
    ] {
        let jwk = json!({"kty": "RSA", "n": base64url(&modulus(bits)), "e": base64url(&e)});
        let keys = VerifyingKey::of_key_set(&json!({"keys": [jwk]}));
        assert_eq!(!keys.is_empty(), usable, "{bits} {e:?}");
    }
}

#[test]
fn of_a_key_set_a_bounded_number_of_keys_is_looked_at() {
    let mine = SigningKey::from_pkcs8(Algorithm::Rs256, RFC_7515_A2).unwrap();
    let set = |count: usize| json!({"keys": vec![mine.public_jwk().clone(); count]});
    assert_eq!(VerifyingKey::of_key_set(&set(20)).len(), 20);
    assert_eq!(VerifyingKey::of_key_set(&set(1000)).len(), 32);
}
