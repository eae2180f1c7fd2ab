//! The two dialects of the token endpoint.

use serde_json::{Value, json};

use super::{TOKEN, ready, redeem};
use crate::support::{Answer, Server, VERIFIER};

#[test]
fn a_redirect_uri_that_is_sent_must_be_the_one_of_the_request() {
    let server = ready();
    let uri = "https://app.example/cb";
    let rows = [
        (Some(uri), 200),
        (None, 200),
        (Some("https://app.example/cb/"), 400),
        (Some("https://evil.example/cb"), 400),
    ];
    for (sent, status) in rows {
        let more: Vec<_> = sent.map(|uri| ("redirect_uri", uri)).into_iter().collect();
        assert_eq!(
            redeem(&server, "u-ola", "openid", &more).status,
            status,
            "{sent:?}"
        );
        // Beside the contract's members, as a string.
        let mut body = json!({"grant_type": "authorization_code", "client_id": "web",
            "code": server.code("web", "u-ola", "openid"), "code_verifier": VERIFIER});
        body["redirect_uri"] = json!(sent);
        let answer = server.json(TOKEN, &[], &body);
        assert_eq!(answer.status, status, "{sent:?}: {}", answer.text);
    }
}

/// The same request in both dialects.
fn both(server: &Server, basic: Option<(&str, &str)>, fields: &[(&str, &str)]) -> [Answer; 2] {
    let body: serde_json::Map<_, _> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let authorization = basic.map(|(id, secret)| {
        let text = format!("{id}:{secret}");
        format!("Basic {}", keyfob::crypto::hash::base64(text.as_bytes()))
    });
    let headers: Vec<_> = authorization
        .as_deref()
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    [
        server.form(TOKEN, basic, fields),
        server.json(TOKEN, &headers, &Value::Object(body)),
    ]
}

#[test]
fn both_dialects_refuse_alike_and_the_contracts_repeats_the_text_in_detail() {
    let server = ready();
    let secret = server.secret_of("service");
    let good = Some(("service", secret.as_str()));
    let grant = ("grant_type", "client_credentials");
    let rows = [
        (
            "a wrong secret",
            Some(("service", "wrong")),
            vec![grant],
            (401, "invalid_client"),
        ),
        (
            "no such client",
            Some(("nobody", "wrong")),
            vec![grant],
            (401, "invalid_client"),
        ),
        ("no client", None, vec![grant], (401, "invalid_client")),
        (
            "Basic and body",
            good,
            vec![grant, ("client_secret", &secret)],
            (400, "invalid_request"),
        ),
        (
            "Basic and another client_id",
            good,
            vec![grant, ("client_id", "web")],
            (400, "invalid_request"),
        ),
        (
            "a grant it is not registered for",
            good,
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            (400, "unauthorized_client"),
        ),
        (
            "too wide",
            good,
            vec![grant, ("scope", "email")],
            (400, "invalid_scope"),
        ),
        (
            "a public client with a secret",
            None,
            vec![grant, ("client_id", "web"), ("client_secret", "x")],
            (401, "invalid_client"),
        ),
        (
            "a confidential client without one",
            None,
            vec![grant, ("client_id", "service")],
            (401, "invalid_client"),
        ),
        (
            "a code of nobody",
            None,
            vec![
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("code", "x"),
                ("code_verifier", VERIFIER),
            ],
            (400, "invalid_grant"),
        ),
    ];
    for (name, basic, fields, (status, error)) in rows {
        let [form, json] = both(&server, basic, &fields);
        for answer in [&form, &json] {
            assert_eq!(answer.refusal(), (status, error.to_owned()), "{name}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
            assert_eq!(answer.header("pragma"), Some("no-cache"), "{name}");
            let challenge = answer.header("www-authenticate");
            let expected = (status == 401 && basic.is_some())
                .then_some("Basic realm=\"keyfob\", charset=\"UTF-8\"");
            assert_eq!(challenge, expected, "{name}");
            let description = answer.json()["error_description"]
                .as_str()
                .unwrap()
                .to_owned();
            let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
            assert!(description.chars().all(allowed), "{name}: {description}");
            assert!(
                !answer.text.contains(&secret) && !answer.text.contains("wrong"),
                "{name}"
            );
        }
        // RFC 6749 §5.2 exactly, nothing more; the contract's has `detail` beside it.
        assert_eq!(form.json().as_object().unwrap().len(), 2, "{name}");
        assert_eq!(json.json().as_object().unwrap().len(), 3, "{name}");
        assert_eq!(
            json.json()["detail"],
            json.json()["error_description"],
            "{name}"
        );
        assert_eq!(
            json.json()["detail"],
            form.json()["error_description"],
            "{name}"
        );
    }
}

#[test]
fn a_success_has_all_six_members_in_the_contracts_dialect_and_only_those_with_a_value_in_the_other()
{
    let server = ready();
    let secret = server.secret_of("service");
    let [form, json] = both(
        &server,
        Some(("service", &secret)),
        &[("grant_type", "client_credentials")],
    );
    let names = |answer: &Answer| {
        let body = answer.json();
        body.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&form),
        ["access_token", "token_type", "expires_in", "scope"]
    );
    assert_eq!(
        names(&json),
        [
            "access_token",
            "token_type",
            "expires_in",
            "refresh_token",
            "scope",
            "id_token"
        ]
    );
    assert_eq!(json.json()["refresh_token"], Value::Null);
    assert_eq!(json.json()["id_token"], Value::Null);
    for answer in [form, json] {
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(answer.json()["expires_in"], 3600);
        assert_eq!(answer.json()["scope"], "openid profile");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
    }
}

