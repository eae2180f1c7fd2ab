//! What the program writes about its requests: by default nothing, and never a secret, at any level.

use std::{
    io::{BufRead, BufReader},
    process::Child,
    sync::Arc,
    thread::JoinHandle,
};

use keyfob::{
    admin::{By, password_links},
    app::App,
    clock::{Clock, SystemClock},
    config::settings::Settings,
    crypto::{hash, random},
    domain::{
        client::{Client, ClientMetadata, ClientSecret, ClientSecretHash},
        name::ClientId,
    },
    login::setup,
    store::{IfMissing, Store, StoreError, clients},
};
use serde_json::{Value, json};

use crate::support::{
    Answer, VERIFIER,
    binary::{Folder, kill},
    browser::{Browser, PASSWORD, authorize_path, challenge},
    send,
};

const TOKEN: &str = "/api/v1/oauth/token";

/// The program, whose log is read as it is written, and what must not be in it.
struct Run {
    folder: Folder,
    child: Child,
    log: Option<JoinHandle<String>>,
    url: String,
    /// With the name that a failure shows.
    secrets: Vec<(String, String)>,
}

impl Run {
    fn start(level: Option<&str>) -> Self {
        let folder = Folder::new();
        let mut secrets = Vec::new();
        prepare(&folder, &mut secrets);
        let mut command =
            folder.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
        if let Some(level) = level {
            command.env("KEYFOB_LOG", level);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        // Up to the line that says that it is ready, and then all the rest aside.
        let addresses = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("ended: {log}"))
                .unwrap();
            log.push_str(&line);
            log.push('\n');
            let entry: Value = serde_json::from_str(&line).unwrap();
            if entry["fields"]["message"] == "ready" {
                break entry["fields"]["addresses"].as_str().unwrap().to_owned();
            }
        };
        let rest = std::thread::spawn(move || {
            for line in lines {
                log.push_str(&line.unwrap());
                log.push('\n');
            }
            log
        });
        Self {
            folder,
            child,
            log: Some(rest),
            url: format!("http://{}", addresses.split(',').next().unwrap()),
            secrets,
        }
    }

    /// Stops the program; what it has logged.
    fn end(&mut self) -> String {
        kill("TERM", self.child.id());
        self.log.take().unwrap().join().unwrap()
    }

    fn keep(&mut self, name: &str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(
            secret.len() >= 8,
            "{name} is too short to be looked for: {secret}"
        );
        self.secrets.push((name.to_owned(), secret.clone()));
        secret
    }

    fn form(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        send(
            &self.url,
            "POST",
            path,
            &all,
            Some(body.finish().as_bytes()),
        )
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Fails if it has ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file with two clients and a set-up link.
fn prepare(folder: &Folder, secrets: &mut Vec<(String, String)>) {
    let clock = Arc::new(SystemClock);
    let store = Store::open(&folder.path("keyfob.db"), IfMissing::Create, clock.clone()).unwrap();
    let app = App::start(Settings::default(), store, clock.clone()).unwrap();
    let now = clock.now();
    let secret = random::secret();
    secrets.push(("client secret".into(), secret.expose().to_owned()));
    let stored = ClientSecret {
        id: app.new_id(),
        hash: ClientSecretHash::Sha256(hash::secret_hash(secret.expose())),
        created_at: now,
        expires_at: None,
    };
    let client = |client_id: &str, metadata: Value| Client {
        client_id: ClientId::trusted(client_id),
        metadata: serde_json::from_value::<ClientMetadata>(metadata).unwrap(),
        disabled: false,
        managed_by: None,
        created_at: now,
        updated_at: now,
        secrets: Vec::new(),
    };
    let web = client(
        "web",
        json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
               "redirect_uris": ["https://app.example/cb"],
               "scope": "openid profile offline_access keyfob:delegate"}),
    );
    let service = client(
        "service",
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
               "scope": "openid"}),
    );
    app.store
        .write_blocking(move |tx| {
            clients::put(tx, &web)?;
            clients::put(tx, &service)?;
            clients::add_secret(tx, &service.client_id, &stored)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// Sets the server up, signs in, and uses every endpoint that takes or gives a secret, well and badly.
fn use_it_all(run: &mut Run) {
    let clock = Arc::new(SystemClock);
    let store = Store::open(&run.folder.path("keyfob.db"), IfMissing::Refuse, clock).unwrap();
    let link = setup::new_link(&store, &run.url).unwrap();
    let code = run.keep("set-up code", link.split_once("#t=").unwrap().1);
    let url = run.url.clone();
    let mut browser = Browser::at(&url);
    let csrf = browser.get("/setup").field("csrf");
    let password = run.keep("password", PASSWORD);
    let wrong = run.keep("wrong password", "canary-wrong-password");
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("token", "canary-wrong-code"),
        ("username", "root"),
        ("password", password.as_str()),
    ];
    assert_eq!(browser.post("/setup", &fields).status, 400);
    fields[1].1 = &code;
    assert_eq!(browser.post("/setup", &fields).status, 303);
    let by = By::command_line();
    let issuer = url.clone();
    let made = store.write_blocking(move |tx| password_links::make(tx, &by, "root", &issuer));
    let link = made.unwrap().value.url;
    let code = run.keep("link code", link.split_once("#t=").unwrap().1);
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &code),
        ("password", &password),
        ("again", &password),
    ];
    for (status, code) in [(400, "canary-wrong-link"), (303, &code)] {
        let mut fields = fields;
        fields[1].1 = code;
        assert_eq!(browser.post("/password", &fields).status, status);
    }
    run.keep("csrf", csrf.as_str());
    let state = run.keep("state", "canary-state");
    let nonce = run.keep("nonce", "canary-nonce");
    let challenge = challenge();
    let request = [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid profile offline_access keyfob:delegate"),
        ("state", &state),
        ("nonce", &nonce),
        ("prompt", "login"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let to_login = browser.get(&authorize_path(&request));
    let page = browser.follow(&to_login);
    let interaction = run.keep("interaction", page.field("interaction"));
    let csrf = page.field("csrf");
    let fields = [
        ("interaction", interaction.as_str()),
        ("csrf", &csrf),
        ("username", "root"),
        ("password", &wrong),
    ];
    assert_eq!(browser.post("/login", &fields).status, 200);
    let to_consent = browser.sign_in(&to_login, "root");
    let code = browser.decide(&to_consent, "allow").parameters()["code"].clone();
    let code = run.keep("code", code);
    for cookie in browser.cookies() {
        run.secrets.push(("cookie".into(), cookie.to_owned()));
    }
    let verifier = run.keep("code_verifier", VERIFIER);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code.as_str()),
        ("code_verifier", &verifier),
    ];
    let tokens = run.form(TOKEN, &[], &fields).json();
    let token = |run: &mut Run, tokens: &Value, name: &str| {
        let token = tokens[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {tokens}"));
        run.keep(name, token)
    };
    let access = token(run, &tokens, "access_token");
    let refresh = token(run, &tokens, "refresh_token");
    token(run, &tokens, "id_token");
    let body = json!({"grant_type": "refresh_token", "client_id": "web", "refresh_token": refresh});
    let json_type = ("content-type", "application/json");
    let ask = |path: &str, headers: &[(&str, &str)], body: &Value| {
        let all = [&[json_type], headers].concat();
        send(&url, "POST", path, &all, Some(body.to_string().as_bytes()))
    };
    let tokens = ask(TOKEN, &[], &body).json();
    token(run, &tokens, "access_token");
    token(run, &tokens, "refresh_token");
    // The code and the refresh token once more, which is an alarm.
    assert_eq!(run.form(TOKEN, &[], &fields).status, 400);
    let bearer = format!("Bearer {access}");
    for path in ["/api/v1/oauth/userinfo", "/api/v1/oauth/principal-token"] {
        send(&url, "GET", path, &[("authorization", &bearer)], None);
    }
    let cookie = run.keep("token cookie", browser.cookie("token").unwrap());
    let cookie = format!("token={cookie}");
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let principal = send(&url, "GET", "/api/v1/oauth/principal-token", &headers, None).json();
    token(run, &principal, "access_token");
    let sub = send(&url, "GET", "/api/v1/oauth/userinfo", &headers, None).json()["sub"].clone();
    let delegated = ask(
        "/api/v1/oauth/delegated-token",
        &headers,
        &json!({"sub": sub}),
    )
    .json();
    let delegated = token(run, &delegated, "access_token");
    let garbage = run.keep("garbage", "canary-garbage.canary.canary");
    let bearer = format!("Bearer {garbage}");
    send(
        &url,
        "GET",
        "/api/v1/oauth/userinfo",
        &[("authorization", &bearer)],
        None,
    );
    let query = format!("/api/v1/oauth/userinfo?access_token={access}");
    send(&url, "GET", &query, &[], None);
    let secret = run.secrets[0].1.clone();
    for secret in [secret.as_str(), "canary-wrong-secret"] {
        let basic = hash::base64(format!("service:{secret}").as_bytes());
        let basic = format!("Basic {}", run.keep("Basic", basic));
        let headers = [("authorization", basic.as_str())];
        let grant = [("grant_type", "client_credentials")];
        run.form(TOKEN, &headers, &grant);
        run.form(
            "/api/v1/oauth/introspect",
            &headers,
            &[("token", &delegated)],
        );
        run.form("/api/v1/oauth/revoke", &headers, &[("token", &delegated)]);
    }
    let csrf = browser.get("/logout").field("csrf");
    browser.post("/logout", &[("csrf", &csrf), ("decision", "logout")]);
}

