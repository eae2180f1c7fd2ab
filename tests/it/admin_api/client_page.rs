//! What the client's page shows beside the client: who consented, whether it is in use, and its text.

use std::sync::Arc;

use keyfob::{
    clock::{Clock, SystemClock},
    domain::time::Lifetime,
    store::{IfMissing, Store},
};
use serde_json::{Value, json};

use super::Console;
use crate::support::{
    Answer, Server, VERIFIER,
    binary::{Folder, ended},
    browser::{Browser, challenge},
};

const API: &str = "https://api.example/orders";
const TOKEN: &str = "/api/v1/oauth/token";

fn web(console: &Console) {
    let server = &console.server;
    server.resource(API, "orders:read", None);
    server.public_client("web", "openid profile orders:read");
}

/// Signs in to the client; the access token, and whether consent was asked for.
fn sign_in(server: &Server, user: &str, scope: &str) -> (String, bool) {
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", scope),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let mut browser = Browser::new(server);
    let first = browser.get(&crate::support::browser::authorize_path(&parameters));
    let mut answer = browser.sign_in(&first, user);
    let asked = answer.leads_to("/consent");
    if asked {
        answer = browser.decide(&answer, "allow");
    }
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", &answer.parameters()["code"]),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", VERIFIER),
    ];
    let answer = server.form(TOKEN, None, &fields).json();
    (answer["access_token"].as_str().unwrap().to_owned(), asked)
}

fn userinfo(server: &Server, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    server.get("/api/v1/oauth/userinfo", &headers).status
}