#[test]
fn malformed_input_is_said_in_the_dialect_it_came_in_and_never_repeated() {
    let server = ready();
    let form = "application/x-www-form-urlencoded";
    let rows: [(&str, &[u8], u16, &str); 12] = [
        (form, b"", 401, "invalid_client"),
        (form, b"client_id=web", 400, "invalid_request"),
        (form, b"client_id=web&grant_type=", 400, "invalid_request"),
        (
            form,
            b"client_id=web&grant_type=password&password=canary",
            400,
            "unsupported_grant_type",
        ),
        (
            form,
            b"client_id=web&grant_type=x&grant_type=x",
            400,
            "invalid_request",
        ),
        (
            form,
            b"client_id=web&grant_type=refresh_token&canary=1&canary=2",
            400,
            "invalid_request",
        ),
        ("application/json", b"{\"grant_type\": \"canary\"}", 422, ""),
        (
            "application/json",
            b"{\"grant_type\": \"refresh_token\", \"refresh_token\": [\"canary\"]}",
            422,
            "",
        ),
        ("application/json", b"canary", 422, ""),
        ("application/json; charset=utf-8", b"[\"canary\"]", 422, ""),
        ("text/plain", b"grant_type=canary", 422, ""),
        ("multipart/form-data; boundary=x", b"--x\r\ncanary", 422, ""),
    ];
    for (content_type, body, status, error) in rows {
        let answer = server.send("POST", TOKEN, &[("content-type", content_type)], Some(body));
        let shown = String::from_utf8_lossy(body);
        assert_eq!(answer.status, status, "{shown}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{shown}");
        assert_eq!(answer.header("pragma"), Some("no-cache"), "{shown}");
        let is_canary_shown = answer.text.contains("canary") && !shown.contains("canary=1");
        assert!(!is_canary_shown, "{shown}: {}", answer.text);
        match status {
            422 => assert!(answer.json()["detail"].is_array(), "{shown}"),
            _ => assert_eq!(answer.json()["error"], error, "{shown}"),
        }
    }
    // RFC 6749 §2.3.1: not in the query.
    let secret = server.secret_of("service");
    let path = format!("{TOKEN}?client_id=service&client_secret={secret}");
    let answer = server.form(&path, None, &[("grant_type", "client_credentials")]);
    assert_eq!(answer.refusal(), (401, "invalid_client".into()));
}

// `fetch` with a text sends text/plain, and nothing told which header was missing.
#[test]
fn a_form_that_does_not_say_what_it_is_is_told_the_header() {
    let server = Server::start();
    let form = "grant_type=client_credentials";
    let rows: [&[(&str, &str)]; 2] = [&[], &[("Content-Type", "text/plain")]];
    for headers in rows {
        let answer = server.send("POST", TOKEN, headers, Some(form.as_bytes()));
        assert_eq!(answer.status, 422, "{}", answer.text);
        let error = &answer.json()["detail"][0];
        assert_eq!(error["loc"], serde_json::json!(["header", "content-type"]));
        assert_eq!(
            error["msg"],
            "The Content-Type header must be application/x-www-form-urlencoded or application/json"
        );
    }
}
