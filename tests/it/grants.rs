//! The token endpoint's grants and what their tokens are good for.

use serde_json::{Value, json};

use crate::support::{Answer, Server, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";

fn web_client(server: &Server) {
    server.public_client("web", "openid profile email offline_access keyfob:delegate");
}

fn redeem(server: &Server, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    server.form(TOKEN, None, &fields)
}

fn refresh(server: &Server, token: &Value) -> Answer {
    let token = token.as_str().unwrap();
    server.form(
        TOKEN,
        None,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", token),
        ],
    )
}

fn userinfo(server: &Server, token: &Value) -> Answer {
    server.get(
        "/api/v1/oauth/userinfo",
        &[(
            "authorization",
            &format!("Bearer {}", token.as_str().unwrap()),
        )],
    )
}

#[test]
fn a_code_is_exchanged_and_its_tokens_work() {
    let server = Server::start();
    web_client(&server);
    server.user("u-ola", |_| {});
    let answer = redeem(
        &server,
        &server.code("web", "u-ola", "openid profile email offline_access"),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());
    let user = userinfo(&server, &tokens["access_token"]);
    assert_eq!(user.status, 200, "{}", user.text);
    let user = user.json();
    assert_eq!(user["sub"], "u-ola");
    assert_eq!(user["name"], "Ola Nordmann");
    assert_eq!(user["email"], "u-ola@example.com");
    assert_eq!(user["registered_at"], "2022-04-13T15:42:05.901Z");
}

// RFC 6750 §2.2, §2: in the form of a POST, and in one way only (rule B79).
#[test]
fn a_token_in_the_form_counts_beside_no_other() {
    let server = Server::start();
    web_client(&server);
    server.user("u-ola", |_| {});
    let tokens = redeem(&server, &server.code("web", "u-ola", "openid")).json();
    let token = tokens["access_token"].as_str().unwrap();
    let bearer = format!("Bearer {token}");
    let form = format!("access_token={token}");
    let urlencoded = ("content-type", "application/x-www-form-urlencoded");
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, u16);
    let rows: &[Row] = &[
        (&[urlencoded], &form, 200),
        (&[urlencoded, ("authorization", &bearer)], "a=b", 200),
        (&[urlencoded, ("authorization", &bearer)], &form, 400),
        (&[urlencoded, ("refreshed-token", token)], &form, 400),
        (&[urlencoded], &format!("{form}&{form}"), 400),
        (&[urlencoded], "access_token=x", 401),
        (&[("content-type", "text/plain")], &form, 401),
    ];
    for (headers, body, status) in rows {
        let answer = server.send(
            "POST",
            "/api/v1/oauth/userinfo",
            headers,
            Some(body.as_bytes()),
        );
        assert_eq!(answer.status, *status, "{headers:?}: {}", answer.text);
    }
}

// RFC 6749 §4.1.2: a second use is refused and ends what came of the first.
#[test]
fn a_code_used_twice_ends_what_came_of_it() {
    let server = Server::start();
    web_client(&server);
    server.user("u-ola", |_| {});
    let code = server.code("web", "u-ola", "openid offline_access");
    let tokens = redeem(&server, &code).json();
    assert_eq!(
        redeem(&server, &code).refusal(),
        (400, "invalid_grant".into())
    );
    assert_eq!(
        userinfo(&server, &tokens["access_token"]).refusal(),
        (401, "invalid_token".into())
    );
    assert_eq!(
        refresh(&server, &tokens["refresh_token"]).refusal(),
        (400, "invalid_grant".into())
    );
}

// RFC 9700 §4.14.2
#[test]
fn an_old_refresh_token_ends_the_family() {
    let server = Server::start();
    web_client(&server);
    server.user("u-ola", |_| {});
    let first = redeem(
        &server,
        &server.code("web", "u-ola", "openid offline_access"),
    )
    .json();
    let second = refresh(&server, &first["refresh_token"]).json();
    let third = refresh(&server, &second["refresh_token"]).json();
    assert_eq!(
        refresh(&server, &first["refresh_token"]).refusal(),
        (400, "invalid_grant".into())
    );
    assert_eq!(
        refresh(&server, &third["refresh_token"]).refusal(),
        (400, "invalid_grant".into())
    );
    assert_eq!(
        userinfo(&server, &third["access_token"]).refusal(),
        (401, "invalid_token".into())
    );
}