fn names(answer: &Answer) -> Vec<String> {
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap().iter();
    items
        .map(|item| item["sub"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn who_has_consented_is_listed_and_what_came_of_it_ends_when_it_is_taken_back() {
    let console = Console::start();
    web(&console);
    let server = &console.server;
    for user in ["kari", "ola", "per"] {
        server.person(user);
    }
    assert_eq!(names(&console.get("/clients/web/consents")), [""; 0]);
    let (hers, _) = sign_in(server, "kari", "openid profile");
    let (his, asked) = sign_in(server, "ola", "openid orders:read");
    assert!(asked && userinfo(server, &his) == 200);
    sign_in(server, "per", "openid");

    let all = console.get("/clients/web/consents");
    assert_eq!(names(&all), ["kari", "ola", "per"]);
    let first = &all.json()["items"][0];
    assert_eq!(first["username"], "kari");
    assert_eq!(first["allowed"][0]["scope"], "openid profile");
    assert_eq!(first["allowed"][0]["resource"], Value::Null);
    assert_eq!(all.json()["items"][1]["allowed"][0]["resource"], API);
    let page = console.get("/clients/web/consents?limit=2");
    assert_eq!(names(&page), ["kari", "ola"]);
    let next = format!(
        "/clients/web/consents?limit=2&cursor={}",
        page.json()["next"].as_str().unwrap()
    );
    assert_eq!(names(&console.get(&next)), ["per"]);
    assert_eq!(names(&console.get("/clients/web/consents?q=ola")), ["ola"]);
    assert_eq!(names(&console.get("/clients/web/consents?q=root")), [""; 0]);

    assert_eq!(console.delete("/clients/web/consents/ola").status, 204);
    assert_eq!(
        names(&console.get("/clients/web/consents")),
        ["kari", "per"]
    );
    assert_eq!(
        (userinfo(server, &his), userinfo(server, &hers)),
        (401, 200)
    );
    let (_, asked) = sign_in(server, "ola", "openid orders:read");
    assert!(asked, "consent is asked for anew");
    let event = &console.get("/events?event=consent.revoked").json()["items"][0];
    assert_eq!(
        (&event["actor"], &event["subject"], &event["client_id"]),
        (&json!("root"), &json!("ola"), &json!("web"))
    );
    for nothing in ["/clients/web/consents/root", "/clients/none/consents/ola"] {
        assert_eq!(console.delete(nothing).problem().0, 404, "{nothing}");
    }
    assert_eq!(console.get("/clients/none/consents").problem().0, 404);
}

#[test]
fn whether_a_client_is_in_use_is_known_and_when_each_secret_was() {
    let console = Console::start();
    let (server, clock) = (&console.server, &console.server.clock);
    let body = json!({"client_id": "job", "grant_types": ["client_credentials"]});
    let first = console.post("/clients", &body).json()["client_secret"].clone();
    let first = first.as_str().unwrap();
    let usage = || console.get("/clients/job/usage").json();
    let before = usage();
    assert_eq!(
        (&before["last_used_at"], &before["active"]),
        (&Value::Null, &json!(false))
    );
    let secret = &before["secrets"][0];
    assert_eq!(secret["tail"].as_str().unwrap(), &first[first.len() - 4..]);
    assert_eq!(secret["last_used_at"], Value::Null);
    assert_eq!(
        console.get("/clients/job").json()["secrets"][0]["id"],
        secret["id"]
    );

    let fields = [("grant_type", "client_credentials")];
    let token = |secret: &str| server.form(TOKEN, Some(("job", secret)), &fields).status;
    let seen = console.get("/clients/job");
    assert_eq!((token(first), token("wrong")), (200, 401));
    let used_at = clock.now().rfc3339();
    let after = usage();
    assert_eq!(
        (&after["last_used_at"], &after["active"]),
        (&json!(used_at), &json!(true))
    );
    assert_eq!(after["secrets"][0]["last_used_at"], used_at);
    // Whoever opened the client before it was used has not seen another state of it.
    assert_eq!(
        seen.header("etag"),
        console.get("/clients/job").header("etag")
    );

    clock.advance(Lifetime::minutes(5));
    let second = console
        .post("/clients/job/secrets", &json!({"overlap": 3600}))
        .json();
    assert_eq!(token(second["client_secret"].as_str().unwrap()), 200);
    let write = || {
        let written = server.app.secret_use.write(&server.app.store);
        actix_web::rt::System::new().block_on(written).unwrap();
    };
    write();
    let secrets = usage()["secrets"].clone();
    assert_eq!(secrets[0]["last_used_at"], used_at, "it is kept");
    assert_eq!(secrets[1]["last_used_at"], clock.now().rfc3339());

    console.post("/clients/job/revoke", &json!({}));
    assert_eq!(usage()["active"], false);
    console.delete("/clients/job");
    console.post("/clients/job/restore", &json!({}));
    assert_eq!(
        usage()["secrets"],
        secrets,
        "an undo brings them back as they were"
    );

    let chosen = json!({"client_id": "own", "grant_types": ["client_credentials"], "client_secret": "chosen by hand"});
    console.post("/clients", &chosen);
    let usage = console.get("/clients/own/usage").json();
    assert_eq!(
        usage["secrets"][0]["tail"],
        Value::Null,
        "what a person chose is short enough"
    );
}

/// Of every kind of member: with a flag, without one, a list, a switch, a name that a shell would take apart.
fn many() -> Vec<Value> {
    vec![
        json!({"client_id": "job", "grant_types": ["client_credentials"], "scope": "email"}),
        json!({"client_id": "web", "client_name": "Per's \"$(app)\" `x` \\ Ø", "redirect_uris": ["https://app.example/cb?a=1&b=2", "com.example.app:/cb"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "scope": "openid offline_access", "token_endpoint_auth_method": "none", "access_token_lifetime": 90,
            "refresh_token_lifetime": 86400, "id_token_lifetime": 60, "cors_origins": ["https://app.example"]}),
        json!({"client_id": "odd", "redirect_uris": ["https://odd.example/"], "require_consent": false, "require_pkce": false,
            "delegation_teams": [], "disabled": true, "logo_uri": "https://odd.example/it's.png", "id_token_signed_response_alg": "EdDSA"}),
        json!({"client_id": "crew", "redirect_uris": ["https://crew.example/"], "delegation_teams": ["crew", "other"],
            "post_logout_redirect_uris": ["https://crew.example/out"], "dpop_bound_access_tokens": true}),
    ]
}

#[test]
fn a_client_as_toml_and_as_a_command_makes_the_same_client() {
    let console = Console::start();
    for team in ["crew", "other"] {
        console.post("/teams", &json!({"id": team}));
    }
    let folder = Folder::new();
    let file = folder.path("keyfob.db");
    Store::open(&file, IfMissing::Create, Arc::new(SystemClock)).unwrap();
    let database = ["--database", "keyfob.db"];
    for team in ["crew", "other"] {
        let made = folder.run(&[&["team", "create", team][..], &database].concat());
        assert_eq!(made.code, 0, "{}", made.stderr);
    }
    for body in many() {
        let id = body["client_id"].as_str().unwrap();
        let made = console.post("/clients", &body);
        assert_eq!(made.status, 201, "{}", made.text);
        let text = console.get(&format!("/clients/{id}/declaration")).json();
        let toml = text["toml"].as_str().unwrap();
        assert!(
            toml.starts_with(&format!("[[client]]\nclient_id = \"{id}\"\n")),
            "{toml}"
        );
        assert!(console.get("/state/export").text.contains(toml), "{toml}");

        let command = text["command"].as_str().unwrap();
        let mut shell = folder.command(&[]);
        let program = shell.get_program().to_owned();
        let path = std::path::Path::new(&program).parent().unwrap().to_owned();
        shell = std::process::Command::new("sh");
        shell
            .args(["-c", command])
            .env("PATH", format!("{}:/usr/bin:/bin", path.display()))
            .env("KEYFOB_DATABASE", &file)
            .current_dir(folder.path("."))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let said = ended(&mut shell);
        assert_eq!(said.code, 0, "{command}\n{}", said.stderr);
        let shown =
            folder.run(&[&["client", "show", id, "--output", "json"][..], &database].concat());
        let mut copy: Value = serde_json::from_str(&shown.stdout).unwrap();
        let mut original = console.get(&format!("/clients/{id}")).json();
        for client in [&mut copy, &mut original] {
            for own in ["secrets", "created_at", "updated_at"] {
                client.as_object_mut().unwrap().remove(own);
            }
        }
        assert_eq!(copy, original, "{command}");
    }
    assert_eq!(console.get("/clients/none/declaration").problem().0, 404);
}
