//! What a client may do with its own registration (RFC 7592).

use keyfob::{
    app::upkeep,
    config::Registration,
    domain::{time::Lifetime, trusted_issuer::TrustedIssuer},
    store::{Tx, objects::Stored},
};
use serde_json::{Value, json};

use super::{REGISTER, TOKEN, post, server, web};
use crate::support::{Answer, Server, VERIFIER};

/// One request to a client's own address.
fn manage(
    server: &Server,
    method: &str,
    client: &Value,
    token: &Value,
    body: Option<&Value>,
) -> Answer {
    let uri = client["registration_client_uri"].as_str().unwrap();
    let path = uri.strip_prefix(&server.url).unwrap();
    let authorization = format!("Bearer {}", token.as_str().unwrap());
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let body = body.map(|body| body.to_string().into_bytes());
    server.send(method, path, &headers, body.as_deref())
}

// RFC 7592 §2; rule B85.
#[test]
fn a_client_reads_changes_and_deletes_its_own_registration() {
    let server = server(Registration::Open);
    let client = post(&server, &web()).json();
    let server = server.restart();
    let token = &client["registration_access_token"];
    let read = manage(&server, "GET", &client, token, None);
    assert_eq!(
        (read.status, read.header("cache-control")),
        (200, Some("no-store"))
    );
    let read = read.json();
    for name in [
        "client_id",
        "registration_access_token",
        "registration_client_uri",
        "redirect_uris",
        "scope",
    ] {
        assert_eq!(read[name], client[name], "{name}");
    }
    assert!(
        read.get("client_secret").is_none(),
        "a secret is shown once"
    );
    // What is sent replaces what is registered.
    let id = &client["client_id"];
    let mut change = json!({"client_id": id, "client_secret": client["client_secret"],
        "redirect_uris": ["https://app.example/new"], "scope": "openid"});
    let changed = manage(&server, "PUT", &client, token, Some(&change));
    assert_eq!(
        (changed.status, changed.header("cache-control")),
        (200, Some("no-store")),
        "{}",
        changed.text
    );
    let changed = changed.json();
    assert_eq!(changed["redirect_uris"], json!(["https://app.example/new"]));
    assert!(changed.get("client_name").is_none() && changed.get("client_secret").is_none());
    let basic = (
        id.as_str().unwrap(),
        client["client_secret"].as_str().unwrap(),
    );
    let authenticates = |secret: &str| {
        let answer = server.form(
            "/api/v1/oauth/revoke",
            Some((basic.0, secret)),
            &[("token", "x")],
        );
        answer.status == 200
    };
    assert!(authenticates(basic.1));
    // The method decides whether there is a secret.
    change = json!({"client_id": id, "redirect_uris": ["https://app.example/new"], "token_endpoint_auth_method": "none"});
    let public = manage(&server, "PUT", &client, token, Some(&change));
    assert!(public.json().get("client_secret").is_none() && !authenticates(basic.1));
    change["token_endpoint_auth_method"] = json!("client_secret_post");
    let confidential = manage(&server, "PUT", &client, token, Some(&change)).json();
    assert_eq!(confidential["client_secret_expires_at"], 0);
    assert!(
        authenticates(confidential["client_secret"].as_str().unwrap()) && !authenticates(basic.1)
    );
    let deleted = manage(&server, "DELETE", &client, token, None);
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(deleted.header("cache-control"), Some("no-store"));
    for method in ["GET", "PUT", "DELETE"] {
        let answer = manage(&server, method, &client, token, Some(&change));
        assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{method}");
    }
}

