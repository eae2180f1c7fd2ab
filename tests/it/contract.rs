//! The contract: every recorded case, and the API description.

use serde_json::{Value, json};

use crate::support::Server;

fn matches(pattern: &Value, actual: &Value) -> bool {
    match (pattern, actual) {
        (Value::String(pattern), actual) if pattern.contains('*') => match actual {
            Value::String(text) => {
                let (start, end) = pattern.split_once('*').unwrap();
                text.starts_with(start) && text.ends_with(end)
            }
            Value::Number(_) => pattern == "*",
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| matches(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| matches(a, b)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn every_recorded_case_gets_its_recorded_answer() {
    let server = Server::start();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "scope": "openid profile email keyfob:delegate",
               "token_endpoint_auth_method": "client_secret_basic"}),
    );
    let token = server.form(
        "/api/v1/oauth/token",
        Some(("service", &secret)),
        &[("grant_type", "client_credentials")],
    );
    let bearer = format!("Bearer {}", token.json()["access_token"].as_str().unwrap());
    let cases: Value =
        serde_json::from_str(include_str!("../contract/validation-cases.json")).unwrap();
    let cases = cases
        .as_array()
        .or_else(|| cases["cases"].as_array())
        .unwrap();
    assert_eq!(cases.len(), 42);
    let mut wrong = Vec::new();
    for case in cases {
        let mut headers = Vec::new();
        if let Some(content_type) = case["content_type"].as_str() {
            headers.push(("content-type", content_type));
        }
        if case["name"].as_str().unwrap().starts_with("delegated/") {
            headers.push(("authorization", bearer.as_str()));
        }
        let body = case["body"].as_str().map(str::as_bytes);
        let answer = server.send(
            case["method"].as_str().unwrap(),
            case["path"].as_str().unwrap(),
            &headers,
            body,
        );
        let allowed = case["allow"].as_str().is_none_or(|method| {
            answer
                .header("allow")
                .is_some_and(|allow| allow.split(", ").any(|allowed| allowed == method))
        });
        let right = answer.status == case["status"]
            && matches(&case["detail"], &answer.json()["detail"])
            && allowed;
        if !right {
            wrong.push(format!(
                "{}: {} {}",
                case["name"], answer.status, answer.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Everything in `expected` is in `actual`, unchanged; more may stand beside it.
fn assert_carries(expected: &Value, actual: &Value, at: &str) {
    match (expected, actual) {
        (Value::Object(a), Value::Object(b)) => a.iter().for_each(|(key, value)| {
            let found = b
                .get(key)
                .unwrap_or_else(|| panic!("{at}/{key} is missing"));
            assert_carries(value, found, &format!("{at}/{key}"));
        }),
        (a, b) => assert_eq!(a, b, "{at}"),
    }
}

#[test]
fn the_api_description_carries_the_contract_unchanged() {
    let server = Server::start();
    let served = server.get("/openapi.json", &[]).json();
    let pinned = include_str!("../contract/openapi.json");
    assert_eq!(pinned, include_str!("../../assets/contract.json"));
    let contract: Value = serde_json::from_str(pinned).unwrap();
    assert_carries(&contract["paths"], &served["paths"], "paths");
    assert_carries(&contract["components"], &served["components"], "components");
    // The contract's three first, then every other grant that is served.
    let grants = &served["components"]["schemas"]["GrantType"]["enum"];
    assert_eq!(
        *grants,
        json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ])
    );
    let metadata = server.get("/.well-known/oauth-authorization-server", &[]);
    assert_eq!(metadata.json()["grant_types_supported"], *grants);
}
