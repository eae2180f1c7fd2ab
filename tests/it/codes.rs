//! Authorization codes at the token endpoint (rules B39 to B42, B43 is in `races`).

use keyfob::{
    domain::{client::Client, name::Subject, time::Lifetime},
    store::{StoreError, grants, revocations, sessions, users},
};
use serde_json::json;

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{Browser, authorize_path, challenge},
};

const TOKEN: &str = "/api/v1/oauth/token";
const CB: &str = "https://app.example/cb";
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A confidential client that may go without PKCE, another one, and Ola, who has allowed both.
struct Codes {
    server: Server,
    secret: String,
    other_secret: String,
}

impl Codes {
    fn start() -> Self {
        let server = Server::start();
        let metadata = json!({"grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [CB],
            "token_endpoint_auth_method": "client_secret_basic", "require_pkce": false,
            "scope": "openid offline_access", "require_consent": false});
        let secret = server.client("app", metadata.clone());
        let other_secret = server.client("other", metadata);
        server.person("ola");
        Self {
            server,
            secret,
            other_secret,
        }
    }

    fn code_with(&self, browser: &mut Browser, changes: Fields) -> String {
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", CB),
            ("scope", "openid offline_access"),
        ];
        for (name, value) in changes {
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        let mut answer = browser.get(&authorize_path(&parameters));
        if answer.leads_to("/login") {
            answer = browser.sign_in(&answer, "ola");
        }
        answer.parameters()["code"].clone()
    }

