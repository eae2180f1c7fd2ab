//! Clients that their client ID metadata document describes
//! (draft-ietf-oauth-client-id-metadata-document), as MCP clients are.

mod rules;

use keyfob::{
    app::upkeep,
    config::settings::Settings,
    crypto::{
        hash,
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{client::Client, resource::ResourceUri, time::Lifetime},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Server, VERIFIER,
    browser::{AUTHORIZE, Browser, authorize_path, challenge},
    claims,
    web::{Reply, Web},
};

const TOKEN: &str = "/api/v1/oauth/token";
const PATH: &str = "/client.json";
const CALLBACK: &str = "https://app.example/cb";

/// A server that may fetch from `web`.
fn server(web: &Web) -> Server {
    server_with(web, |_| {})
}

fn server_with(web: &Web, change: impl FnOnce(&mut Settings)) -> Server {
    let server = Server::start_with(|told| {
        told.live.outbound_allow = vec!["127.0.0.1/32".parse().unwrap()];
        told.live.outbound_ca_file = web.ca_file.clone();
        change(told);
    });
    server.person("ola");
    server
}

fn id(web: &Web) -> String {
    format!("{}{PATH}", web.url)
}

/// What an MCP client publishes of itself.
fn document(web: &Web) -> Value {
    json!({
        "client_id": id(web), "client_name": "Notes for Claude", "client_uri": "https://app.example",
        "redirect_uris": [CALLBACK, "http://127.0.0.1/callback", "http://localhost/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

fn with(mut document: Value, name: &str, value: Value) -> Value {
    document[name] = value;
    document
}

fn publish(web: &Web, document: &Value) {
    web.at(
        PATH,
        Reply::json(document).header("Cache-Control", "max-age=600"),
    );
}

/// The parameters of an authorization request.
fn request<'a>(client_id: &'a str, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid offline_access"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", "s"),
    ]
}

/// What the authorization endpoint says first.
fn ask(server: &Server, client_id: &str) -> Answer {
    let challenge = challenge();
    server.get(&authorize_path(&request(client_id, &challenge)), &[])
}

/// Signs in, allows it, and redeems the code.
fn tokens(server: &Server, client_id: &str) -> Value {
    let challenge = challenge();
    let mut browser = Browser::new(server);
    let answer = browser.authorize(&request(client_id, &challenge), "ola");
    let code = answer.parameters()["code"].clone();
    let redeemed = redeem(server, client_id, &code);
    assert_eq!(redeemed.status, 200, "{}", redeemed.text);
    redeemed.json()
}

fn redeem(server: &Server, client_id: &str, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    server.form(TOKEN, None, &fields)
}

fn refresh(server: &Server, client_id: &str, tokens: &Value) -> Answer {
    let token = tokens["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", token),
    ];
    server.form(TOKEN, None, &fields)
}

fn userinfo(server: &Server, tokens: &Value) -> u16 {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    server
        .get("/api/v1/oauth/userinfo", &[("authorization", &bearer)])
        .status
}

#[test]
fn a_client_that_nobody_registered_signs_a_user_in() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server(&web);
    let client_id = id(&web);
    let challenge = challenge();
    let mut browser = Browser::new(&server);
    let login = browser.get(&authorize_path(&request(&client_id, &challenge)));
    let consent = browser.sign_in(&login, "ola");
    let page = browser.follow(&consent);
    // The hosts are what tells such clients apart; what they call themselves is what they say.
    let host = web.url.strip_prefix("https://").unwrap();
    assert!(page.text.contains("Notes for Claude") && page.text.contains(r#"id="unverified""#));
    // However the template breaks its lines.
    let words: Vec<_> = page.text.split_whitespace().collect();
    let named = format!("<dd>{host} <code>{client_id}</code>");
    assert!(words.join(" ").contains(&named), "{}", page.text);
    assert!(page.text.contains("<dd>app.example</dd>"), "{}", page.text);
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let allow = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    let answer = browser.post("/consent", &allow);
    let redeemed = redeem(&server, &client_id, &answer.parameters()["code"]);
    assert_eq!(redeemed.status, 200, "{}", redeemed.text);
    let tokens = redeemed.json();
    assert_eq!(claims(&tokens["access_token"])["client_id"], client_id);
    assert_eq!(claims(&tokens["id_token"])["aud"], client_id);
    assert_eq!(userinfo(&server, &tokens), 200);
    assert_eq!(refresh(&server, &client_id, &tokens).status, 200);
    // The consent is remembered, and the document was fetched once.
    let silent = browser.get(&authorize_path(
        &[request(&client_id, &challenge), vec![("prompt", "none")]].concat(),
    ));
    assert!(silent.parameters().contains_key("code"));
    assert_eq!(web.asked(PATH), 1);
}

// RFC 8252 §7.3: a native client listens where a port is free.
#[test]
fn a_loopback_address_without_a_port_matches_any_and_the_page_warns() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server(&web);
    let (client_id, challenge) = (id(&web), challenge());
    for (redirect_uri, status) in [
        ("http://127.0.0.1:33418/callback", 303),
        ("http://localhost:33418/callback", 303),
        ("http://127.0.0.1:33418/other", 400),
        ("http://127.0.0.1:1@evil.example/callback", 400),
        ("https://evil.example/cb", 400),
    ] {
        let mut parameters = request(&client_id, &challenge);
        parameters[2].1 = redirect_uri;
        let mut browser = Browser::new(&server);
        let answer = browser.get(&authorize_path(&parameters));
        assert_eq!(answer.status, status, "{redirect_uri}: {}", answer.text);
        if status == 303 {
            let consent = browser.sign_in(&answer, "ola");
            let page = browser.follow(&consent);
            assert!(
                page.text.contains("an app on this computer"),
                "{redirect_uri}"
            );
        }
    }
}

#[test]
fn what_only_an_operator_may_say_is_left_out_and_scopes_are_clipped() {
    let web = Web::https();
    let operators = json!({"require_consent": false, "require_pkce": false, "allowed_resources": null,
        "scope": "openid keyfob:admin notes:read", "access_token_lifetime": 86400});
    let mut document = document(&web);
    document
        .as_object_mut()
        .unwrap()
        .extend(operators.as_object().unwrap().clone());
    publish(&web, &document);
    let server = server(&web);
    let (client_id, challenge) = (id(&web), challenge());
    // The user is asked, whatever the document says.
    let mut other = Browser::new(&server);
    let login = other.get(&authorize_path(&request(&client_id, &challenge)));
    assert!(other.sign_in(&login, "ola").leads_to("/consent"));
    let mut parameters = request(&client_id, &challenge);
    parameters[3].1 = "openid keyfob:admin notes:read";
    let mut browser = Browser::new(&server);
    let answer = browser.authorize(&parameters, "ola");
    let granted = redeem(&server, &client_id, &answer.parameters()["code"]).json();
    assert_eq!(granted["scope"], "openid");
    assert_eq!(granted["expires_in"], 3600);
    // PKCE is never left out.
    parameters.retain(|(name, _)| !name.starts_with("code_challenge"));
    assert_eq!(
        browser.get(&authorize_path(&parameters)).shown_error(),
        Some("invalid_request")
    );
}

// Issue 3, item 7: a default allow-list of resources for clients nobody registered by hand.
#[test]
fn such_a_client_gets_tokens_for_the_resources_that_are_open_to_it() {
    let web = Web::https();
    publish(&web, &document(&web));
    let (open, closed) = ("https://mcp.example/mcp", "https://internal.example/api");
    let server = server_with(&web, |told| {
        told.live.registration_resources = vec![ResourceUri::parse(open).unwrap()];
    });
    server.resource(open, "mcp:tools", None);
    server.resource(closed, "internal:all", None);
    let (client_id, challenge) = (id(&web), challenge());
    let ask = |resource: &str, scope: &str| {
        let mut parameters = request(&client_id, &challenge);
        parameters[3].1 = scope;
        parameters.push(("resource", resource));
        Browser::new(&server).authorize(&parameters, "ola")
    };
    let answer = ask(open, "mcp:tools offline_access").parameters();
    let tokens = redeem(&server, &client_id, &answer["code"]).json();
    assert_eq!(claims(&tokens["access_token"])["aud"], open);
    assert_eq!(tokens["scope"], "mcp:tools offline_access");
    let again = refresh(&server, &client_id, &tokens).json();
    assert_eq!(
        claims(&again["access_token"])["aud"],
        open,
        "bound to client and resource"
    );
    let refused = |resource, scope| ask(resource, scope).shown_error().map(str::to_owned);
    assert_eq!(refused(closed, "openid").as_deref(), Some("invalid_target"));
    assert_eq!(
        refused(open, "internal:all").as_deref(),
        Some("invalid_scope")
    );
}

#[test]
fn a_client_with_a_key_of_its_own_proves_it() {
    let web = Web::https();
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let metadata = with(
        document(&web),
        "jwks_uri",
        json!(format!("{}/jwks", web.url)),
    );
    publish(
        &web,
        &with(
            metadata,
            "token_endpoint_auth_method",
            json!("private_key_jwt"),
        ),
    );
    web.at("/jwks", Reply::json(&json!({"keys": [key.public_jwk()]})));
    let server = server(&web);
    let (client_id, challenge) = (id(&web), challenge());
    let mut browser = Browser::new(&server);
    let answer = browser.authorize(&request(&client_id, &challenge), "ola");
    let code = answer.parameters()["code"].clone();
    assert_eq!(
        redeem(&server, &client_id, &code).refusal(),
        (401, "invalid_client".into())
    );
    let now = server.app.now().0;
    let claims = json!({"iss": client_id, "sub": client_id, "aud": server.url, "exp": now + 60, "jti": random::text(16)});
    let part = |value: &Value| hash::base64url(value.to_string().as_bytes());
    let message = format!(
        "{}.{}",
        part(&json!({"alg": "ES256", "kid": key.kid()})),
        part(&claims)
    );
    let assertion = format!(
        "{message}.{}",
        hash::base64url(&key.sign(message.as_bytes()).unwrap())
    );
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
    ];
    assert_eq!(server.form(TOKEN, None, &fields).status, 200);
}