#[test]
fn a_change_that_breaks_a_rule_changes_nothing() {
    let server = server(Registration::Open);
    let client = post(&server, &web()).json();
    let token = &client["registration_access_token"];
    let (id, secret) = (&client["client_id"], &client["client_secret"]);
    let uris = json!(["https://app.example/new"]);
    let with = |name: &str, value: Value| {
        let mut change = json!({"client_id": id, "redirect_uris": uris});
        change[name] = value;
        change
    };
    let rows = [
        (json!({"redirect_uris": uris}), "invalid_request"),
        (
            json!({"client_id": "other", "redirect_uris": uris}),
            "invalid_request",
        ),
        (with("client_secret", json!("other")), "invalid_request"),
        (with("client_secret", json!(7)), "invalid_request"),
        (
            with("registration_access_token", token.clone()),
            "invalid_request",
        ),
        (
            with(
                "registration_client_uri",
                client["registration_client_uri"].clone(),
            ),
            "invalid_request",
        ),
        (
            with("client_secret_expires_at", json!(0)),
            "invalid_request",
        ),
        (with("client_id_issued_at", json!(0)), "invalid_request"),
        (
            with("redirect_uris", json!(["https://app.example/#x"])),
            "invalid_redirect_uri",
        ),
        (with("redirect_uris", json!([])), "invalid_redirect_uri"),
        (
            with("grant_types", json!(["client_credentials"])),
            "invalid_client_metadata",
        ),
        (
            with("scope", json!("keyfob:admin")),
            "invalid_client_metadata",
        ),
        (
            with("jwks_uri", json!("https://127.0.0.1/")),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ];
    let before = manage(&server, "GET", &client, token, None).json();
    for (change, code) in rows {
        let answer = manage(&server, "PUT", &client, token, Some(&change));
        assert_eq!(answer.refusal(), (400, code.into()), "{change}");
    }
    assert_eq!(manage(&server, "GET", &client, token, None).json(), before);
    let basic = (id.as_str().unwrap(), secret.as_str().unwrap());
    assert_eq!(
        server
            .form("/api/v1/oauth/revoke", Some(basic), &[("token", "x")])
            .status,
        200
    );
}

// RFC 7592 §2, §3; rule B85.
#[test]
fn a_registration_access_token_is_good_for_its_own_client_alone() {
    let server = server(Registration::Open);
    let (mine, other) = (post(&server, &web()).json(), post(&server, &web()).json());
    server.client("static", json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic"}));
    let token = &mine["registration_access_token"];
    for method in ["GET", "PUT", "DELETE"] {
        let answer = manage(&server, method, &mine, &json!("wrong"), Some(&web()));
        assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{method}");
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer ")
        );
        let answer = manage(
            &server,
            method,
            &mine,
            &other["client_secret"],
            Some(&web()),
        );
        assert_eq!(
            answer.refusal(),
            (401, "invalid_token".into()),
            "{method} with a secret"
        );
        let path = format!("{REGISTER}/{}", mine["client_id"].as_str().unwrap());
        let answer = server.send(
            method,
            &path,
            &[("content-type", "application/json")],
            Some(b"{}"),
        );
        assert_eq!(
            answer.refusal(),
            (401, "invalid_token".into()),
            "{method} without"
        );
        let headers = [
            ("authorization", "Bearer wrong"),
            ("content-type", "application/json"),
        ];
        let answer = server.send(method, &format!("{REGISTER}/static"), &headers, Some(b"{}"));
        assert_eq!(
            answer.refusal(),
            (403, "access_denied".into()),
            "{method} of a static client"
        );
        let answer = server.send(method, &format!("{REGISTER}/keyfob"), &headers, Some(b"{}"));
        assert_eq!(answer.status, 401, "{method} of the server's own client");
    }
    assert_eq!(manage(&server, "GET", &mine, token, None).status, 200);
    // Used where it does not belong, it is worthless, and that place has seen nothing.
    let strayed = manage(&server, "DELETE", &other, token, None);
    assert_eq!(strayed.refusal(), (401, "invalid_token".into()));
    assert_eq!(
        manage(&server, "GET", &mine, token, None).refusal(),
        (401, "invalid_token".into())
    );
    assert_eq!(
        manage(
            &server,
            "GET",
            &other,
            &other["registration_access_token"],
            None
        )
        .status,
        200
    );
}

// Rule B86
#[test]
fn what_a_deleted_client_had_ends_at_once() {
    let server = server(Registration::Open);
    server.user("u-ola", |_| {});
    let metadata = json!({"redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none",
                          "grant_types": ["authorization_code", "refresh_token"]});
    let client = post(&server, &metadata).json();
    let id = client["client_id"].as_str().unwrap();
    let code = server.code(id, "u-ola", "openid offline_access");
    let unused = server.code(id, "u-ola", "openid offline_access");
    let redeem = |code: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        server.form(TOKEN, None, &fields)
    };
    let tokens = redeem(&code).json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let userinfo = || server.get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(userinfo().status, 200);
    assert_eq!(
        manage(
            &server,
            "DELETE",
            &client,
            &client["registration_access_token"],
            None
        )
        .status,
        204
    );
    assert_eq!(userinfo().refusal(), (401, "invalid_token".into()));
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", id),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(
        server.form(TOKEN, None, &refresh).refusal(),
        (401, "invalid_client".into())
    );
    assert_eq!(redeem(&unused).refusal(), (401, "invalid_client".into()));
    // Also for what hangs on its grants at other clients.
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let alive: i64 = file
        .query_row(
            "SELECT count(*) FROM grants WHERE client_id = ?1 AND revoked_at IS NULL",
            [id],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(alive, 0);
}

