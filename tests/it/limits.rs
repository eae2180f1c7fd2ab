//! What a request costs is bounded, whoever sends it (rule D12).

use serde_json::{Map, Value, json};

use crate::admin_api::Console;
use crate::support::{
    Answer, Server,
    browser::{AUTHORIZE, Browser},
    jws::{es256, key_set, signed},
};

const TOKEN: &str = "/api/v1/oauth/token";
const PAR: &str = "/api/v1/oauth/par";
/// The most parameters that a request may have.
const MOST: usize = 200;

fn with_client() -> (Server, String) {
    let server = Server::start();
    let secret = server.client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post",
               "scope": "openid"}),
    );
    (server, secret)
}

/// `fields` and as many others as make `count` in all.
fn filled(fields: &[(&str, &str)], count: usize) -> Vec<(String, String)> {
    let given = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let others = (0..count - fields.len()).map(|at| (format!("x{at}"), "1".to_owned()));
    given.chain(others).collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn object(pairs: &[(String, String)]) -> Value {
    let members = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn query(path: &str, pairs: &[(String, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("{path}?{}", query.finish())
}

// RFC 6749 §3.2 has every parameter compared with every other: that must not grow without bound.
#[test]
fn more_than_200_parameters_are_refused_by_every_reader() {
    let (server, secret) = with_client();
    let key = es256();
    server.client(
        "app",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"], "scope": "openid", "jwks": key_set(&[&key])}),
    );
    let grant = [
        ("grant_type", "client_credentials"),
        ("client_id", "service"),
        ("client_secret", secret.as_str()),
    ];
    let now = server.app.now().0;
    let request_object = |count: usize| {
        let fields = [
            ("client_id", "app"),
            ("response_type", "code"),
            ("redirect_uri", "https://app.example/cb"),
            ("scope", "openid"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
        ];
        let mut claims = object(&filled(&fields, count));
        for (name, value) in [
            ("iss", json!("app")),
            ("aud", json!(server.url)),
            ("iat", json!(now)),
            ("exp", json!(now + 60)),
        ] {
            claims[name] = value;
        }
        signed(
            &key,
            &json!({"alg": key.algorithm().as_str(), "kid": key.kid(), "typ": "oauth-authz-req+jwt"}),
            &claims,
        )
    };
    type Reader<'a> = (&'a str, u16, Box<dyn Fn(usize) -> Answer + 'a>);
    let readers: Vec<Reader> = vec![
        (
            "form",
            200,
            Box::new(|count| server.form(TOKEN, None, &borrowed(&filled(&grant, count)))),
        ),
        (
            "JSON",
            200,
            Box::new(|count| server.json(TOKEN, &[], &object(&filled(&grant, count)))),
        ),
        (
            "JSON, a list",
            // One that may be repeated, of no resource that is registered.
            400,
            Box::new(|count| {
                let mut body = object(&filled(&grant, grant.len()));
                body["resource"] = json!(vec!["https://api.example/"; count - grant.len()]);
                server.json(TOKEN, &[], &body)
            }),
        ),
        (
            "query",
            400,
            Box::new(|count| {
                server.get(
                    &query(AUTHORIZE, &filled(&[("client_id", "x")], count)),
                    &[],
                )
            }),
        ),
        (
            "form of a page",
            400,
            Box::new(|count| {
                Browser::new(&server).post("/login", &borrowed(&filled(&[("csrf", "x")], count)))
            }),
        ),
        (
            "request object",
            201,
            Box::new(|count| {
                let object = request_object(count);
                server.form(PAR, None, &[("client_id", "app"), ("request", &object)])
            }),
        ),
    ];
    for (reader, status, send) in readers {
        let most = send(MOST);
        assert_eq!(most.status, status, "{reader}: {}", most.text);
        assert!(
            !most.text.contains("at most 200"),
            "{reader}: {}",
            most.text
        );
        let more = send(MOST + 1);
        assert_eq!(more.status, 400, "{reader}: {}", more.text);
        assert!(more.text.contains("at most 200"), "{reader}: {}", more.text);
    }
}

// The contract's dialect has it in its own shape: the OAuth error, with its text in `detail`.
#[test]
fn a_json_body_of_thousands_of_members_is_refused_in_the_contracts_shape() {
    let (server, _) = with_client();
    let body = object(&filled(&[("grant_type", "client_credentials")], 4_000));
    let answer = server.json(TOKEN, &[], &body);
    let said = "The request must have at most 200 parameters.";
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({"error": "invalid_request", "error_description": said, "detail": said})
    );
}

#[test]
fn a_query_of_the_admin_api_has_at_most_200_parameters() {
    let console = Console::start();
    let ask = |count: usize| console.get(&format!("/users?{}", vec!["q=a"; count].join("&")));
    assert!(!ask(MOST).text.contains("at most 200"));
    let answer = ask(MOST + 1);
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("at most 200"), "{}", answer.text);
}

// A body of 64 KB was once answered by 3 MB of errors.
#[test]
fn a_422_lists_at_most_100_errors_and_says_that_there_are_more() {
    let server = Server::start();
    let bodies = [
        (TOKEN, "resource", vec![json!(1); 20_000]),
        (TOKEN, "resource", vec![json!(1); 100]),
        (TOKEN, "resource", vec![json!(1); 101]),
    ];
    for (path, name, items) in bodies {
        let count = items.len();
        let mut body = json!({"grant_type": "client_credentials"});
        body[name] = Value::Array(items);
        let answer = server.json(path, &[], &body);
        assert_eq!(answer.status, 422);
        let errors = answer.json()["detail"].as_array().unwrap().clone();
        assert_eq!(errors.len(), 100, "{count}");
        let first = json!({"loc": ["body", name, 0], "msg": "Input should be a valid string", "type": "string_type"});
        assert_eq!(errors[0], first);
        let more = json!({"loc": ["body"], "msg": "The body has more errors than are listed here",
                          "type": "too_many_errors"});
        assert_eq!(errors.contains(&more), count > 100, "{count}");
    }
    let wrong: Map<String, Value> = (0..6_000).map(|at| (format!("{at:x}"), json!(1))).collect();
    let answer = server.json(TOKEN, &[], &Value::Object(wrong));
    assert_eq!(answer.json()["detail"].as_array().unwrap().len(), 100);
}
