//! Redirect URIs that are not https: what an operator may register, what clients may register of themselves, and where
//! a browser is sent (RFC 8252 §7.1, RFC 9700 §2.6).

use keyfob::config::{Mode, Registration, settings::Settings};
use serde_json::{Value, json};

use crate::{
    admin_api::Console,
    support::{
        Answer, Server,
        browser::{authorize_path, challenge},
        send,
    },
};

const REGISTER: &str = "/api/v1/oauth/register";

fn open(told: &mut Settings) {
    told.live.registration = Registration::Open;
}

/// What a server is told.
type Change = fn(&mut Settings);

/// Registers with more than the description tells of.
fn send_anything(server: &Server, members: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    let body = members.to_string();
    send(
        &server.url,
        "POST",
        REGISTER,
        &headers,
        Some(body.as_bytes()),
    )
}

fn asked(client_id: &str, redirect_uri: &str) -> String {
    authorize_path(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", "openid"),
        ("prompt", "none"),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
    ])
}

#[test]
fn an_operator_registers_schemes_without_a_dot_and_addresses_of_private_networks() {
    let console = Console::start();
    let rows = [
        ("cursor://anysphere.cursor-mcp/oauth/callback", true),
        ("audiobookshelf://oauth", true),
        ("oc://android.owncloud.com", true),
        ("http://192.168.1.10:3000/cb", true),
        ("http://app.localhost:8000/cb", true),
        ("http://host.docker.internal/cb", true),
        ("http://app.test/cb", true),
        ("http://8.8.8.8/cb", false),
        ("http://app.example/cb", false),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("urn:ietf:wg:oauth:2.0:oob", false),
    ];
    for (i, (uri, good)) in rows.into_iter().enumerate() {
        let client = json!({"client_id": format!("c-{i}"), "redirect_uris": [uri], "scope": "openid",
            "token_endpoint_auth_method": "none"});
        let made = console.post("/clients", &client);
        assert_eq!(
            made.status,
            if good { 201 } else { 422 },
            "{uri}: {}",
            made.text
        );
    }
}

#[test]
fn a_browser_is_sent_to_a_private_network_only_where_the_operator_says_so() {
    let rows: [(Change, bool); 3] = [
        (|_| {}, false),
        (|told| told.live.allow_insecure_redirects = true, true),
        (|told| told.config.mode = Mode::Dev, true),
    ];
    for (change, allowed) in rows {
        let server = Server::start_with(change);
        let uris = [
            "http://192.168.1.10:3000/cb",
            "http://app.test/cb",
            "app:/cb",
            "http://localhost/cb",
        ];
        server.client(
            "web",
            json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "redirect_uris": uris,
                   "post_logout_redirect_uris": uris, "scope": "openid"}),
        );
        for uri in uris {
            let is_insecure = uri.starts_with("http:") && !uri.contains("//localhost");
            let answer = server.get(&asked("web", uri), &[]);
            let is_sent = answer
                .header("location")
                .is_some_and(|to| to.starts_with(uri));
            assert_eq!(is_sent, allowed || !is_insecure, "{uri} {allowed}");
            if !is_sent {
                assert_eq!(answer.shown_error(), Some("invalid_request"), "{uri}");
                assert!(
                    answer.text.contains("allow_insecure_redirects"),
                    "{}",
                    answer.text
                );
            }
            let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
            let logout =
                format!("/api/v1/oauth/logout?client_id=web&post_logout_redirect_uri={encoded}");
            let status = server.get(&logout, &[]).status;
            assert_eq!(status, if is_sent { 303 } else { 400 }, "{uri} {allowed}");
        }
    }
}