// Rule B54; OIDC Core §11: both the scope and the registration, or silently none.
#[test]
fn a_refresh_token_needs_offline_access_and_the_grant() {
    let server = Server::start();
    server.user("u-ola", |_| {});
    let rows: [(&str, &str, &[&str]); 3] = [
        ("openid", "openid offline_access", &["authorization_code"]),
        (
            "offline",
            "openid",
            &["authorization_code", "refresh_token"],
        ),
        (
            "both",
            "openid offline_access",
            &["authorization_code", "refresh_token"],
        ),
    ];
    for (client_id, scope, grant_types) in rows {
        server.client(
            client_id,
            json!({"grant_types": grant_types, "token_endpoint_auth_method": "none",
                   "redirect_uris": ["https://app.example/cb"], "scope": "openid offline_access"}),
        );
        let code = server.code(client_id, "u-ola", scope);
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ];
        let answer = server.form(TOKEN, None, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let is_there = answer.json().get("refresh_token").is_some();
        assert_eq!(is_there, client_id == "both", "{client_id}");
    }
}

// Rule B50; RFC 9700 §4.14.2
#[test]
fn a_refresh_token_ends_when_nobody_uses_it_and_each_use_begins_anew() {
    use keyfob::domain::time::Lifetime;
    let server = Server::start_with(|told| {
        told.live.refresh_token_idle_lifetime = Lifetime::days(2);
    });
    web_client(&server);
    server.user("u-ola", |_| {});
    let code = server.code("web", "u-ola", "openid offline_access");
    let mut tokens = redeem(&server, &code).json();
    for _ in 0..2 {
        server.clock.advance(Lifetime::hours(47));
        let answer = refresh(&server, &tokens["refresh_token"]);
        assert_eq!(answer.status, 200, "{}", answer.text);
        tokens = answer.json();
    }
    let code = server.code("web", "u-ola", "openid offline_access");
    let unused = redeem(&server, &code).json();
    server.clock.advance(Lifetime::days(2));
    let answer = refresh(&server, &unused["refresh_token"]);
    assert_eq!(answer.refusal(), (400, "invalid_grant".into()), "unused");
}

#[test]
fn a_spoilt_code_exchange_is_refused_with_its_code() {
    let server = Server::start();
    web_client(&server);
    server.client(
        "other",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"}),
    );
    server.user("u-ola", |_| {});
    let code = || server.code("web", "u-ola", "openid");
    let wrong = "x".repeat(43);
    let rows = [
        (
            "another client (RFC 6749 §5.2)",
            vec![
                ("client_id", "other".into()),
                ("code", code()),
                ("code_verifier", VERIFIER.into()),
            ],
            "invalid_grant",
        ),
        (
            "wrong verifier (RFC 7636 §4.6)",
            vec![
                ("client_id", "web".into()),
                ("code", code()),
                ("code_verifier", wrong),
            ],
            "invalid_grant",
        ),
        (
            "no verifier (RFC 7636 §4.5)",
            vec![("client_id", "web".into()), ("code", code())],
            "invalid_grant",
        ),
        (
            "short verifier (RFC 7636 §4.1)",
            vec![
                ("client_id", "web".into()),
                ("code", code()),
                ("code_verifier", "x".into()),
            ],
            "invalid_request",
        ),
        (
            "other redirect_uri",
            vec![
                ("client_id", "web".into()),
                ("code", code()),
                ("code_verifier", VERIFIER.into()),
                ("redirect_uri", "https://app.example/x".into()),
            ],
            "invalid_grant",
        ),
        (
            "no code",
            vec![
                ("client_id", "web".into()),
                ("code_verifier", VERIFIER.into()),
            ],
            "invalid_request",
        ),
        (
            "garbage",
            vec![
                ("client_id", "web".into()),
                ("code", "x".into()),
                ("code_verifier", VERIFIER.into()),
            ],
            "invalid_grant",
        ),
    ];
    for (name, fields, error) in rows {
        let mut fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fields.push(("grant_type", "authorization_code"));
        assert_eq!(
            server.form(TOKEN, None, &fields).refusal(),
            (400, error.to_owned()),
            "{name}"
        );
    }
}

#[test]
fn a_client_that_cannot_prove_itself_is_refused() {
    let server = Server::start();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "scope": "openid", "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let grant = [("grant_type", "client_credentials")];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &grant)
            .status,
        200
    );
    let wrong = server.form(TOKEN, Some(("service", "wrong")), &grant);
    assert_eq!(wrong.refusal(), (401, "invalid_client".into()));
    assert!(
        wrong
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic ")
    );
    let unknown = server.form(TOKEN, Some(("nobody", "wrong")), &grant);
    assert_eq!(
        (unknown.refusal(), &unknown.text),
        (wrong.refusal(), &wrong.text)
    );
    let twice = [grant[0], ("client_secret", secret.as_str())];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &twice)
            .refusal(),
        (400, "invalid_request".into())
    );
    let repeated = [grant[0], grant[0]];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &repeated)
            .refusal(),
        (400, "invalid_request".into())
    );
    let unknown = [("grant_type", "password")];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &unknown)
            .refusal(),
        (400, "unsupported_grant_type".into())
    );
    let not_registered = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &not_registered)
            .refusal(),
        (400, "unauthorized_client".into())
    );
    let wide = [grant[0], ("scope", "openid email")];
    assert_eq!(
        server
            .form(TOKEN, Some(("service", &secret)), &wide)
            .refusal(),
        (400, "invalid_scope".into())
    );
}

