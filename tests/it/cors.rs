//! Which pages of other origins may read an answer (rules B93, B91).

use serde_json::json;

use crate::support::{Answer, Server};

const TOKEN: &str = "/api/v1/oauth/token";

fn ready() -> Server {
    // With those on, a preflight may be for a client whose document is still to be fetched.
    let server = Server::start_with(|told| told.live.client_metadata_documents = false);
    server.client(
        "spa",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://spa.example/cb"], "cors_origins": ["https://more.example"]}),
    );
    server.client(
        "native",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["http://127.0.0.1/cb"]}),
    );
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "client_secret_basic",
               "redirect_uris": ["https://web.example/cb"]}),
    );
    server
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

fn preflight(server: &Server, path: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization, content-type, dpop",
        ),
    ];
    server.send("OPTIONS", path, &headers, None)
}

#[test]
fn metadata_and_keys_are_for_everybody_and_never_with_credentials() {
    let server = ready();
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ] {
        let answer = server.get(path, &[("origin", "https://anywhere.example")]);
        assert_eq!(
            (answer.status, allowed(&answer)),
            (200, Some("*")),
            "{path}"
        );
        assert!(answer.header("access-control-allow-credentials").is_none());
        assert_eq!(
            preflight(&server, path, "https://anywhere.example").status,
            204
        );
    }
}

#[test]
fn before_a_client_is_known_the_origins_of_all_clients_may_ask() {
    let server = ready();
    let rows = [
        ("https://spa.example", true),
        ("https://more.example", true),
        ("http://127.0.0.1:5173", true),
        ("http://localhost:5173", true),
        ("https://web.example", false),
        ("https://evil.example", false),
        ("https://spa.example.evil.example", false),
        ("http://spa.example", false),
        ("null", false),
    ];
    for path in [
        TOKEN,
        "/token",
        "/api/v1/oauth/userinfo",
        "/api/v1/oauth/revoke",
        "/api/v1/oauth/par",
        "/api/v1/oauth/device_authorization",
        "/api/v1/oauth/delegated-token",
    ] {
        for (origin, is_allowed) in rows {
            let answer = preflight(&server, path, origin);
            assert_eq!(answer.status, 204, "{path}");
            let expected = is_allowed.then_some(origin);
            assert_eq!(allowed(&answer), expected, "{path} {origin}");
            if is_allowed {
                let headers = answer.header("access-control-allow-headers").unwrap();
                assert_eq!(headers, "authorization, content-type, dpop");
            }
            assert!(
                answer
                    .header("vary")
                    .unwrap()
                    .to_lowercase()
                    .contains("origin")
            );
        }
    }
}

#[test]
fn once_it_is_known_which_client_asks_its_own_origins_count() {
    let server = ready();
    let ask = |client_id: &str, origin: &str| {
        let body =
            format!("grant_type=authorization_code&client_id={client_id}&code=x&code_verifier=y");
        let headers = [
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        server.send("POST", TOKEN, &headers, Some(body.as_bytes()))
    };
    let rows = [
        ("spa", "https://spa.example", true),
        ("spa", "https://more.example", true),
        ("native", "http://127.0.0.1:5173", true),
        ("spa", "http://127.0.0.1:5173", false),
        ("native", "https://spa.example", false),
        ("web", "https://spa.example", false),
        ("nobody", "https://spa.example", false),
    ];
    for (client_id, origin, is_allowed) in rows {
        let answer = ask(client_id, origin);
        assert!((400..402).contains(&answer.status), "{}", answer.text);
        assert_eq!(
            allowed(&answer),
            is_allowed.then_some(origin),
            "{client_id} {origin}"
        );
        if is_allowed {
            let exposed = answer.header("access-control-expose-headers").unwrap();
            assert!(exposed.contains("WWW-Authenticate") && exposed.contains("DPoP-Nonce"));
        }
    }
}

// Clients by metadata document may have their pages anywhere: that must open nothing to the others.
#[test]
fn where_documents_are_on_any_page_may_ask_and_a_registered_client_answers_its_own_alone() {
    let server = Server::start();
    let metadata = json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                          "redirect_uris": ["https://spa.example/cb"]});
    server.client("spa", metadata);
    let asked = preflight(&server, TOKEN, "https://anywhere.example");
    assert_eq!(allowed(&asked), Some("https://anywhere.example"));
    assert_eq!(
        allowed(&preflight(&server, TOKEN, "null")),
        None,
        "a page without an origin"
    );
    let ask = |client: &str, origin: &str| {
        let headers = [
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("grant_type=authorization_code&code=x&code_verifier=y{client}");
        server.send("POST", TOKEN, &headers, Some(body.as_bytes()))
    };
    let rows = [
        ("&client_id=spa", "https://spa.example", true),
        ("&client_id=spa", "https://anywhere.example", false),
        ("&client_id=spa", "null", false),
        ("", "https://anywhere.example", false),
        ("", "https://spa.example", true),
    ];
    for (client, origin, is_allowed) in rows {
        let answer = ask(client, origin);
        let expected = is_allowed.then_some(origin);
        assert_eq!(allowed(&answer), expected, "{client} {origin}");
    }
}

