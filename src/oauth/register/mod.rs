//! Clients that register themselves (RFC 7591) and look after that (RFC 7592).

pub mod manage;
pub mod members;
pub mod policy;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    app::{App, SharedApp},
    config::Registration,
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        client::{AuthMethod, Client, ClientMetadata, ClientSecret, ClientSecretHash},
        client_address::ClientAddress,
        client_registration::{self, InvalidMember},
        grant_type::GrantType,
        name::ClientId,
        secret::Secret,
        time::{Lifetime, UnixSeconds},
    },
    oauth::{
        BASE,
        error::{ErrorCode, OAuthError},
        issue,
    },
    store::{StoreError, Tx, audit_events, client_registrations, clients, unused_clients},
    throttle::{Counted, Network},
};

/// Maximum number of unverified clients.
pub const MOST_UNVERIFIED: u32 = 10_000;
/// Number of clients deleted at a time when the maximum is reached.
const MAKE_ROOM: u32 = 100;
/// Maximum size of the metadata of an unverified client, in bytes: at most 80 MB for all of them.
const LARGEST: usize = 8 * 1024;
/// Time to wait if all of them are in use, so that none can be deleted.
const FULL_FOR: Lifetime = Lifetime::hours(1);

/// Registration as returned to its client. It has a secret only when the secret was just generated.
pub struct Registered {
    pub client: Client,
    pub secret: Option<Secret>,
    /// The registration access token.
    pub token: Secret,
}

/// Reason why a registration is not created, shown or changed.
pub enum Refused {
    /// RFC 6750 §3.1: without any credentials the challenge carries no error code.
    NoCredentials,
    Error(OAuthError),
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Refused::Error(error)
    }
}

/// Whether the endpoint is available.
pub fn is_on(app: &App) -> bool {
    app.live().registration != Registration::Off
}

/// Registers a client (RFC 7591 §3). `authorization` is the whole header.
pub async fn register(
    app: &SharedApp,
    authorization: Option<&str>,
    body: Result<impl AsRef<[u8]>, OAuthError>,
    address: Option<ClientAddress>,
) -> Result<Registered, Refused> {
    let from = Network::of(address);
    let is_trusted = has_initial_token(app, authorization, from)?;
    let body = body?;
    let members = members::object(body.as_ref())?;
    let metadata = asked(app, is_trusted, &members).map_err(|error| members::refusal(&error))?;
    // Checked last, so that rejected requests are not counted.
    if !is_trusted {
        count_stranger(app, body.as_ref(), from)?;
    }
    ensure_key(app, &metadata).await?;
    let is_audited = is_trusted || app.audits_stranger(address);
    let (token, secret) = (random::secret(), makes_secret(&metadata));
    let (token_hash, secret_hash) = (hash_of(&token), secret.as_ref().map(hash_of));
    let unused = app.live().registration_unused_lifetime;
    let client = app
        .store
        .write(move |tx| {
            if !is_trusted {
                make_room(tx, is_audited)?;
            }
            let client = Client {
                client_id: ClientId::trusted(&tx.new_id().simple()),
                metadata,
                disabled: false,
                managed_by: None,
                created_at: tx.now,
                updated_at: tx.now,
                secrets: Vec::new(),
            };
            clients::put(tx, &client)?;
            if let Some(hash) = secret_hash {
                let stored = ClientSecret {
                    id: tx.new_id(),
                    hash: ClientSecretHash::Sha256(hash),
                    created_at: tx.now,
                    expires_at: None,
                };
                clients::add_secret(tx, &client.client_id, &stored)?;
            }
            let unused_until = (!is_trusted).then(|| tx.now + unused);
            let token_hash = Some(token_hash);
            let site = from.site();
            let site = (!is_trusted).then_some(site.bytes());
            let id = &client.client_id;
            client_registrations::insert(tx, id, token_hash, unused_until, site)?;
            let event = AuditEvent::ok("client.registered")
                .client(id)
                .address(address)
                .detail(json!({ "initial_access_token": is_trusted }));
            if is_trusted {
                audit_events::insert(tx, &event.actor(id))?;
            } else if is_audited {
                audit_events::insert(tx, &event)?;
            }
            Ok::<_, NotRegistered>(client)
        })
        .await?;
    Ok(Registered {
        client,
        secret,
        token,
    })
}

/// Waits for the key of the client's ID tokens, so that no client keeps a key set without it.
async fn ensure_key(app: &SharedApp, metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let algorithm = metadata.id_token_signed_response_alg.as_deref();
    let algorithm = algorithm.and_then(|name| name.parse().ok());
    issue::ensure_all_keys(app, algorithm).await
}

/// Reason why a registration is not stored.
enum NotRegistered {
    Full,
    Store(StoreError),
}

impl From<StoreError> for NotRegistered {
    fn from(error: StoreError) -> Self {
        NotRegistered::Store(error)
    }
}

impl From<NotRegistered> for Refused {
    fn from(error: NotRegistered) -> Self {
        Refused::Error(match error {
            NotRegistered::Store(error) => error.into(),
            NotRegistered::Full => OAuthError {
                retry_after: Some(FULL_FOR.0),
                ..OAuthError::new(
                    ErrorCode::TemporarilyUnavailable,
                    "Too many clients have been registered. Try again later.",
                )
            },
        })
    }
}

