//! What an access token opens here, and what it does not (RFC 6750, RFC 9068 §4).

use keyfob::{
    admin::{clients, users},
    domain::time::Lifetime,
};
use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER, change};

const USERINFO: &str = "/api/v1/oauth/userinfo";
const NOTES: &str = "https://api.example.com/notes";

fn ready() -> Server {
    let server = Server::start();
    server.resource(NOTES, "notes:read", None);
    server.user("u-ola", |_| {});
    server.public_client("web", "openid profile offline_access notes:read");
    server
}

fn tokens(server: &Server, scope: &str, resources: &[&str]) -> Value {
    let code = server.code_for("web", "u-ola", scope, resources);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form("/api/v1/oauth/token", None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn access_token(server: &Server, scope: &str) -> String {
    tokens(server, scope, &[])["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn userinfo(server: &Server, authorization: &str) -> Answer {
    server.get(USERINFO, &[("authorization", authorization)])
}

// Rules B77 and B78; RFC 6750 §3, §3.1
#[test]
fn a_token_that_no_longer_counts_is_invalid() {
    type End = fn(&Server, &Value);
    let rows: [(&str, End); 7] = [
        ("it has expired", |server, _| {
            server.clock.advance(Lifetime(3600));
        }),
        ("it was revoked", |server, tokens| {
            revoke(server, &tokens["access_token"]);
        }),
        ("its grant was revoked", |server, tokens| {
            revoke(server, &tokens["refresh_token"]);
        }),
        ("its user is disabled", |server, _| {
            let input = users::UserInput {
                disabled: Some(true),
                ..Default::default()
            };
            let input = input.check(None).unwrap();
            change(server, move |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::user::User>(tx, by, "u-ola", input)
            });
        }),
        ("its user is deleted", |server, _| {
            change(server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::user::User>(tx, by, "u-ola")
            });
        }),
        ("its client is disabled", |server, _| {
            let input = clients::ClientInput {
                disabled: Some(true),
                ..Default::default()
            };
            let input = input.check(None).unwrap();
            change(server, move |tx, by| {
                keyfob::admin::object::update::<keyfob::domain::client::Client>(
                    tx, by, "web", input,
                )
            });
        }),
        ("its client is deleted", |server, _| {
            change(server, |tx, by| {
                keyfob::admin::deletion::delete::<keyfob::domain::client::Client>(tx, by, "web")
            });
        }),
    ];
    for (case, end) in rows {
        let server = ready();
        let tokens = tokens(&server, "openid offline_access", &[]);
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(userinfo(&server, &bearer).status, 200, "{case}");
        end(&server, &tokens);
        let answer = userinfo(&server, &bearer);
        assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{case}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{case}: {challenge}"
        );
    }
}

// Rule B52. Disabling writes revocations, too; whatever else switches one off, such as a file put
// in place, must end its tokens all the same.
#[test]
fn a_client_or_user_that_is_off_is_off_without_a_revocation() {
    let server = ready();
    let tokens = tokens(&server, "openid offline_access", &[]);
    let refresh = || {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        server.form("/api/v1/oauth/token", None, &fields)
    };
    let write = |sql: &str| {
        let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
        assert_eq!(file.execute(sql, []).unwrap(), 1);
        server.app.refresh_directory().unwrap();
    };
    write("UPDATE users SET disabled = 1 WHERE sub = 'u-ola'");
    assert_eq!(refresh().refusal(), (400, "invalid_grant".into()));
    write("UPDATE users SET disabled = 0 WHERE sub = 'u-ola'");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(userinfo(&server, &bearer).status, 200);
    write("UPDATE clients SET disabled = 1 WHERE client_id = 'web'");
    let refused = userinfo(&server, &bearer);
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
}

fn revoke(server: &Server, token: &Value) {
    let fields = [("client_id", "web"), ("token", token.as_str().unwrap())];
    assert_eq!(
        server.form("/api/v1/oauth/revoke", None, &fields).status,
        200
    );
}

