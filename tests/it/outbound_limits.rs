//! What strangers can make this server fetch, and that they take nothing from registered clients by it.

use keyfob::{
    crypto::{keys::SigningKey, random},
    domain::time::Lifetime,
};
use serde_json::json;

use crate::support::{
    Answer, Server,
    browser::AUTHORIZE,
    jws,
    web::{Reply, Web},
};

const TOKEN: &str = "/api/v1/oauth/token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A server that may fetch from `web`, behind a proxy that says who asks.
fn server(web: &Web) -> Server {
    Server::start_with(|told| {
        told.config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_ca_file = web.ca_file.clone();
    })
}

/// The id of a client that describes itself, with its keys at `path`.
fn stranger(web: &Web, name: &str, path: &str) -> String {
    let id = format!("{}/c/{name}", web.url);
    let document = json!({
        "client_id": id, "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": format!("{}{path}", web.url),
    });
    let reply = Reply::json(&document).header("Cache-Control", "max-age=86400");
    web.at(&format!("/c/{name}"), reply);
    id
}

fn assertion(server: &Server, key: &SigningKey, client_id: &str) -> String {
    let now = server.app.now().0;
    jws::signed(
        key,
        &json!({"alg": "ES256", "kid": key.kid()}),
        &json!({"iss": client_id, "sub": client_id, "aud": server.url, "exp": now + 60,
                "jti": random::text(16), "client_id": client_id}),
    )
}

fn token(server: &Server, from: &str, key: &SigningKey, client_id: &str) -> Answer {
    let assertion = assertion(server, key, client_id);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion.as_str()),
    ];
    server.form_with(TOKEN, &[("x-forwarded-for", from)], &fields)
}

fn authorize(server: &Server, from: &str, key: &SigningKey, client_id: &str) -> Answer {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", client_id);
    query.append_pair("request", &assertion(server, key, client_id));
    let path = format!("{AUTHORIZE}?{}", query.finish());
    server.get(&path, &[("x-forwarded-for", from)])
}

type Ask = fn(&Server, &str, &SigningKey, &str) -> Answer;
/// Both ways in which a stranger has the keys of a client fetched.
const WAYS: [(&str, Ask); 2] = [("private_key_jwt", token), ("request", authorize)];

#[test]
fn an_address_that_fails_is_asked_once_a_minute_however_often_strangers_name_it() {
    for (way, ask) in WAYS {
        let web = Web::https();
        let (server, key) = (server(&web), jws::es256());
        let id = stranger(&web, "a", "/x404");
        for minute in 1..=2 {
            for i in 0..40 {
                ask(&server, &format!("192.0.2.{i}"), &key, &id);
            }
            assert_eq!(web.asked("/x404"), minute, "{way}");
            server.clock.advance(Lifetime::minutes(1));
        }
        assert_eq!(web.asked("/c/a"), 1, "{way}");
    }
}

#[test]
fn a_network_is_slowed_down_before_the_fetches_that_its_requests_start() {
    for (way, ask) in WAYS {
        let web = Web::https();
        let (server, key) = (server(&web), jws::es256());
        let ids: Vec<_> = (0..20)
            .map(|i| stranger(&web, &i.to_string(), &format!("/x404/{i}")))
            .collect();
        // A document and a key set each.
        let statuses = ids
            .iter()
            .map(|id| ask(&server, "192.0.2.1", &key, id).status);
        let statuses: Vec<_> = statuses.collect();
        assert_eq!(statuses[15..], [429; 5], "{way}");
        assert_eq!(web.requests().len(), 30, "{way}");
        let elsewhere = ask(&server, "192.0.2.2", &key, &ids[19]);
        assert_ne!(elsewhere.status, 429, "{way}");
        assert_eq!(web.requests().len(), 32, "{way}");
    }
}

#[test]
fn hanging_key_sets_of_strangers_do_not_hold_up_a_registered_client() {
    let web = Web::https();
    let (server, key) = (server(&web), jws::es256());
    web.at("/keys", Reply::json(&jws::key_set(&[&key])));
    server.client(
        "job",
        json!({"grant_types": ["client_credentials"], "scope": "openid",
               "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": format!("{}/keys", web.url)}),
    );
    web.hold("/hang");
    std::thread::scope(|scope| {
        for i in 0..40 {
            let id = stranger(&web, &i.to_string(), &format!("/hang/{i}"));
            let (server, key) = (&server, &key);
            scope.spawn(move || token(server, &format!("192.0.2.{i}"), key, &id));
        }
        // As many of one host as strangers may have under way.
        web.await_held(4);
        let honest = token(&server, "192.0.2.200", &key, "job");
        assert_eq!(honest.status, 200, "{}", honest.text);
        // A stranger without a place is not told that its proof is wrong: nobody has looked at it.
        let late = stranger(&web, "late", "/hang/late");
        let answer = token(&server, "192.0.2.201", &key, &late);
        assert_eq!(answer.refusal(), (503, "temporarily_unavailable".into()));
        assert_eq!(answer.header("retry-after"), Some("1"));
        web.release();
    });
}
