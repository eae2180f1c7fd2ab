//! Discovery, the key set and the API description: kept by clients, and never out of date here.

use keyfob::{
    crypto::keys::Algorithm,
    domain::{name::ScopeName, scope::Scope, time::Lifetime},
};
use serde_json::json;

use crate::support::{Answer, Server};

const DOCUMENTS: [&str; 4] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/openapi.json",
];

fn etag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

// RFC 9110 §13.1.2
#[test]
fn who_has_a_document_is_not_sent_it_again() {
    let server = Server::start();
    for path in DOCUMENTS {
        let first = server.get(path, &[]);
        assert_eq!(first.status, 200, "{path}");
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
        let etag = etag(&first);
        // The same a second later, when it was written anew.
        server.clock.advance(Lifetime(1));
        assert_eq!(self::etag(&server.get(path, &[])), etag, "{path}");
        let rows = [
            (etag.clone(), 304),
            (format!("W/{etag}"), 304),
            (format!("\"another\", {etag}"), 304),
            ("*".into(), 304),
            ("\"another\"".into(), 200),
            (etag.replace('"', ""), 200),
        ];
        for (known, status) in rows {
            let answer = server.get(path, &[("if-none-match", &known)]);
            assert_eq!(answer.status, status, "{path} {known}");
            assert_eq!(answer.header("etag"), Some(&*etag), "{path} {known}");
            assert_eq!(answer.text.is_empty(), status == 304, "{path} {known}");
        }
    }
}

#[test]
fn a_change_shows_at_once() {
    let server = Server::start_without_keys(|told| told.live.id_token_alg = Algorithm::Es256);
    let scopes = |server: &Server| {
        server.get(DOCUMENTS[0], &[]).json()["scopes_supported"]
            .as_array()
            .unwrap()
            .len()
    };
    let before = (scopes(&server), etag(&server.get(DOCUMENTS[3], &[])));
    server.put(Scope {
        name: ScopeName::parse("notes:read").unwrap(),
        description: "Read your notes".into(),
        built_in: false,
        managed_by: None,
    });
    assert_eq!(scopes(&server), before.0 + 1);
    assert_ne!(etag(&server.get(DOCUMENTS[3], &[])), before.1);
    // The first client that needs RS256 gets a key for it.
    let keys = || {
        let jwks = server.get(DOCUMENTS[2], &[]).json();
        jwks["keys"].as_array().unwrap().len()
    };
    assert_eq!(keys(), 2);
    server.client(
        "rs",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "RS256", "scope": "openid",
               "redirect_uris": ["https://app.example/cb"]}),
    );
    assert_eq!(keys(), 3);
}