#[test]
fn what_was_issued_outlives_a_restart_and_a_day_without_the_document() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server(&web);
    let client_id = id(&web);
    let first = tokens(&server, &client_id);
    web.gone(PATH);
    let server = server.restart();
    assert_eq!(userinfo(&server, &first), 200);
    let asked = web.asked(PATH);
    let second = refresh(&server, &client_id, &first);
    assert_eq!(second.status, 200, "{}", second.text);
    let third = refresh(&server, &client_id, &second.json()).json();
    assert!(third["refresh_token"].is_string());
    assert_eq!(
        web.asked(PATH),
        asked + 1,
        "a dead server is left alone for a minute"
    );
    assert_eq!(ask(&server, &client_id).status, 303);
    // A day after it was last seen the client is gone, until it comes back.
    server.clock.advance(Lifetime::days(1));
    assert_eq!(
        refresh(&server, &client_id, &third).refusal(),
        (401, "invalid_client".into())
    );
    assert_eq!(ask(&server, &client_id).status, 400);
    publish(&web, &document(&web));
    server.clock.advance(Lifetime(60));
    assert_eq!(refresh(&server, &client_id, &third).status, 200);
    assert_eq!(ask(&server, &client_id).status, 303);
}

#[test]
fn a_change_of_the_document_counts_when_it_is_fetched_anew() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server(&web);
    let client_id = id(&web);
    let before = tokens(&server, &client_id);
    publish(
        &web,
        &with(
            document(&web),
            "redirect_uris",
            json!(["https://app.example/new"]),
        ),
    );
    server.clock.advance(Lifetime(599));
    assert_eq!(ask(&server, &client_id).status, 303, "max-age=600");
    server.clock.advance(Lifetime(1));
    assert_eq!(
        ask(&server, &client_id).status,
        400,
        "the old address is none any more"
    );
    // The row is brought up to date, so that it is so after a restart as well.
    web.gone(PATH);
    let server = server.restart();
    assert_eq!(ask(&server, &client_id).status, 400);
    assert_eq!(refresh(&server, &client_id, &before).status, 200);
    // A document that comes and is wrong takes its client back at once.
    web.at(
        PATH,
        Reply::json(&with(
            document(&web),
            "client_id",
            json!("https://other.example/x"),
        )),
    );
    server.clock.advance(Lifetime(60));
    assert_eq!(ask(&server, &client_id).status, 400);
    assert_eq!(
        refresh(&server, &client_id, &before).refusal(),
        (401, "invalid_client".into())
    );
}

