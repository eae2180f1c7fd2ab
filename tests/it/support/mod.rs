//! A server on a free port, and a client for it.

pub mod at_once;
pub mod binary;
pub mod browser;
mod described;
pub mod dpop;
pub mod jws;
mod rows;
pub mod web;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use keyfob::{
    admin::{AdminError, Applied, By},
    app::{App, SharedApp},
    clock::{Clock, SystemClock, TestClock},
    config::{Config, settings::Settings},
    crypto::{
        hash,
        keys::{Algorithm, SigningKey},
        random,
    },
    domain::{
        claims_request::ClaimsRequest,
        client::{Client, ClientMetadata, ClientSecret, ClientSecretHash},
        grant::Grant,
        name::{ClientId, Subject},
        pkce::CodeChallenge,
        resource::{Resource, ResourceUri},
        scope::{Scope, ScopeSet},
        session::Session,
        signing_key::{KeySchedule, StoredSigningKey},
        team::Membership,
        time::{Lifetime, UnixSeconds},
        token::{OpaqueToken, Origin},
        user::{Profile, User},
    },
    http::server,
    store::{
        IfMissing, Store, StoreError, Tx, authorization_codes, clients, grants, objects::Stored,
        sessions, signing_keys, users,
    },
};
use serde_json::Value;

pub const START: UnixSeconds = UnixSeconds(1_800_000_000);
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A running server. Dropping it stops the server and removes the file.
pub struct Server {
    pub app: SharedApp,
    pub clock: Arc<TestClock>,
    pub url: String,
    stop: Option<actix_web::dev::ServerHandle>,
    thread: Option<std::thread::JoinHandle<()>>,
    folder: Folder,
}

/// Where a server's RSA key comes from: making one is slow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// It is in the file already.
    Given,
    /// The server makes it, if it is not there.
    Made,
}

/// The RSA key of every test, that of RFC 7515 §A.2, from this time on.
pub fn rsa_key(now: UnixSeconds) -> StoredSigningKey {
    let pkcs8 = include_bytes!("../../../src/crypto/testdata/rfc7515_a2.pk8");
    let key = SigningKey::from_pkcs8(Algorithm::Rs256, pkcs8).unwrap();
    StoredSigningKey {
        kid: key.kid().to_owned(),
        alg: Algorithm::Rs256.as_str().to_owned(),
        pkcs8: pkcs8.to_vec(),
        schedule: KeySchedule {
            created_at: now,
            activates_at: now,
            expires_at: None,
        },
    }
}

/// A test may hold the application for longer than its server.
const LONGEST_GOODBYE: Duration = Duration::from_secs(10);

/// An answer, whatever its status.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and `error`.
    pub fn refusal(&self) -> (u16, String) {
        (
            self.status,
            self.json()["error"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// Makes a change as a command does, but in the server.
pub fn change<T: Send + 'static>(
    server: &Server,
    job: impl FnOnce(&Tx, &By) -> Result<Applied<T>, AdminError> + Send + 'static,
) {
    let write = move |tx: &Tx| job(tx, &By::command_line());
    server.app.store.write_blocking(write).unwrap();
}

/// The claims of a token, unverified.
pub fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&hash::from_base64url(part).unwrap()).unwrap()
}