#[test]
fn a_delegated_token_ends_with_its_callers_token() {
    let server = Server::start();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "scope": "openid profile keyfob:delegate",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    server.user("u-ola", |_| {});
    server.user("u-root", |user| user.admin = true);
    server.user("u-safe", |user| user.allow_delegation = false);
    let token = server
        .form(
            TOKEN,
            Some(("service", &secret)),
            &[("grant_type", "client_credentials")],
        )
        .json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let ask = |body: Value| {
        server.json(
            "/api/v1/oauth/delegated-token",
            &[("authorization", &bearer)],
            &body,
        )
    };
    let delegated = ask(json!({"sub": "u-ola"}));
    assert_eq!(delegated.status, 200, "{}", delegated.text);
    assert_eq!(delegated.json()["scope"], "openid profile");
    assert_eq!(
        userinfo(&server, &delegated.json()["access_token"]).json()["sub"],
        "u-ola"
    );
    let rows = [
        (json!({"sub": "u-root"}), 403, "access_denied"),
        (json!({"sub": "u-safe"}), 403, "access_denied"),
        (json!({"sub": "u-nobody"}), 400, "invalid_request"),
        (
            json!({"sub": "u-ola", "team_id": "none"}),
            400,
            "invalid_request",
        ),
        (
            json!({"sub": "u-ola", "scopes": ["email"]}),
            400,
            "invalid_scope",
        ),
    ];
    for (body, status, error) in rows {
        assert_eq!(
            ask(body.clone()).refusal(),
            (status, error.to_owned()),
            "{body}"
        );
    }
    let introspect = |token: &Value| {
        let fields = [("token", token.as_str().unwrap())];
        server
            .form(
                "/api/v1/oauth/introspect",
                Some(("service", &secret)),
                &fields,
            )
            .json()
    };
    assert_eq!(
        introspect(&delegated.json()["access_token"])["act"],
        json!({"sub": "service"})
    );
    let fields = [("token", token["access_token"].as_str().unwrap())];
    assert_eq!(
        server
            .form("/api/v1/oauth/revoke", Some(("service", &secret)), &fields)
            .status,
        200
    );
    assert_eq!(
        introspect(&delegated.json()["access_token"]),
        json!({"active": false})
    );
}

#[test]
fn the_way_back_from_acting_for_somebody_must_have_been_asked_for() {
    let server = Server::start();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "scope": "openid profile keyfob:delegate",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    server.user("u-ola", |_| {});
    let token = server
        .form(
            TOKEN,
            Some(("service", &secret)),
            &[("grant_type", "client_credentials")],
        )
        .json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let principal = |scopes: Value| {
        let body = json!({"sub": "u-ola", "scopes": scopes});
        let delegated = server
            .json(
                "/api/v1/oauth/delegated-token",
                &[("authorization", &bearer)],
                &body,
            )
            .json();
        let bearer = format!("Bearer {}", delegated["access_token"].as_str().unwrap());
        server.get(
            "/api/v1/oauth/principal-token",
            &[("authorization", &bearer)],
        )
    };
    assert_eq!(
        principal(json!(["openid"])).refusal(),
        (403, "insufficient_scope".into())
    );
    let back = principal(json!(["openid", "keyfob:principal"]));
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!(back.json()["scope"], "openid");
    let fields = [(
        "token",
        back.json()["access_token"].as_str().unwrap().to_owned(),
    )];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let claims = server
        .form(
            "/api/v1/oauth/introspect",
            Some(("service", &secret)),
            &fields,
        )
        .json();
    assert_eq!(claims["sub"], "service");
    assert_eq!(claims.get("act"), None);
}

// RFC 6750 §3.1
#[test]
fn a_caller_without_credentials_gets_a_challenge_without_an_error_code() {
    let server = Server::start();
    let answer = server.get("/api/v1/oauth/userinfo", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        Some(r#"Bearer realm="keyfob""#)
    );
    let expired = server.get(
        "/api/v1/oauth/userinfo",
        &[("authorization", "Bearer x.y.z")],
    );
    assert_eq!(expired.refusal(), (401, "invalid_token".into()));
    assert!(
        expired
            .header("www-authenticate")
            .unwrap()
            .contains(r#"error="invalid_token""#)
    );
}