#[test]
fn an_administrator_can_disable_such_a_client_and_nobody_keeps_it_for_ever() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server_with(&web, |told| {
        told.live.refresh_token_lifetime = Lifetime::days(30);
    });
    let client_id = id(&web);
    let before = tokens(&server, &client_id);
    let set = |disabled: bool| {
        server.alter(&client_id, move |client: &mut Client| {
            client.disabled = disabled;
        });
    };
    set(true);
    assert_eq!(ask(&server, &client_id).status, 400);
    assert_eq!(
        refresh(&server, &client_id, &before).refusal(),
        (401, "invalid_client".into())
    );
    assert_eq!(userinfo(&server, &before), 401);
    set(false);
    assert_eq!(refresh(&server, &client_id, &before).status, 200);
    let round = || {
        let upkeep = upkeep::once(&server.app);
        actix_web::rt::System::new().block_on(upkeep).unwrap();
        server.app.directory.snapshot().client(&client_id).is_some()
    };
    server.clock.advance(Lifetime::days(29));
    assert!(round());
    server.clock.advance(Lifetime::days(2));
    assert!(!round());
    assert_eq!(ask(&server, &client_id).status, 303, "it is welcome again");
}

// Rule P34: what is off is neither there nor announced.
#[test]
fn it_can_be_switched_off() {
    let web = Web::https();
    publish(&web, &document(&web));
    for on in [true, false] {
        let server = server_with(&web, |told| told.live.client_metadata_documents = on);
        let metadata = server
            .get("/.well-known/oauth-authorization-server", &[])
            .json();
        let announced = &metadata["client_id_metadata_document_supported"];
        assert_eq!(announced, &if on { json!(true) } else { Value::Null });
        assert_eq!(ask(&server, &id(&web)).status, if on { 303 } else { 400 });
        let form = [
            ("response_type", "code"),
            ("client_id", &*id(&web)),
            ("redirect_uri", CALLBACK),
        ];
        let pushed = server.form("/api/v1/oauth/par", None, &form);
        assert_eq!(
            pushed.json()["error"],
            if on {
                "invalid_request"
            } else {
                "invalid_client"
            }
        );
    }
    assert_eq!(web.asked(PATH), 1, "what is off fetches nothing");
}