// RFC 7591 §2: what the server does not take is left out, as long as one is left.
#[test]
fn a_registration_keeps_what_it_can() {
    let server = Server::start_with(open);
    let register = |members: Value| send_anything(&server, &members);
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let rows = [
        (
            "redirect_uris",
            json!([
                "https://a.example/cb",
                "app:/cb",
                "http://127.0.0.1/cb",
                "http://10.0.0.1/cb",
                "javascript:x",
                ""
            ]),
            json!(["https://a.example/cb", "http://127.0.0.1/cb"]),
        ),
        (
            "redirect_uris",
            json!([
                "cursor://anysphere.cursor-mcp/cb",
                "VSCode://x/cb",
                "slack://x/cb",
                "com.example.app:/cb"
            ]),
            json!([
                "cursor://anysphere.cursor-mcp/cb",
                "VSCode://x/cb",
                "com.example.app:/cb"
            ]),
        ),
        (
            "post_logout_redirect_uris",
            json!(["http://a.example/", "https://a.example/bye"]),
            json!(["https://a.example/bye"]),
        ),
        (
            "grant_types",
            json!([
                "authorization_code",
                "implicit",
                "client_credentials",
                "password",
                "refresh_token",
                device
            ]),
            json!(["authorization_code", "refresh_token", device]),
        ),
        (
            "response_types",
            json!(["code", "id_token", "token"]),
            json!(["code"]),
        ),
    ];
    for (member, sent, kept) in rows {
        let mut members = json!({"redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "none"});
        members[member] = sent;
        let answer = register(members);
        assert_eq!(answer.status, 201, "{member}: {}", answer.text);
        assert_eq!(answer.json()[member], kept, "{member}");
    }
    let refused = [
        (
            json!({"redirect_uris": ["app:/cb", "slack://x"]}),
            "redirect_uris[0]",
        ),
        (
            json!({"redirect_uris": ["http://10.0.0.1/cb"]}),
            "redirect_uris[0]",
        ),
        (
            json!({"redirect_uris": ["https://a.example/cb"], "post_logout_redirect_uris": ["app:/cb"]}),
            "post_logout_redirect_uris[0]",
        ),
        (
            json!({"redirect_uris": ["https://a.example/cb"], "grant_types": ["implicit", "client_credentials"]}),
            "grant_types[0]",
        ),
        (
            json!({"redirect_uris": ["https://a.example/cb"], "response_types": ["id_token", "token"]}),
            "response_types",
        ),
    ];
    for (members, member) in refused {
        let answer = register(members.clone());
        assert_eq!(answer.status, 400, "{members}");
        let description = answer.json()["error_description"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(description.starts_with(member), "{members}: {description}");
    }
}

#[test]
fn the_schemes_of_registrations_are_a_setting() {
    let server = Server::start_with(|told| {
        open(told);
        told.live.registration_redirect_schemes = vec!["notes".into()];
    });
    for (uri, status) in [
        ("notes://cb", 201),
        ("cursor://cb", 400),
        ("com.example.app:/cb", 201),
    ] {
        let members = json!({"redirect_uris": [uri], "token_endpoint_auth_method": "none"});
        assert_eq!(server.json(REGISTER, &[], &members).status, status, "{uri}");
    }
}

// Some clients send every member that they know, empty.
#[test]
fn an_empty_member_of_a_registration_is_as_good_as_none() {
    let server = Server::start_with(open);
    let members = json!({"redirect_uris": ["https://a.example/cb"], "client_uri": "", "logo_uri": "", "tos_uri": "",
        "policy_uri": "", "jwks_uri": "", "scope": "", "token_endpoint_auth_method": "", "subject_type": "",
        "application_type": "", "id_token_signed_response_alg": "", "id_token_encrypted_response_alg": ""});
    let answer = send_anything(&server, &members);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let registered = answer.json();
    assert_eq!(
        registered["token_endpoint_auth_method"],
        "client_secret_basic"
    );
    assert_eq!(registered["id_token_signed_response_alg"], "RS256");
    assert!(registered["scope"].as_str().unwrap().contains("openid"));
    assert_eq!(registered.get("logo_uri"), None);
}