    /// A code of a request with PKCE.
    fn code(&self) -> String {
        let challenge = challenge();
        let pkce = [
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        self.code_with(&mut Browser::new(&self.server), &pkce)
    }

    fn redeem_as(&self, basic: (&str, &str), code: &str, more: Fields) -> Answer {
        let mut fields = vec![("grant_type", "authorization_code"), ("code", code)];
        fields.extend(more);
        self.server.form(TOKEN, Some(basic), &fields)
    }

    fn redeem(&self, code: &str, more: Fields) -> Answer {
        self.redeem_as(("app", &self.secret), code, more)
    }

    fn is_alive(&self, tokens: &Answer) -> bool {
        let bearer = format!("Bearer {}", tokens.json()["access_token"].as_str().unwrap());
        let headers = [("authorization", bearer.as_str())];
        self.server.get("/api/v1/oauth/userinfo", &headers).status == 200
    }
}

const PROOF: Fields = &[("code_verifier", VERIFIER)];

// RFC 7636 §4.1, §4.6; RFC 9700 §2.1.1 (rule B39)
#[test]
fn a_code_is_proved_by_the_verifier_of_its_challenge_and_by_none_where_there_was_none() {
    let codes = Codes::start();
    let (long, wrong) = ("x".repeat(129), "x".repeat(43));
    let rows: &[(Fields, &str)] = &[
        (&[], "invalid_grant"),
        (&[("code_verifier", &wrong)], "invalid_grant"),
        (&[("code_verifier", "short")], "invalid_request"),
        (&[("code_verifier", &long)], "invalid_request"),
        (
            &[(
                "code_verifier",
                "dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            )],
            "invalid_request",
        ),
    ];
    for (proof, error) in rows {
        let refused = codes.redeem(&codes.code(), proof);
        assert_eq!(refused.refusal(), (400, (*error).to_owned()), "{proof:?}");
    }
    assert_eq!(codes.redeem(&codes.code(), PROOF).status, 200);
    let mut browser = Browser::new(&codes.server);
    let without = codes.code_with(&mut browser, &[]);
    let downgraded = codes.redeem(
        &without,
        &[("code_verifier", VERIFIER), ("redirect_uri", CB)],
    );
    assert_eq!(downgraded.refusal(), (400, "invalid_grant".into()));
}

// OAuth 2.1 §4.1.3: whoever cannot prove the code his own cannot end what came of it (rule B40).
#[test]
fn only_its_owners_second_use_of_a_code_ends_what_came_of_the_first() {
    let codes = Codes::start();
    let code = codes.code();
    let tokens = codes.redeem(&code, PROOF);
    assert_eq!(tokens.status, 200);
    let wrong = "x".repeat(43);
    let thieves = [
        codes.redeem_as(("other", &codes.other_secret), &code, PROOF),
        codes.redeem(&code, &[("code_verifier", &wrong)]),
        codes.redeem(&code, &[]),
    ];
    for refused in thieves {
        assert_eq!(refused.refusal(), (400, "invalid_grant".into()));
        assert!(codes.is_alive(&tokens));
    }
    // The right id with another secret is no code at all.
    let (id, secret) = code.split_once('.').unwrap();
    let forged = format!("{id}.{}", secret.chars().rev().collect::<String>());
    assert_eq!(
        codes.redeem(&forged, PROOF).refusal(),
        (400, "invalid_grant".into())
    );
    assert!(codes.is_alive(&tokens));
    assert_eq!(
        codes.redeem(&code, PROOF).refusal(),
        (400, "invalid_grant".into())
    );
    assert!(!codes.is_alive(&tokens));
    let refresh = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
    ];
    let refused = codes
        .server
        .form(TOKEN, Some(("app", &codes.secret)), &fields);
    assert_eq!(refused.refusal(), (400, "invalid_grant".into()));
}

// RFC 6749 §4.1.2, rule B41: it is good for a minute, for its client, for a user who is still there.
#[test]
fn a_code_dies_with_what_it_hangs_on() {
    type Spoil = fn(&Codes);
    let rows: [(&str, Spoil); 6] = [
        ("expired", |codes| codes.server.clock.advance(Lifetime(60))),
        ("user disabled", |codes| {
            codes.server.user("ola", |user| user.disabled = true);
        }),
        ("user deleted", |codes| {
            let sub = Subject::parse("ola").unwrap();
            let deleted = codes
                .server
                .app
                .store
                .write_blocking(move |tx| users::delete(tx, &sub));
            assert!(deleted.unwrap());
        }),
        ("grant revoked", |codes| {
            let revoked = codes.server.app.store.write_blocking(|tx| {
                let ids = grants::revoke_all(tx, Some("ola"), None)?;
                for id in &ids {
                    revocations::revoke_grant(tx, *id)?;
                }
                Ok::<_, StoreError>(ids.len())
            });
            assert_eq!(revoked.unwrap(), 1);
        }),
        ("client disabled", |codes| {
            codes
                .server
                .alter("app", |client: &mut Client| client.disabled = true);
        }),
        ("signed out", |codes| {
            let ended = codes.server.app.store.write_blocking(|tx| {
                let session = sessions::alive(tx, Some("ola"), None, 1)?.remove(0);
                revocations::end_session(tx, session.id)
            });
            ended.unwrap();
        }),
    ];
    for (case, spoil) in rows {
        let codes = Codes::start();
        let code = codes.code();
        spoil(&codes);
        let refused = codes.redeem(&code, PROOF);
        let expected = if case == "client disabled" {
            (401, "invalid_client")
        } else {
            (400, "invalid_grant")
        };
        assert_eq!(
            refused.refusal(),
            (expected.0, expected.1.to_owned()),
            "{case}"
        );
    }
}

// RFC 6749 §4.1.3; rules D4, B42
#[test]
fn the_redirect_uri_is_compared_where_it_is_sent_and_needed_where_nothing_else_proves_the_code() {
    let codes = Codes::start();
    let mut browser = Browser::new(&codes.server);
    let with_pkce = || codes.code();
    let mut without = || codes.code_with(&mut browser, &[]);
    let elsewhere = "https://app.example/other";
    let rows = [
        (
            "missing, PKCE",
            with_pkce(),
            vec![("code_verifier", VERIFIER)],
            "",
        ),
        (
            "right, PKCE",
            with_pkce(),
            vec![("code_verifier", VERIFIER), ("redirect_uri", CB)],
            "",
        ),
        (
            "wrong, PKCE",
            with_pkce(),
            vec![("code_verifier", VERIFIER), ("redirect_uri", elsewhere)],
            "invalid_grant",
        ),
        ("missing, no PKCE", without(), vec![], "invalid_request"),
        ("right, no PKCE", without(), vec![("redirect_uri", CB)], ""),
        (
            "wrong, no PKCE",
            without(),
            vec![("redirect_uri", elsewhere)],
            "invalid_grant",
        ),
    ];
    for (case, code, fields, error) in rows {
        let answer = codes.redeem(&code, &fields);
        let found = answer.json()["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(found, error, "{case}");
    }
}