/// Asks whatever server is at `url`.
pub fn send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{url}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = agent.run(request.body(body.unwrap_or_default().to_vec()).unwrap());
    let mut answer = answer.unwrap();
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.body_mut().read_to_string().unwrap(),
    }
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// A server that is told something other than the default.
    pub fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(START, change, Keys::Given)
    }

    /// A server that makes all its keys by itself, as on a first start.
    pub fn start_without_keys(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(START, change, Keys::Made)
    }

    /// A server whose clock stands at this moment: commands beside it have the machine's clock.
    pub fn start_now() -> Self {
        Self::start_now_with(|_| {})
    }

    pub fn start_now_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(SystemClock.now(), change, Keys::Given)
    }

    fn start_at(now: UnixSeconds, change: impl FnOnce(&mut Settings), keys: Keys) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::at(now));
        let listeners = server::listen("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listeners[0].local_addr().unwrap());
        let config = Config {
            issuer: url.clone(),
            listen: url.trim_start_matches("http://").to_owned(),
            database: folder.path().join("keyfob.db"),
            workers: 2,
            ..Config::default()
        };
        let mut told = Settings {
            config,
            ..Settings::default()
        };
        change(&mut told);
        Self::run(told.check().unwrap(), clock, listeners, Some(folder), keys)
    }

    /// The same file, clock and address, in a new process as it were.
    pub fn restart(self) -> Self {
        self.restart_with(|_| {})
    }

    /// The same, told something else than before.
    pub fn restart_with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        self.stop();
        let mut told = (*self.app.directory.told()).clone();
        let clock = self.clock.clone();
        change(&mut told);
        let folder = self.folder.path.take();
        drop(self);
        let listeners = server::listen(&told.config.listen).unwrap();
        Self::run(told, clock, listeners, folder, Keys::Made)
    }

    fn run(
        told: Settings,
        clock: Arc<TestClock>,
        listeners: Vec<std::net::TcpListener>,
        folder: Option<tempfile::TempDir>,
        keys: Keys,
    ) -> Self {
        // Where it can be reached, which is not where it says it is if there were a proxy before it.
        let url = format!("http://{}", listeners[0].local_addr().unwrap());
        let store = Store::open(&told.config.database, IfMissing::Create, clock.clone()).unwrap();
        if keys == Keys::Given {
            let now = clock.now();
            store
                .write_blocking(move |tx| signing_keys::insert(tx, &rsa_key(now)))
                .unwrap();
        }
        let app = App::start(told, store, clock.clone()).unwrap();
        let (running, started) = std::sync::mpsc::channel();
        let served = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let bound = server::start(served, listeners).unwrap();
                running.send(bound.handle.clone()).unwrap();
                bound.server.await.unwrap();
            });
        });
        let stop = Some(started.recv().unwrap());
        app.keep_keys();
        let folder = Folder {
            app: Arc::downgrade(&app),
            path: folder,
        };
        Self {
            app,
            clock,
            url,
            stop,
            thread: Some(thread),
            folder,
        }
    }

    fn stop(&mut self) {
        if let Some(handle) = self.stop.take() {
            // The command is sent when the future is made; the thread ends once it is carried out.
            drop(handle.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            assert!(
                thread.join().is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
    }

    /// Stopped, with its folder still there.
    pub fn stopped(mut self) -> tempfile::TempDir {
        self.stop();
        self.folder.path.take().unwrap()
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let answer = send(&self.url, method, path, headers, body);
        described::check(method, path, headers, body.unwrap_or_default(), &answer);
        answer
    }

    /// Sends bytes as they are and reads until the server closes the connection.
    pub fn raw(&self, request: &[u8]) -> String {
        use std::io::{Read, Write};
        let address = self.url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        // A server that refuses early may close before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, None)
    }

    /// A form post, with HTTP Basic where `basic` names a client and its secret.
    pub fn form(&self, path: &str, basic: Option<(&str, &str)>, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        fields.iter().for_each(|(name, value)| {
            body.append_pair(name, value);
        });
        let authorization = basic.map(|(id, secret)| {
            format!(
                "Basic {}",
                hash::base64(format!("{id}:{secret}").as_bytes())
            )
        });
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(
            authorization
                .as_deref()
                .map(|value| ("authorization", value)),
        );
        self.send("POST", path, &headers, Some(body.finish().as_bytes()))
    }

    pub fn json(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers: Vec<_> = [("content-type", "application/json")]
            .iter()
            .chain(headers)
            .copied()
            .collect();
        self.send("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    /// Registers a client with the metadata; a confidential one gets a secret, which is returned.
    pub fn client(&self, client_id: &str, metadata: Value) -> String {
        let metadata: ClientMetadata = serde_json::from_value(metadata).unwrap();
        let secret = random::secret();
        let public =
            metadata.token_endpoint_auth_method == keyfob::domain::client::AuthMethod::None;
        let client = Client {
            client_id: ClientId::parse(client_id).unwrap(),
            metadata,
            disabled: false,
            managed_by: None,
            created_at: START,
            updated_at: START,
            secrets: Vec::new(),
        };
        let stored = ClientSecret {
            id: self.app.new_id(),
            hash: ClientSecretHash::Sha256(hash::secret_hash(secret.expose())),
            created_at: START,
            expires_at: None,
        };
        self.app
            .store
            .write_blocking(move |tx| {
                clients::put(tx, &client)?;
                if !public {
                    clients::add_secret(tx, &client.client_id, &stored)?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        secret.expose().to_owned()
    }

    /// A public client of people, for `https://app.example/cb`.
    pub fn public_client(&self, client_id: &str, scope: &str) {
        let grants = ["authorization_code", "refresh_token"];
        self.client(
            client_id,
            serde_json::json!({"grant_types": grants, "token_endpoint_auth_method": "none",
                               "redirect_uris": ["https://app.example/cb"], "scope": scope}),
        );
    }

    pub fn user(&self, sub: &str, change: impl FnOnce(&mut User)) {
        let mut user = User {
            sub: Subject::parse(sub).unwrap(),
            username: sub.to_owned(),
            profile: Profile {
                email: Some(format!("{sub}@example.com")),
                given_name: Some("Ola".into()),
                family_name: Some("Nordmann".into()),
                ..Profile::default()
            },
            password_hash: None,
            admin: false,
            disabled: false,
            allow_delegation: true,
            persona: false,
            managed_by: None,
            registered_at: keyfob::domain::time::UnixMillis(1_649_864_525_901),
            updated_at: START,
            teams: Vec::<Membership>::new(),
        };
        change(&mut user);
        self.app
            .store
            .write_blocking(move |tx| users::put(tx, &user))
            .unwrap();
    }

    /// Registers a resource with the scopes it owns, and the client that it is.
    pub fn resource(&self, uri: &str, scopes: &str, client_id: Option<&str>) {
        let resource = Resource {
            uri: ResourceUri::parse(uri).unwrap(),
            name: uri.to_owned(),
            scopes: ScopeSet::parse(scopes).unwrap(),
            client_id: client_id.map(ClientId::trusted),
            access_token_alg: None,
            managed_by: None,
        };
        self.app
            .store
            .write_blocking(move |tx| {
                for name in resource.scopes.iter() {
                    let scope = Scope {
                        name: name.clone(),
                        description: format!("use {name}"),
                        built_in: false,
                        managed_by: None,
                    };
                    scope.put(tx)?;
                }
                resource.put(tx)
            })
            .unwrap();
    }

    /// The name of one of the server's own cookies over http, where ports share them.
    pub fn cookie_name(&self, name: &str) -> String {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        format!("{name}_{port}")
    }

    /// The cookie of a browser in which the user has signed in now.
    pub fn signed_in(&self, sub: &str) -> String {
        let secret = random::secret();
        let now = self.clock.now();
        let session = Session {
            id: self.app.new_id(),
            secret_hash: hash::secret_hash(secret.expose()),
            sub: Subject::trusted(sub),
            auth_time: now,
            amr: "pwd".into(),
            created_at: now,
            last_used_at: now,
            expires_at: now + Lifetime::days(1),
            ended_at: None,
            address: None,
            user_agent: None,
        };
        let id = session.id;
        self.app
            .store
            .write_blocking(move |tx| sessions::insert(tx, &session))
            .unwrap();
        let value = OpaqueToken { id, secret }.to_secret();
        format!("{}={}", self.cookie_name("keyfob_session"), value.expose())
    }

    /// A code as the authorization endpoint gives it, for the S256 challenge of [`VERIFIER`].
    pub fn code(&self, client_id: &str, sub: &str, scope: &str) -> String {
        self.code_for(client_id, sub, scope, &[])
    }

    /// [`Self::code`] for these resources.
    pub fn code_for(&self, client_id: &str, sub: &str, scope: &str, resources: &[&str]) -> String {
        let resources = resources.iter().map(|uri| (*uri).to_owned()).collect();
        let secret = random::secret();
        let (client_id, sub, scope) = (
            ClientId::trusted(client_id),
            Subject::trusted(sub),
            ScopeSet::parse(scope).unwrap(),
        );
        let challenge = hash::base64url(&hash::sha256(VERIFIER.as_bytes()));
        let secret_hash = hash::secret_hash(secret.expose());
        let now = self.clock.now();
        let id = self
            .app
            .store
            .write_blocking(move |tx| {
                let session = Session {
                    id: tx.new_id(),
                    secret_hash,
                    sub: sub.clone(),
                    auth_time: now,
                    amr: "pwd".into(),
                    created_at: now,
                    last_used_at: now,
                    expires_at: now + Lifetime::days(1),
                    ended_at: None,
                    address: None,
                    user_agent: None,
                };
                sessions::insert(tx, &session)?;
                let grant = Grant {
                    id: tx.new_id(),
                    client_id: client_id.clone(),
                    sub,
                    scope,
                    resources,
                    dpop_jkt: None,
                    team_id: None,
                    zoneinfo: None,
                    nonce: Some("n-0S6_WzA2Mj".into()),
                    claims: ClaimsRequest::default(),
                    auth_time: now,
                    amr: "pwd".into(),
                    session_id: Some(session.id),
                    origin: Origin::AuthorizationCode,
                    created_at: now,
                    expires_at: now + Lifetime::days(90),
                    revoked_at: None,
                };
                grants::insert(tx, &grant)?;
                let id = tx.new_id();
                authorization_codes::insert(
                    tx,
                    &keyfob::domain::authorization_code::AuthorizationCode {
                        id,
                        secret_hash,
                        grant_id: grant.id,
                        client_id,
                        redirect_uri: Some("https://app.example/cb".into()),
                        code_challenge: CodeChallenge::parse(&challenge),
                        expires_at: now + Lifetime(60),
                        used_at: None,
                    },
                )?;
                Ok::<_, StoreError>(id)
            })
            .unwrap();
        OpaqueToken { id, secret }.to_secret().expose().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of a server's database. It stays until the last thread has let go of the database, which would otherwise
/// be copied to safety when its folder is gone: a signing key may still be made, say.
struct Folder {
    app: Weak<App>,
    path: Option<tempfile::TempDir>,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let began = std::time::Instant::now();
        while self.path.is_some()
            && self.app.strong_count() > 0
            && began.elapsed() < LONGEST_GOODBYE
        {
            std::thread::yield_now();
        }
    }
}