#[test]
fn no_secret_code_or_token_is_logged_at_any_level() {
    let mut run = Run::start(Some("trace"));
    use_it_all(&mut run);
    let log = run.end();
    assert!(log.contains("/api/v1/oauth/token"), "{log}");
    assert!(run.secrets.len() >= 25, "{}", run.secrets.len());
    for (name, secret) in &run.secrets {
        assert!(
            !log.contains(secret.as_str()),
            "{name} is in the log: {secret}"
        );
    }
    assert!(!log.contains("canary"), "what was wrong is in the log");
}

#[test]
fn by_default_no_request_is_logged() {
    let idle = Run::start(None).end();
    let mut run = Run::start(None);
    use_it_all(&mut run);
    let busy = run.end();
    assert_eq!(busy.lines().count(), idle.lines().count(), "{busy}");
}

#[test]
fn at_debug_a_request_is_one_line_without_its_query() {
    let mut run = Run::start(Some("keyfob=debug"));
    let path = "/api/v1/oauth/authorize?client_id=nobody&state=canary";
    assert_eq!(
        send(&run.url, "GET", path, &[("cookie", "a=canary")], None).status,
        400
    );
    let log = run.end();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"].clone())
        .filter(|fields| fields["path"] == "/api/v1/oauth/authorize")
        .collect();
    let [line] = &lines[..] else {
        panic!("{log}");
    };
    assert_eq!(
        (&line["method"], &line["status"]),
        (&json!("GET"), &json!(400))
    );
    assert_eq!(line["address"], "127.0.0.1");
    assert!(!log.contains("canary") && !log.contains("nobody"), "{log}");
}
