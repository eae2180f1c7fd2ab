//! Protected-resource metadata (RFC 9728): served for the resources to copy or to pass on.

use serde_json::json;

use crate::support::Server;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

fn ready() -> Server {
    let server = Server::start();
    server.resource(
        "https://api.example.com/notes",
        "notes:read notes:write",
        None,
    );
    server.resource("https://mcp.example.com", "mcp:tools", Some("gateway"));
    server.resource("https://a.example.com/same", "", None);
    server.resource("https://b.example.com/same", "", None);
    server.resource(&format!("{}/same", server.url), "", None);
    server.resource("https://a.example.com/twice", "", None);
    server.resource("https://b.example.com/twice", "", None);
    server
}

// RFC 9728 §2, §3.2
#[test]
fn a_resource_is_described_by_its_uri() {
    let server = ready();
    let metadata = server.get("/.well-known/oauth-authorization-server", &[]);
    let algorithms = metadata.json()["dpop_signing_alg_values_supported"].clone();
    assert!(algorithms.is_array());
    let notes = "https%3A%2F%2Fapi.example.com%2Fnotes";
    let answer = server.get(
        &format!("{WELL_KNOWN}?resource={notes}"),
        &[("origin", "https://x.example")],
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        answer.json(),
        json!({
            "resource": "https://api.example.com/notes",
            "resource_name": "https://api.example.com/notes",
            "authorization_servers": [server.url],
            "scopes_supported": ["notes:read", "notes:write"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": algorithms,
        })
    );
}

#[test]
fn the_server_itself_has_what_belongs_to_no_resource() {
    let server = ready();
    let own = server.get(WELL_KNOWN, &[]).json();
    assert_eq!(own["resource"], json!(server.url));
    let scopes = own["scopes_supported"].as_array().unwrap();
    for name in ["openid", "keyfob:delegate"] {
        assert!(scopes.contains(&json!(name)), "{name}");
    }
    for name in ["notes:read", "mcp:tools"] {
        assert!(!scopes.contains(&json!(name)), "{name}");
    }
}

// RFC 9728 §3.1
#[test]
fn a_resource_is_found_by_its_path_if_that_is_one_resource() {
    let server = ready();
    let url = server.url.as_str();
    let same = format!("{url}/same");
    let rows = [
        ("/notes", Some("https://api.example.com/notes")),
        ("/same", Some(same.as_str())),
        ("/twice", None),
        ("/unknown", None),
        ("/", Some(url)),
        (
            "?resource=https://mcp.example.com",
            Some("https://mcp.example.com"),
        ),
        (
            "?resource=https://MCP.example.com/",
            Some("https://mcp.example.com"),
        ),
        ("?resource=https://evil.example", None),
        ("?resource=", Some(url)),
    ];
    for (rest, resource) in rows {
        // Whatever Host says, it is the same.
        for host in ["b.example.com", "evil.example"] {
            let answer = server.get(
                &format!("{WELL_KNOWN}{rest}"),
                &[("x-forwarded-host", host)],
            );
            match resource {
                Some(resource) => assert_eq!(answer.json()["resource"], resource, "{rest}"),
                None => {
                    assert_eq!(answer.status, 404, "{rest}");
                    assert_eq!(answer.json()["detail"], "Not Found", "{rest}");
                }
            }
        }
    }
}