// Rules B78, P10; RFC 8725 §3.11, RFC 9068 §4: no other kind of token passes for one.
#[test]
fn what_is_no_access_token_opens_nothing() {
    let server = ready();
    let tokens = tokens(&server, "openid offline_access", &[]);
    let access = tokens["access_token"].as_str().unwrap();
    let parts: Vec<&str> = access.split('.').collect();
    let unsigned = keyfob::crypto::hash::base64url(br#"{"alg":"none","typ":"at+jwt"}"#);
    let code = server.code("web", "u-ola", "openid");
    let session = server
        .signed_in("u-ola")
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    let rows = [
        (
            "an ID token",
            tokens["id_token"].as_str().unwrap().to_owned(),
        ),
        (
            "a refresh token",
            tokens["refresh_token"].as_str().unwrap().to_owned(),
        ),
        ("a code", code),
        ("a session", session),
        ("alg none", format!("{unsigned}.{}.", parts[1])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "claims changed",
            format!("{}.x{}.{}", parts[0], parts[1], parts[2]),
        ),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("garbage", "x".into()),
    ];
    for (case, token) in rows {
        for path in [USERINFO, "/api/v1/oauth/principal-token"] {
            let answer = server.get(path, &[("authorization", &format!("Bearer {token}"))]);
            assert_eq!(
                answer.refusal(),
                (401, "invalid_token".into()),
                "{case} at {path}"
            );
        }
    }
}

// Rule B78; RFC 6750 §3.1
#[test]
fn a_token_without_the_scope_is_told_which_one() {
    let server = ready();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "scope": "profile", "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let fields = [("grant_type", "client_credentials")];
    let service = server
        .form("/api/v1/oauth/token", Some(("service", &secret)), &fields)
        .json();
    for (case, token) in [
        ("without openid", access_token(&server, "profile")),
        (
            "of a client",
            service["access_token"].as_str().unwrap().to_owned(),
        ),
    ] {
        let answer = userinfo(&server, &format!("Bearer {token}"));
        assert_eq!(
            answer.refusal(),
            (403, "insufficient_scope".into()),
            "{case}"
        );
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(r#"error="insufficient_scope""#),
            "{case}: {challenge}"
        );
        assert!(
            challenge.ends_with(r#", scope="openid""#),
            "{case}: {challenge}"
        );
    }
}

// Rule B79; RFC 6750 §2, §2.1, OAuth 2.1 §5.2.1
#[test]
fn a_token_comes_in_one_way_and_never_in_the_query() {
    let server = ready();
    let token = access_token(&server, "openid");
    let bearer = format!("Bearer {token}");
    let in_query = format!("{USERINFO}?access_token={token}");
    let alone = server.get(&in_query, &[]);
    assert_eq!(alone.status, 401);
    assert_eq!(
        alone.header("www-authenticate"),
        Some(r#"Bearer realm="keyfob""#)
    );
    let rows: [(&str, &str, &str, u16, &str); 9] = [
        (
            "header and query",
            &in_query,
            &bearer,
            400,
            "invalid_request",
        ),
        (
            "header and an empty one in the query",
            "/api/v1/oauth/userinfo?access_token=",
            &bearer,
            400,
            "invalid_request",
        ),
        (
            "two tokens",
            USERINFO,
            &format!("{bearer} {token}"),
            400,
            "invalid_request",
        ),
        ("no token", USERINFO, "Bearer ", 400, "invalid_request"),
        (
            "the scheme alone",
            USERINFO,
            "Bearer",
            400,
            "invalid_request",
        ),
        (
            "another scheme",
            USERINFO,
            "Basic eDp5",
            400,
            "invalid_request",
        ),
        (
            "outside the alphabet",
            USERINFO,
            "Bearer x,y",
            400,
            "invalid_request",
        ),
        (
            "bEARER (RFC 9110 §11.1)",
            USERINFO,
            &format!("bEARER {token}"),
            200,
            "",
        ),
        (
            "other parameters in the query",
            "/api/v1/oauth/userinfo?x=access_token",
            &bearer,
            200,
            "",
        ),
    ];
    for (case, path, authorization, status, error) in rows {
        let answer = server.get(path, &[("authorization", authorization)]);
        let refusal = (status, error.to_owned());
        assert_eq!(answer.refusal(), refusal, "{case}: {}", answer.text);
    }
}

// Rule B80; RFC 9068 §4, RFC 8707 §2
#[test]
fn a_token_must_be_for_this_server() {
    let server = ready();
    let rows = [
        (
            "for the resource alone",
            "notes:read",
            vec![NOTES],
            401,
            "invalid_token",
        ),
        (
            "for both, by openid",
            "openid notes:read",
            vec![NOTES],
            200,
            "",
        ),
        (
            "for this server, without openid",
            "profile",
            vec![],
            403,
            "insufficient_scope",
        ),
    ];
    for (case, scope, resources, status, error) in rows {
        let tokens = tokens(&server, scope, &resources);
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let refusal = (status, error.to_owned());
        assert_eq!(userinfo(&server, &bearer).refusal(), refusal, "{case}");
    }
}
