//! APIs in the admin API.

use keyfob::{
    crypto::{jwt, keys::Algorithm},
    store::{Tx, settings},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{Server, VERIFIER};

const NOTES: &str = "https://api.example.com/notes";
const FILES: &str = "https://api.example.com/files";
const TOKEN: &str = "/api/v1/oauth/token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

fn at(uri: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
    format!("/resources/{encoded}")
}

fn console() -> Console {
    let console = Console::start();
    for name in ["notes:read", "files:read"] {
        let made = console.post("/scopes", &json!({"name": name, "description": "read"}));
        assert_eq!(made.status, 201, "{}", made.text);
    }
    console
}

#[test]
fn an_api_is_made_changed_and_deleted() {
    let console = console();
    let made = console.post(
        "/resources",
        &json!({"uri": NOTES, "name": "Notes", "scopes": "notes:read"}),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        made.json(),
        json!({"uri": NOTES, "name": "Notes", "scopes": "notes:read", "client_id": null,
               "access_token_alg": null, "managed_by": null})
    );
    assert_eq!(console.get("/resources").json()["items"][0]["uri"], NOTES);
    assert_eq!(
        console.get("/resources?q=nothing").json()["items"],
        json!([])
    );
    let metadata = console.get(&format!("{}/metadata", at(NOTES)));
    // RFC 9728 §2
    assert_eq!(
        (
            &metadata.json()["resource"],
            &metadata.json()["scopes_supported"]
        ),
        (&json!(NOTES), &json!(["notes:read"]))
    );
    let changed = console.patch(&at(NOTES), &json!({"name": "All notes"}));
    assert_eq!(changed.json()["name"], "All notes", "{}", changed.text);
    let stale = [("if-match", "\"seen long ago\"")];
    let late = console.send("PATCH", &at(NOTES), &stale, Some(&json!({"name": "x"})));
    assert_eq!(late.problem().1, "changed");
    assert_eq!(console.delete(&at(NOTES)).status, 204);
    assert_eq!(console.get(&at(NOTES)).problem().0, 404);
    for event in ["resource.created", "resource.updated", "resource.deleted"] {
        let found = console.get(&format!("/events?event={event}")).json();
        assert_eq!(found["items"][0]["subject"], NOTES, "{event}");
    }
}

#[test]
fn what_is_wrong_with_an_api_is_named() {
    let console = console();
    console.post("/resources", &json!({"uri": NOTES}));
    let rows = [
        (json!({}), 422, "invalid", Some("uri")),
        (
            json!({"uri": "https://x.example/#f"}),
            422,
            "invalid",
            Some("uri"),
        ),
        (
            json!({"uri": FILES, "scopes": "no:such"}),
            422,
            "invalid",
            Some("scopes"),
        ),
        (
            json!({"uri": FILES, "client_id": "nobody"}),
            422,
            "invalid",
            Some("client_id"),
        ),
        (
            json!({"uri": FILES, "colour": 1}),
            422,
            "invalid",
            Some("colour"),
        ),
        (
            json!({"uri": "HTTPS://API.example.com:443/notes"}),
            409,
            "exists",
            None,
        ),
    ];
    for (body, status, code, field) in rows {
        let found = console.post("/resources", &body).problem();
        assert_eq!(
            (found.0, found.1.as_str(), found.2.as_deref()),
            (status, code, field),
            "{body}"
        );
    }
}

#[test]
fn the_clients_of_an_api_are_those_that_may_ask_for_it() {
    let console = console();
    for uri in [NOTES, FILES] {
        console.post("/resources", &json!({"uri": uri}));
    }
    for (client_id, resources) in [
        ("any", Value::Null),
        ("notes", json!([NOTES])),
        ("files", json!([FILES])),
    ] {
        let mut metadata = json!({"grant_types": ["client_credentials"],
                                  "token_endpoint_auth_method": "client_secret_basic"});
        if !resources.is_null() {
            metadata["allowed_resources"] = resources;
        }
        console.server.client(client_id, metadata);
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = console.get(&format!("{}/clients?limit=1{cursor}", at(NOTES)));
        for client in page.json()["items"].as_array().unwrap() {
            found.push((client["client_id"].clone(), client["named"].clone()));
        }
        match page.json()["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        found,
        [(json!("any"), json!(false)), (json!("notes"), json!(true))]
    );
}

#[test]
fn a_token_for_a_deleted_api_alone_counts_no_more() {
    let console = console();
    console.post("/resources", &json!({"uri": NOTES, "scopes": "notes:read"}));
    console.post("/resources", &json!({"uri": FILES, "scopes": "files:read"}));
    let secret = console.server.client(
        "job",
        json!({"grant_types": ["client_credentials", EXCHANGE], "scope": "notes:read files:read",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let as_job = Some(("job", secret.as_str()));
    let token = |scope: &str, resources: &[&str]| {
        let mut fields = vec![("grant_type", "client_credentials"), ("scope", scope)];
        fields.extend(resources.iter().map(|uri| ("resource", *uri)));
        let answer = console.server.form(TOKEN, as_job, &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let is_active = |token: &str| {
        let answer = console
            .server
            .form("/api/v1/oauth/introspect", as_job, &[("token", token)]);
        answer.json()["active"].as_bool().unwrap()
    };
    let exchanged = |token: &str| {
        let fields = [
            ("grant_type", EXCHANGE),
            ("subject_token", token),
            ("scope", "notes:read"),
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
        ];
        console.server.form(TOKEN, as_job, &fields)
    };
    let alone = token("notes:read", &[NOTES]);
    let both = token("notes:read files:read", &[NOTES, FILES]);
    assert!(is_active(&alone) && is_active(&both));
    assert_eq!(exchanged(&alone).status, 200);

    assert_eq!(console.delete(&at(NOTES)).status, 204);
    assert!(!is_active(&alone), "for nobody any more");
    assert!(is_active(&both), "the other API still takes it");
    let refused = exchanged(&alone);
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (400, &json!("invalid_request"))
    );
    assert!(
        refused.text.contains("has been deleted"),
        "{}",
        refused.text
    );
}

// A scope of the issuer would be withheld from sign-ins that ask for another API.
#[test]
fn the_server_itself_is_no_api() {
    let console = Console::start();
    let server = &console.server;
    // As `keyfob serve` does.
    let issuer = server.url.clone();
    let serve = move |tx: &Tx| settings::set(tx, settings::ISSUER, &issuer);
    server.app.store.write_blocking(serve).unwrap();
    let refused = console.post("/resources", &json!({"uri": format!("{}/", server.url)}));
    assert_eq!(
        refused.problem(),
        (422, "invalid".into(), Some("uri".into()))
    );
}

fn with_apis(server: Server) -> Console {
    let console = Console::over(server);
    for (uri, scope, alg) in [(NOTES, "notes:read", "RS256"), (FILES, "files:read", "")] {
        console.post("/scopes", &json!({"name": scope, "description": "read"}));
        let api = json!({"uri": uri, "scopes": scope, "access_token_alg": alg});
        let made = console.post("/resources", &api);
        assert_eq!(made.status, 201, "{}", made.text);
    }
    console.server.user("ola", |_| {});
    console.server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid notes:read files:read"}),
    );
    console
}

fn access_token(console: &Console, scope: &str, resources: &[&str]) -> String {
    let code = console.server.code_for("web", "ola", scope, resources);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let answer = console.server.form(TOKEN, None, &fields);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn alg_of(console: &Console, scope: &str, resources: &[&str]) -> String {
    jwt::header(&access_token(console, scope, resources))
        .unwrap()
        .alg
}

// RFC 9068 §4: an API verifies its tokens by itself, and the libraries of some know RS256 alone.
#[test]
fn the_access_tokens_of_an_api_are_signed_as_it_says() {
    let console = with_apis(Server::start());
    let rows: [(&str, &[&str], &str); 5] = [
        ("notes:read", &[NOTES], "RS256"),
        ("openid notes:read", &[NOTES], "RS256"),
        ("files:read", &[FILES], "ES256"),
        ("notes:read files:read", &[NOTES, FILES], "ES256"),
        ("openid", &[], "ES256"),
    ];
    for (scope, resources, expected) in rows {
        assert_eq!(alg_of(&console, scope, resources), expected, "{scope}");
    }
    // This server takes any of its own.
    let bearer = format!(
        "Bearer {}",
        access_token(&console, "openid notes:read", &[NOTES])
    );
    let info = console
        .server
        .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)]);
    assert_eq!(info.json()["sub"], "ola", "{}", info.text);
    for (alg, expected) in [
        (json!("EdDSA"), "EdDSA"),
        (Value::Null, "ES256"),
        (json!("RS256"), "RS256"),
    ] {
        let changed = console.patch(&at(NOTES), &json!({"access_token_alg": alg}));
        assert_eq!(changed.json()["access_token_alg"], alg, "{}", changed.text);
        assert_eq!(alg_of(&console, "notes:read", &[NOTES]), expected);
    }
    // Two that agree.
    console.patch(&at(FILES), &json!({"access_token_alg": "RS256"}));
    assert_eq!(
        alg_of(&console, "notes:read files:read", &[NOTES, FILES]),
        "RS256"
    );
    let wrong = console.patch(&at(NOTES), &json!({"access_token_alg": "HS256"}));
    assert_eq!(
        wrong.problem(),
        (422, "invalid".into(), Some("access_token_alg".into()))
    );
}

#[test]
fn the_first_token_of_such_an_api_waits_for_its_key() {
    let server = Server::start_without_keys(|told| told.live.id_token_alg = Algorithm::Es256);
    let console = with_apis(server);
    assert_eq!(alg_of(&console, "notes:read", &[NOTES]), "RS256");
}