// RFC 7592 §2: a client that an administrator has switched off does not switch itself on.
#[test]
fn a_disabled_client_manages_nothing() {
    let server = server(Registration::Open);
    let client = post(&server, &web()).json();
    let token = &client["registration_access_token"];
    assert_eq!(manage(&server, "GET", &client, token, None).status, 200);
    let file = rusqlite::Connection::open(server.app.store.path()).unwrap();
    let id = client["client_id"].as_str().unwrap();
    let sql = "UPDATE clients SET disabled = 1 WHERE client_id = ?1";
    assert_eq!(file.execute(sql, [id]).unwrap(), 1);
    let change = json!({"client_id": id, "redirect_uris": ["https://app.example/new"]});
    for (method, body) in [("GET", None), ("PUT", Some(&change)), ("DELETE", None)] {
        let refused = manage(&server, method, &client, token, body);
        assert_eq!(
            refused.refusal(),
            (403, "access_denied".into()),
            "{method}: {}",
            refused.text
        );
    }
}

// RFC 7592 §2.2: what a client takes from itself, its tokens lose, too.
#[test]
fn a_client_that_gives_up_a_scope_loses_the_tokens_that_hold_it() {
    let server = server(Registration::Open);
    server.user("u-ola", |_| {});
    let mut asked = web();
    asked["token_endpoint_auth_method"] = json!("none");
    let client = post(&server, &asked).json();
    let id = client["client_id"].as_str().unwrap();
    let scope = client["scope"].as_str().unwrap();
    assert!(scope.contains("email"), "{scope}");
    let code = server.code(id, "u-ola", "openid email");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.form(TOKEN, None, &fields).json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let userinfo = || {
        let headers = [("authorization", bearer.as_str())];
        server.get("/api/v1/oauth/userinfo", &headers).status
    };
    assert_eq!(userinfo(), 200);
    let less = json!({"client_id": id, "redirect_uris": client["redirect_uris"],
        "token_endpoint_auth_method": "none", "scope": "openid"});
    let token = &client["registration_access_token"];
    assert_eq!(
        manage(&server, "PUT", &client, token, Some(&less)).status,
        200
    );
    assert_eq!(userinfo(), 401);
}

// RFC 7592 §2.3 leaves it to the server. A configuration file that names the client could not be applied any more, and no
// start was possible.
#[test]
fn a_client_on_which_an_administrator_relies_stays() {
    let names: [fn(&Server, &str); 3] = [
        |server, id| server.resource("https://notes.example", "notes:read", Some(id)),
        |server, id| {
            let issuer = json!({"issuer": "https://idp.example", "jwks": {"keys": []}, "subject_claim": "sub",
                                "matches": "sub", "clients": [id], "scope": ""});
            let issuer: TrustedIssuer = serde_json::from_value(issuer).unwrap();
            let put = move |tx: &Tx| issuer.put(tx);
            server.app.store.write_blocking(put).unwrap();
        },
        |server, id| {
            let metadata = json!({"redirect_uris": ["https://desk.example/cb"], "token_endpoint_auth_method": "none",
                                  "grant_types": ["authorization_code"], "scope": "openid", "may_act": id});
            server.client("desk", metadata);
        },
    ];
    for name in names {
        let server = server(Registration::Open);
        let [relied_on, other] = [0, 1].map(|_| post(&server, &web()).json());
        name(&server, relied_on["client_id"].as_str().unwrap());
        let delete = |client: &Value| {
            let token = &client["registration_access_token"];
            manage(&server, "DELETE", client, token, None)
        };
        let refused = delete(&relied_on);
        assert_eq!(refused.refusal(), (403, "access_denied".into()));
        assert_eq!(delete(&other).status, 204);
        let later = post(&server, &web()).json();
        server.clock.advance(Lifetime::days(400));
        let upkeep = upkeep::once(&server.app);
        actix_web::rt::System::new().block_on(upkeep).unwrap();
        let there = |client: &Value| {
            let snapshot = server.app.directory.snapshot();
            snapshot
                .client(client["client_id"].as_str().unwrap())
                .is_some()
        };
        assert_eq!((there(&relied_on), there(&later)), (true, false));
    }
}
