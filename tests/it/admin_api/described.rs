//! The description of the admin API in `/openapi.json` tells what is served, all of it and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{BASE, Console};

type Methods = BTreeSet<String>;

/// The methods of each path below [`BASE`].
fn described(document: &Value) -> BTreeMap<String, Methods> {
    let paths = document["paths"].as_object().unwrap().iter();
    let admin = paths.filter_map(|(path, item)| Some((path.strip_prefix(BASE)?, item)));
    admin
        .map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            (path.to_owned(), methods.map(|m| m.to_uppercase()).collect())
        })
        .collect()
}

/// The route table, as it is written.
fn written() -> BTreeMap<String, Methods> {
    let source = include_str!("../../../src/http/admin_api/mod.rs");
    let calls = source.split("at(").skip(1);
    let texts = calls.filter_map(|call| {
        let mut quoted = call.trim_start().strip_prefix('"')?.split('"');
        Some((quoted.next()?, quoted.nth(1)?))
    });
    // Each kind of managed object has the same three.
    let kinds = keyfob::admin::register::kinds().into_iter();
    let managed = kinds.map(|kind| kind.path()).flat_map(|path| {
        [
            (path.to_owned(), "GET, POST"),
            (format!("{path}/{{}}"), "GET, PATCH, DELETE"),
            (format!("{path}/{{}}/restore"), "POST"),
        ]
    });
    texts
        .map(|(path, allow)| (path.to_owned(), allow))
        .chain(managed)
        .map(|(path, allow)| {
            let methods = allow.split(", ").map(str::to_owned).collect();
            // actix writes `{name:pattern}` where OpenAPI writes `{name}`.
            let path = path.split('/').map(|part| match part.split_once(':') {
                Some((name, _)) => format!("{name}}}"),
                None => part.to_owned(),
            });
            (unnamed(&path.collect::<Vec<_>>().join("/")), methods)
        })
        .collect()
}

/// What a parameter is called does not matter.
fn unnamed(path: &str) -> String {
    let part = |part: &str| match part.starts_with('{') {
        true => "{}".to_owned(),
        false => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_is_described_and_every_described_one_is_served() {
    let console = Console::start();
    let document = console.server.get("/openapi.json", &[]).json();
    let described = described(&document);
    let found = described.iter();
    let found: BTreeMap<_, _> = found
        .map(|(path, all)| (unnamed(path), all.clone()))
        .collect();
    assert_eq!(found, written());
    for (path, methods) in described {
        let path = path.replace(['{', '}'], "");
        let answer = console
            .server
            .send("LOCK", &format!("{BASE}{path}"), &[], None);
        let served: Methods = match answer.header("allow") {
            Some(allow) => allow.split(", ").map(str::to_owned).collect(),
            None => panic!("{path}: {} {}", answer.status, answer.text),
        };
        assert_eq!(served, methods, "{path}");
        // Each is served, not only said to be.
        for method in methods {
            let answer = console
                .server
                .send(&method, &format!("{BASE}{path}"), &[], None);
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

/// What of `value` is not as the schema says; members that it does not name are wrong too.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = root.pointer(reference.trim_start_matches('#')).unwrap();
        return check(root, found, value, at);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        return match value.is_null() {
            true => assert!(either.contains(&json!({"type": "null"})), "{at}"),
            false => check(root, &either[0], value, at),
        };
    }
    // The contract's own schemas are open: only ours are compared member by member.
    if let Some(all) = schema["allOf"].as_array() {
        let ours = all.iter().filter(|part| part["properties"].is_object());
        return ours.for_each(|part| required(root, part, value, at));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    let fits = kinds.is_null()
        || kinds == kind
        || kinds.as_array().is_some_and(|k| k.contains(&json!(kind)));
    assert!(
        fits || (kinds == "number" && kind == "integer"),
        "{at} is {kind}"
    );
    if let Some(known) = schema["enum"].as_array() {
        assert!(known.contains(value), "{at}: {value}");
    }
    if let Some(items) = value.as_array() {
        items
            .iter()
            .for_each(|item| check(root, &schema["items"], item, at));
    }
    if let (Some(members), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for name in members.keys() {
            assert!(known.contains_key(name), "{at}.{name} is not described");
        }
        required(root, schema, value, at);
    }
}

fn required(root: &Value, schema: &Value, value: &Value, at: &str) {
    for (name, schema_of) in schema["properties"].as_object().unwrap() {
        let must = schema["required"]
            .as_array()
            .unwrap()
            .contains(&json!(name));
        match value.get(name) {
            Some(value) => check(root, schema_of, value, &format!("{at}.{name}")),
            None => assert!(!must, "{at}.{name} is not there"),
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
        let schema = &document["paths"][format!("{BASE}{path}")]["get"]["responses"]["200"]["content"]
            ["application/json"]["schema"];
        let path = path
            .replace("/teams/{id}", "/teams/crew")
            .replace("{client_id}", "app")
            .replace("{name}", "openid");
        let path = path.replace("{sub}", "root");
        if schema.is_null() || path.contains('{') {
            continue;
        }
        let answer = console.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        check(&document, schema, &answer.json(), &path);
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
}