/// Limits the number of openly registered clients, from any number of networks: unused clients are deleted for new
/// ones, the oldest of the sites with the most first. So strangers cannot block a new client. Returns the deleted ones.
fn make_room(tx: &Tx, is_audited: bool) -> Result<(), NotRegistered> {
    if client_registrations::count_unverified(tx)? < MOST_UNVERIFIED {
        return Ok(());
    }
    let gone = unused_clients::delete_of_largest_sites(tx, MAKE_ROOM)?;
    if gone.is_empty() {
        return Err(NotRegistered::Full);
    }
    for client_id in gone.iter().filter(|_| is_audited) {
        audit_events::insert(tx, &AuditEvent::ok("client.expired").client(client_id))?;
    }
    Ok(())
}

/// Metadata of a new client.
fn asked(
    app: &App,
    is_trusted: bool,
    members: &Map<String, Value>,
) -> Result<ClientMetadata, InvalidMember> {
    let asked = policy::usable_grants(members::registration(members)?, |_| is_trusted);
    let metadata = policy::curtail(app, asked, None)?;
    check_grants(is_trusted, &metadata)?;
    Ok(metadata)
}

/// Without the initial access token, the client can only act for users.
fn check_grants(is_trusted: bool, metadata: &ClientMetadata) -> Result<(), InvalidMember> {
    let may_use = |grant: &GrantType| is_trusted || policy::USER_GRANTS.contains(grant);
    match metadata
        .grant_types
        .iter()
        .position(|grant| !may_use(grant))
    {
        None => Ok(()),
        Some(i) => Err(InvalidMember::new(
            format!("grant_types[{i}]"),
            "must involve a user: openly registered clients cannot use this grant",
        )),
    }
}

/// Whether the request has the initial access token (RFC 7591 §3). It is optional if registration is open, and ignored
/// if none is configured.
fn has_initial_token(
    app: &App,
    authorization: Option<&str>,
    from: Network,
) -> Result<bool, Refused> {
    let is_open = app.live().registration == Registration::Open;
    let Some(expected) = &app.live().registration_token else {
        return Ok(false);
    };
    let Some(authorization) = authorization else {
        return match is_open {
            true => Ok(false),
            false => Err(Refused::NoCredentials),
        };
    };
    let sent = bearer_token(authorization)?;
    let is_right = hash_of(&sent).matches(&hash_of(expected));
    // A token that was correct from this network before is accepted, whatever others there guess and register.
    let parts = [sent.expose().as_bytes(), from.bytes()];
    let known = app.mac.mac("known initial access token", &parts);
    if is_right && app.known_secrets.get(&known).is_some() {
        return Ok(true);
    }
    let counted = [Counted::Registration(from), Counted::Anything(from)];
    let now = app.now();
    if let Some(wait) = app.throttle.wait(now, &counted) {
        return Err(OAuthError::too_many_requests(wait.0).into());
    }
    if is_right {
        app.known_secrets.insert(known, ());
        return Ok(true);
    }
    app.throttle.failed(now, &counted);
    Err(OAuthError::invalid_token("The initial access token is invalid.").into())
}

/// RFC 6750 §2.1: the only way in which an initial or a registration access token comes.
fn bearer_token(authorization: &str) -> Result<Secret, OAuthError> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("Bearer") || token.is_empty() || token.contains(' ') {
        return Err(OAuthError::invalid_request(
            "The Authorization header must contain exactly one token with the scheme Bearer.",
        ));
    }
    Ok(Secret::new(token))
}

/// Registrations and changes by strangers are limited in size and counted.
fn count_stranger(app: &App, body: &[u8], from: Network) -> Result<(), OAuthError> {
    if body.len() > LARGEST {
        return Err(OAuthError::new(
            ErrorCode::RequestTooLarge,
            format!("The metadata of an openly registered client must be at most {LARGEST} bytes."),
        ));
    }
    let counted = [
        Counted::Registration(from),
        Counted::RegistrationOfSite(from.site()),
    ];
    let spent = app.throttle.spend(app.now(), &counted);
    spent.map_err(|wait| OAuthError::too_many_requests(wait.0))
}

fn makes_secret(metadata: &ClientMetadata) -> Option<Secret> {
    match metadata.token_endpoint_auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => Some(random::secret()),
        AuthMethod::None | AuthMethod::PrivateKeyJwt => None,
    }
}

fn hash_of(secret: &Secret) -> crate::domain::secret::SecretHash {
    hash::secret_hash(secret.expose())
}

/// The registration, including defaults (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Serialize, JsonSchema)]
#[schemars(transform = client_registration::describe_members)]
pub struct ClientInformation<'a> {
    /// Generated by the server.
    client_id: &'a ClientId,
    /// Unix seconds.
    client_id_issued_at: UnixSeconds,
    /// URL for reading, updating and deleting the registration.
    #[schemars(url)]
    registration_client_uri: String,
    /// Token with which the client reads, changes and deletes its registration.
    registration_access_token: &'a str,
    /// Returned only once, when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    /// 0: it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<UnixSeconds>,
    #[serde(flatten)]
    metadata: &'a ClientMetadata,
    /// `code`, with the grant `authorization_code`.
    response_types: &'static [&'static str],
}

impl Registered {
    /// The client information response: everything that is registered, defaults included.
    pub fn document(&self, app: &App) -> ClientInformation<'_> {
        let client = &self.client;
        ClientInformation {
            client_id: &client.client_id,
            client_id_issued_at: client.created_at,
            registration_client_uri: format!(
                "{}{BASE}/register/{}",
                app.config.issuer, client.client_id
            ),
            registration_access_token: self.token.expose(),
            client_secret: self.secret.as_ref().map(Secret::expose),
            // 0 means that it does not expire (RFC 7591 §3.2.1).
            client_secret_expires_at: self.secret.as_ref().map(|_| UnixSeconds(0)),
            metadata: &client.metadata,
            response_types: match client.may_use(GrantType::AuthorizationCode) {
                true => &["code"],
                false => &[],
            },
        }
    }
}
