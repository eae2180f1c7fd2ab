//! The four endpoints of the contract, sentence by sentence: what is not about delegation
//! and not about the cookie.

mod callers;
mod dialects;
mod time_zones;
mod userinfo;

use serde_json::json;

use crate::support::{Answer, Server, VERIFIER};

const TOKEN: &str = "/api/v1/oauth/token";
const USERINFO: &str = "/api/v1/oauth/userinfo";
const EVERYTHING: &str = "openid profile email address phone offline_access";

fn ready() -> Server {
    let server = Server::start();
    server.public_client("web", EVERYTHING);
    server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid profile"}),
    );
    server.user("u-ola", |_| {});
    server
}

fn redeem(server: &Server, sub: &str, scope: &str, more: &[(&str, &str)]) -> Answer {
    let code = server.code("web", sub, scope);
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    fields.extend_from_slice(more);
    server.form(TOKEN, None, &fields)
}

fn token_of(server: &Server, sub: &str, scope: &str) -> String {
    let answer = redeem(server, sub, scope, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn userinfo(server: &Server, token: &str) -> Answer {
    server.get(USERINFO, &[("authorization", &format!("Bearer {token}"))])
}