#[test]
fn one_network_cannot_make_the_server_fetch_whatever_it_likes() {
    let web = Web::https();
    let server = server(&web);
    let statuses: Vec<_> = (0..31)
        .map(|i| ask(&server, &format!("{}/{i}.json", web.url)).status)
        .collect();
    assert_eq!(statuses[..30], [400; 30]);
    assert_eq!(statuses[30], 429);
    assert_eq!(web.requests().len(), 30);
    server.clock.advance(Lifetime(10));
    assert_eq!(ask(&server, &format!("{}/31.json", web.url)).status, 400);
}

// Issue 3, item 11: the pages of such a client may be anywhere.
#[test]
fn its_pages_may_be_of_any_origin() {
    let web = Web::https();
    publish(&web, &document(&web));
    let server = server(&web);
    let origin = ("origin", "https://page.example");
    let preflight = [origin, ("access-control-request-method", "POST")];
    let answer = server.send("OPTIONS", TOKEN, &preflight, None);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://page.example")
    );
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([
        ("grant_type", "refresh_token"),
        ("client_id", &id(&web)),
        ("refresh_token", "x"),
    ]);
    let headers = [
        origin,
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = server.send("POST", TOKEN, &headers, Some(form.finish().as_bytes()));
    assert_eq!(answer.refusal(), (400, "invalid_grant".into()));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://page.example")
    );
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(
        server
            .send("OPTIONS", AUTHORIZE, &preflight, None)
            .header("access-control-allow-origin"),
        None
    );
}

// RFC 8628
#[test]
fn it_may_be_a_device_as_well() {
    let web = Web::https();
    let device_code = "urn:ietf:params:oauth:grant-type:device_code";
    publish(
        &web,
        &with(
            document(&web),
            "grant_types",
            json!([device_code, "authorization_code"]),
        ),
    );
    let server = server(&web);
    let client_id = id(&web);
    let fields = [("client_id", client_id.as_str()), ("scope", "openid")];
    let begun = server
        .form("/api/v1/oauth/device_authorization", None, &fields)
        .json();
    let mut browser = Browser::new(&server);
    let page = browser.get("/device");
    let csrf = page.field("csrf");
    let typed = [
        ("csrf", csrf.as_str()),
        ("user_code", begun["user_code"].as_str().unwrap()),
    ];
    let login = browser.post("/device", &typed);
    let consent = browser.sign_in(&login, "ola");
    let page = browser.follow(&consent);
    assert!(
        page.text.contains(r#"id="unverified""#) && page.text.contains(&client_id),
        "{}",
        page.text
    );
    let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
    let allow = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
    ];
    browser.post("/device", &allow);
    let poll = [
        ("grant_type", device_code),
        ("client_id", &client_id),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    let tokens = server.form(TOKEN, None, &poll);
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(userinfo(&server, &tokens.json()), 200);
}

#[test]
fn a_client_that_anybody_registered_is_marked_so_as_well() {
    let server =
        Server::start_with(|told| told.live.registration = keyfob::config::Registration::Open);
    server.person("ola");
    let metadata = json!({"client_name": "Notes", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let registered = server.json("/api/v1/oauth/register", &[], &metadata).json();
    server.client(
        "web",
        json!({"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
        "redirect_uris": [CALLBACK], "scope": "openid offline_access"}),
    );
    let challenge = challenge();
    for (client_id, marked) in [
        (registered["client_id"].as_str().unwrap(), true),
        ("web", false),
    ] {
        let mut browser = Browser::new(&server);
        let login = browser.get(&authorize_path(&request(client_id, &challenge)));
        let consent = browser.sign_in(&login, "ola");
        let page = browser.follow(&consent);
        assert_eq!(
            page.text.contains(r#"id="unverified""#),
            marked,
            "{client_id}"
        );
    }
}
