//! A client that nobody here vouches for makes no open redirector of this server (RFC 9700 §4.11.2).

use keyfob::config::Registration;
use serde_json::json;

use crate::support::{
    Server,
    browser::{Browser, authorize_path, challenge},
    web::{Reply, Web},
};

const CALLBACK: &str = "https://app.example/cb";

/// A server with a registered client, and the id of one that registered itself and of one that a document
/// describes.
fn ready(web: &Web) -> (Server, [String; 2]) {
    let server = Server::start_with(|told| {
        told.live.registration = Registration::Open;
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_ca_file = web.ca_file.clone();
    });
    server.person("ola");
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": [CALLBACK], "scope": "openid"}),
    );
    let mut metadata = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"], "client_name": "Anybody",
        "post_logout_redirect_uris": [CALLBACK], "scope": "openid"});
    let registered = server.json("/api/v1/oauth/register", &[], &metadata);
    assert_eq!(registered.status, 201, "{}", registered.text);
    let registered = registered.json()["client_id"].as_str().unwrap().to_owned();
    let document = format!("{}/client.json", web.url);
    metadata["client_id"] = json!(document);
    metadata.as_object_mut().unwrap().remove("scope");
    web.at("/client.json", Reply::json(&metadata));
    (server, [registered, document])
}

fn request(client_id: &str, changed: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters: Vec<(&str, &str)> = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "s"),
    ];
    parameters.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
    parameters.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    authorize_path(&parameters)
}

#[test]
fn an_error_before_the_person_has_done_anything_is_shown_and_not_sent_on() {
    let web = Web::https();
    let (server, unverified) = ready(&web);
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("response_type", "x")], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (&[("scope", "nothing:known")], "invalid_scope"),
        (&[("prompt", "none")], "login_required"),
        (
            &[("prompt", "none"), ("response_mode", "form_post")],
            "login_required",
        ),
        (&[("request", "x.y.z")], "invalid_request_object"),
    ];
    for (changed, code) in rows {
        for client_id in &unverified {
            let answer = server.get(&request(client_id, changed), &[]);
            let case = format!("{client_id} {changed:?}: {} {}", answer.status, answer.text);
            assert!((400..500).contains(&answer.status), "{case}");
            assert_eq!(answer.header("location"), None, "{case}");
            assert_eq!(answer.shown_error(), Some(*code), "{case}");
            assert!(!answer.text.contains(CALLBACK), "{case}");
        }
        // One that an operator registered is told (RFC 6749 §4.1.2.1).
        let answer = server.get(&request("web", changed), &[]);
        if changed.iter().all(|(name, _)| *name != "response_mode") {
            let to = answer.header("location").unwrap_or_default().to_owned();
            assert!(
                to.starts_with(CALLBACK) && to.contains(code),
                "{changed:?} {to}"
            );
        }
    }
}

#[test]
fn silence_is_no_consent_to_be_sent_on() {
    let web = Web::https();
    let (server, unverified) = ready(&web);
    for client_id in &unverified {
        let mut browser = Browser::new(&server);
        browser.carry(&server.signed_in("ola"));
        let answer = browser.get(&request(client_id, &[("prompt", "none")]));
        assert_eq!(answer.header("location"), None, "{client_id}");
        assert_eq!(answer.shown_error(), Some("consent_required"));
    }
}

#[test]
fn once_the_person_has_acted_the_client_is_told() {
    let web = Web::https();
    let (server, unverified) = ready(&web);
    for client_id in &unverified {
        let mut browser = Browser::new(&server);
        let to_login = browser.get(&request(client_id, &[]));
        let to_consent = browser.sign_in(&to_login, "ola");
        let denied = browser.decide(&to_consent, "deny");
        assert_eq!(denied.parameters()["error"], "access_denied", "{client_id}");
    }
}

// OIDC RP-Initiated Logout §6
#[test]
fn a_logout_without_a_hint_stays_here() {
    let web = Web::https();
    let (server, unverified) = ready(&web);
    let stays = |client_id: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", client_id);
        query.append_pair("post_logout_redirect_uri", CALLBACK);
        let path = format!("/api/v1/oauth/logout?{}", query.finish());
        let answer = server.get(&path, &[]);
        answer
            .header("location")
            .is_none_or(|to| to.starts_with("/logout/done"))
    };
    for client_id in &unverified {
        assert!(stays(client_id), "{client_id}");
    }
}