#[test]
fn pages_introspection_and_the_admin_api_are_for_nobody_else() {
    let server = ready();
    for path in [
        "/api/v1/oauth/authorize",
        "/authorize",
        "/api/v1/oauth/introspect",
        "/api/v1/oauth/logout",
        "/login",
        "/admin/api/v1/clients",
    ] {
        let answer = preflight(&server, path, "https://spa.example");
        assert!(allowed(&answer).is_none(), "{path}");
        let answer = server.get(path, &[("origin", "https://spa.example")]);
        assert!(allowed(&answer).is_none(), "{path}");
    }
}

// Older MCP clients guess the addresses.
#[test]
fn the_endpoints_answer_at_the_root_too_and_nothing_well_known_is_html() {
    let server = ready();
    let page = server.get("/authorize?client_id=nobody", &[]);
    assert_eq!(page.status, 400);
    assert!(page.text.contains("Unknown client_id"));
    let answer = server.form("/token", None, &[("grant_type", "client_credentials")]);
    assert_eq!(answer.refusal(), (401, "invalid_client".into()));
    let missing = server.get("/.well-known/nothing", &[("accept", "text/html")]);
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("content-type"), Some("application/json"));
}

fn preflight_with(server: &Server, path: &str, headers: Option<&str>) -> Answer {
    let mut sent = vec![
        ("origin", "https://spa.example"),
        ("access-control-request-method", "POST"),
    ];
    sent.extend(headers.map(|headers| ("access-control-request-headers", headers)));
    server.send("OPTIONS", path, &sent, None)
}

// The Fetch standard, §3.2.3. MCP clients, tracing and caching have headers of their own.
#[test]
fn an_allowed_page_may_send_any_header_everywhere() {
    let server = ready();
    let paths = [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
        "/.well-known/jwks.json",
        "/openapi.json",
        TOKEN,
        "/api/v1/oauth/userinfo",
        "/api/v1/oauth/revoke",
        "/api/v1/oauth/par",
        "/api/v1/oauth/device_authorization",
        "/api/v1/oauth/delegated-token",
        "/api/v1/oauth/principal-token",
    ];
    let asked = "authorization,cache-control,mcp-protocol-version,sentry-trace,traceparent,x-requested-with";
    for path in paths {
        let answer = preflight_with(&server, path, Some(asked));
        assert_eq!(answer.status, 204, "{path}");
        assert!(allowed(&answer).is_some(), "{path}");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            Some(asked),
            "{path}"
        );
        let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
        assert!(
            vary.iter()
                .any(|name| *name == "access-control-request-headers"),
            "{path}"
        );
        // None that are asked for, or more than any page has.
        for headers in [None, Some("x-a,".repeat(300))] {
            let answer = preflight_with(&server, path, headers.as_deref());
            let allowed = answer.header("access-control-allow-headers").unwrap();
            assert!(
                allowed.contains("Authorization") && allowed.len() < 200,
                "{path}"
            );
        }
    }
    let foreign = preflight(&server, TOKEN, "https://evil.example");
    assert_eq!(foreign.header("access-control-allow-headers"), None);
}
