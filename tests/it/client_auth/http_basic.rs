//! The secret of a client in the `Authorization` header.

use keyfob::crypto::hash;

use super::{TOKEN, invalid_client, machine, send};
use crate::support::Server;

// RFC 6749 §2.3.1 wants both halves form-encoded; RFC 7617 §2 and `curl -u` send them as they are.
#[test]
fn a_chosen_secret_is_taken_form_encoded_and_as_it_is() {
    let server = Server::start();
    let chosen = "p+q/r=s%t:u v";
    server.client("web", machine("client_secret_basic"));
    server.choose_secret("web", chosen);
    let grant = [("grant_type", "client_credentials")];
    let with = |password: &str| {
        let header = format!(
            "Basic {}",
            hash::base64(format!("web:{password}").as_bytes())
        );
        send(&server, Some(&header), &grant)
    };
    let encoded: String = url::form_urlencoded::byte_serialize(chosen.as_bytes()).collect();
    for password in [chosen, &encoded] {
        let answer = with(password);
        assert_eq!(answer.status, 200, "{password} {}", answer.text);
    }
    // A secret that can be read in two ways is one guess, and 15 of them are free.
    for n in 0..15 {
        assert_eq!(with(&format!("a+b{n}")).refusal(), invalid_client(), "{n}");
    }
    assert_eq!(with("a+b").refusal(), (429, "slow_down".into()));
}

// RFC 9110 §11.6.2: a request has one Authorization header.
#[test]
fn two_authorization_headers_are_refused_wherever_one_is_taken() {
    let server = Server::start();
    let secret = server.client("web", machine("client_secret_basic"));
    let basic = format!("Basic {}", hash::base64(format!("web:{secret}").as_bytes()));
    let form = "content-type: application/x-www-form-urlencoded";
    let posts = [
        ("token", "grant_type=client_credentials"),
        ("par", "client_id=web"),
        ("introspect", "token=x"),
        ("revoke", "token=x"),
        ("device_authorization", "scope=openid"),
    ];
    for (endpoint, body) in posts {
        for second in [basic.as_str(), "Bearer x"] {
            let answer = server.raw(
                format!(
                    "POST /api/v1/oauth/{endpoint} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{form}\r\n\
                     authorization: {basic}\r\nauthorization: {second}\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .as_bytes(),
            );
            assert!(answer.starts_with("HTTP/1.1 400"), "{endpoint} {answer}");
            assert!(
                answer.contains(r#""error":"invalid_request","error_description":"Send only one Authorization header.""#),
                "{endpoint} {answer}"
            );
        }
    }
    let token = server.form(
        TOKEN,
        Some(("web", &secret)),
        &[("grant_type", "client_credentials")],
    );
    let token = token.json()["access_token"].as_str().unwrap().to_owned();
    for path in ["/api/v1/oauth/userinfo", "/admin/api/v1/clients"] {
        let answer = server.raw(
            format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                 authorization: Bearer {token}\r\nauthorization: Bearer {token}\r\n\r\n"
            )
            .as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 400"), "{path} {answer}");
    }
}
