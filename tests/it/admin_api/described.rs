//! `/openapi.json` tells what is served, all of it and nothing else. That what is sent and answered is as it says is seen
//! wherever a test sends a request (`support::described`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{BASE, Console};

type Methods = BTreeSet<String>;

/// The methods of each path.
fn described(document: &Value) -> BTreeMap<String, Methods> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            let methods = methods.filter(|name| *name != "parameters");
            (path.clone(), methods.map(|m| m.to_uppercase()).collect())
        })
        .collect()
}

#[test]
fn every_described_method_is_served_and_no_other() {
    let console = Console::start();
    let document = console.server.get("/openapi.json", &[]).json();
    let described = described(&document);
    let of_admin = described.keys().filter(|path| path.starts_with(BASE));
    assert!(of_admin.count() >= 60);
    for (path, methods) in described {
        let path = path.replace(['{', '}'], "");
        let answer = console.server.send("LOCK", &path, &[], None);
        let served: Methods = match answer.header("allow") {
            Some(allow) => allow.split(", ").map(str::to_owned).collect(),
            None => panic!("{path}: {} {}", answer.status, answer.text),
        };
        // RFC 9110 §9.3.2: GET has HEAD with it.
        let served: Methods = served.into_iter().filter(|name| name != "HEAD").collect();
        assert_eq!(served, methods, "{path}");
        // Each is served, not only said to be.
        for method in methods.iter().filter(|_| path.starts_with(BASE)) {
            let answer = console.server.send(method, &path, &[], None);
            assert!(![404, 405].contains(&answer.status), "{method} {path}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn look(root: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let found = root.pointer(reference.trim_start_matches('#'));
                    assert!(found.is_some(), "{reference}");
                }
                members.values().for_each(|value| look(root, value));
            }
            Value::Array(items) => items.iter().for_each(|value| look(root, value)),
            _ => {}
        }
    }
    let document = Console::start().server.get("/openapi.json", &[]).json();
    look(&document, &document);
    let mut ids = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for id in item
            .as_object()
            .unwrap()
            .values()
            .map(|op| &op["operationId"])
        {
            if let Some(id) = id.as_str() {
                assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
    }
}

#[test]
fn every_client_member_and_every_member_of_discovery_is_described() {
    let server = crate::support::Server::start();
    let document = server.get("/openapi.json", &[]).json();
    let schemas = &document["components"]["schemas"];
    let discovery = server.get("/.well-known/openid-configuration", &[]).json();
    for name in discovery.as_object().unwrap().keys() {
        let member = &schemas["AuthorizationServerMetadata"]["properties"][name];
        assert!(member["description"].is_string(), "{name}");
    }
    for name in ["AdminClient", "AdminClientInput", "ClientMetadata"] {
        for member in [
            "require_pkce",
            "require_consent",
            "assertion_audience",
            "profile",
            "cors_origins",
            "allowed_resources",
            "delegation_teams",
            "may_act",
            "access_token_lifetime",
            "id_token_lifetime",
            "refresh_token_lifetime",
            "refresh_token_idle_lifetime",
        ] {
            let member = &schemas[name]["properties"][member];
            assert!(member["description"].is_string(), "{name} {member}");
        }
    }
}

#[test]
fn what_is_read_is_as_it_is_described() {
    let console = Console::start();
    console.server.client(
        "app",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic"}),
    );
    console.post("/teams", &json!({"id": "crew"}));
    console.post("/teams/crew/members", &json!({"user": "root"}));
    let document = console.server.get("/openapi.json", &[]).json();
    let mut compared = 0;
    for (path, _) in described(&document) {
        let Some(below) = path.strip_prefix(BASE) else {
            continue;
        };
        let content = &document["paths"][&path]["get"]["responses"]["200"]["content"];
        let below = below
            .replace("/teams/{id}", "/teams/crew")
            .replace("{client_id}", "app")
            .replace("{name}", "openid")
            .replace("{sub}", "root");
        if content["application/json"]["schema"].is_null() || below.contains('{') {
            continue;
        }
        let answer = console.get(&below);
        assert_eq!(answer.status, 200, "{below}: {}", answer.text);
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
}
