//! Snapshot of the clients, keys and settings in the database.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
    sync::Arc,
};

use crate::{
    config::settings::Settings,
    crypto::keys::{Algorithm, SigningKey, VerifyingKey},
    domain::{
        client::{AuthMethod, Client, ClientMetadata, is_loopback_origin},
        name::ClientId,
        resource::Resource,
        scope::{self, Scope, ScopeSet},
        signing_key::{KeySchedule, StoredSigningKey},
        time::UnixSeconds,
        token::Audience,
        trusted_issuer::TrustedIssuer,
    },
    store::{
        StoreError, Tx, client_registrations, clients, objects::Document, settings, signing_keys,
        users,
    },
};

/// The client that the server's own pages are. Nobody can register this id.
pub const FIRST_PARTY: &str = "keyfob";

/// State of the database when it was last read.
#[derive(Clone)]
pub struct Snapshot {
    clients: HashMap<ClientId, Arc<Client>>,
    pub scopes: Vec<Scope>,
    pub resources: Vec<Resource>,
    trusted_issuers: Vec<TrustedIssuer>,
    keys: Vec<(SigningKey, KeySchedule)>,
    verifying: Vec<(VerifyingKey, KeySchedule)>,
    /// Whether there is an active administrator.
    pub has_admin: bool,
    /// Unverified clients.
    unverified: HashSet<ClientId>,
    /// The origins of all clients' pages, and whether any loopback page is among them.
    origins: HashSet<String>,
    loopback_origins: bool,
    /// The algorithms that sign tokens here: the default of ID tokens, and those of clients and APIs.
    algorithms: Vec<Algorithm>,
    /// Latest settings, including the settings page. Those that need a restart do not apply yet.
    pub settings: Settings,
}

impl Snapshot {
    pub(super) fn read(tx: &Tx, told: &Settings, before: &Settings) -> Result<Self, StoreError> {
        let settings = match told.with_page(&settings::on_page(tx)?) {
            Ok(settings) => settings,
            // Valid values of the page depend on the other sources, so another process may have stored values that are
            // invalid here. Clients and revocations are read anyway.
            Err(invalid) => {
                tracing::error!(%invalid, "invalid settings in the database; keeping the previous ones");
                before.clone()
            }
        };
        let mut clients: HashMap<_, _> = clients::all(tx)?
            .into_iter()
            .map(|client| (client.client_id.clone(), Arc::new(client)))
            .collect();
        let first_party = first_party();
        clients.insert(first_party.client_id.clone(), Arc::new(first_party));
        let keys: Vec<_> = signing_keys::all(tx)?
            .iter()
            .map(parse_key)
            .collect::<Result<_, _>>()?;
        let verifying = keys
            .iter()
            .map(|(key, schedule)| (key.verifying_key(), *schedule))
            .collect();
        let mut scopes = Scope::all(tx)?;
        scopes.sort_by_key(|scope| !scope.built_in);
        let (origins, loopback_origins) = origins(&clients);
        let resources = Resource::all(tx)?;
        Ok(Self {
            algorithms: algorithms(&settings, &clients, &resources),
            origins,
            loopback_origins,
            clients,
            unverified: client_registrations::unverified(tx)?.into_iter().collect(),
            scopes,
            resources,
            trusted_issuers: TrustedIssuer::all(tx)?,
            keys,
            verifying,
            has_admin: users::has_admin(tx)?,
            settings,
        })
    }

    pub(super) fn replace_client(
        &mut self,
        client_id: &ClientId,
        client: Option<Client>,
        is_unverified: bool,
    ) {
        let before = self.clients.remove(client_id);
        self.unverified.remove(client_id);
        if let Some(client) = client {
            if is_unverified {
                self.unverified.insert(client_id.clone());
            }
            if before.is_none() && !client.disabled {
                self.origins.extend(client.origins());
                self.loopback_origins |= client.has_loopback_origin();
            }
            let algorithm = self.id_token_algorithm(&client);
            if !self.algorithms.contains(&algorithm) {
                self.algorithms.push(algorithm);
            }
            self.clients.insert(client_id.clone(), Arc::new(client));
        }
        if before.is_some() {
            (self.origins, self.loopback_origins) = origins(&self.clients);
        }
    }

    /// Whether anyone can impersonate this client: it is public or unverified.
    pub fn is_unproven(&self, client: &Client) -> bool {
        client.is_public() || self.is_unverified(&client.client_id)
    }

    /// The client, whether it is disabled or not.
    pub fn client(&self, client_id: &str) -> Option<&Arc<Client>> {
        self.clients.get(client_id)
    }

    /// Whether no administrator has reviewed the client.
    pub fn is_unverified(&self, client_id: &ClientId) -> bool {
        ClientId::is_url(client_id.as_str()) || self.unverified.contains(client_id)
    }

    /// Whether a page of this origin can read responses to the client; if the client is unknown, whether any client
    /// allows it.
    pub fn allows_origin(&self, client_id: Option<&str>, origin: &str) -> bool {
        match client_id {
            Some(client_id) => self
                .client(client_id)
                .is_some_and(|client| !client.disabled && client.allows_origin(origin)),
            None => {
                self.origins.contains(origin)
                    || (self.loopback_origins && is_loopback_origin(origin))
            }
        }
    }

    /// Every client, the server's own included, in no order.
    pub fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.values()
    }

    pub fn scope(&self, name: &str) -> Option<&Scope> {
        self.scopes.iter().find(|scope| scope.name.as_str() == name)
    }

    /// The resource of this URI, in whatever spelling of it (RFC 3986 §6.2.2).
    pub fn resource(&self, uri: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.uri.is(uri))
    }

    /// Trusted issuer with this `iss`.
    pub fn trusted_issuer(&self, iss: &str) -> Option<&TrustedIssuer> {
        self.trusted_issuers
            .iter()
            .find(|issuer| issuer.issuer == iss)
    }

    /// The resources that own the scope.
    pub fn owners(&self, scope: &str) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.scopes.contains(scope))
    }

    /// The key that signs now ([`KeySchedule::rank`]).
    pub fn signing_key(&self, algorithm: Algorithm, now: UnixSeconds) -> Option<&SigningKey> {
        self.keys
            .iter()
            .filter(|(key, _)| key.algorithm() == algorithm)
            .filter_map(|(key, schedule)| Some((schedule.rank(now)?, key)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, key)| key)
    }

    /// First required signing algorithm without an active key.
    pub fn missing_key(&self, now: UnixSeconds) -> Option<Algorithm> {
        let mut needed = self.algorithms.iter().copied();
        needed.find(|algorithm| self.signing_key(*algorithm, now).is_none())
    }

    /// The algorithm of the client's ID tokens (`id_token_signed_response_alg`).
    pub fn id_token_algorithm(&self, client: &Client) -> Algorithm {
        id_token_algorithm(&self.settings, client)
    }

    /// The algorithm of an access token for this audience: that of its APIs where they agree, ES256 otherwise. This
    /// server takes any of its own.
    pub fn access_token_algorithm(&self, audience: &Audience) -> Algorithm {
        let named = |resource: &&Resource| audience.contains(resource.uri.as_str());
        let algorithms = self.resources.iter().filter(named);
        let mut algorithms = algorithms.map(access_token_algorithm);
        match algorithms.next() {
            Some(first) if algorithms.all(|other| other == first) => first,
            _ => Algorithm::Es256,
        }
    }

    /// An algorithm that access tokens are signed with and that has no key.
    pub fn missing_access_token_key(&self, now: UnixSeconds) -> Option<Algorithm> {
        let mut needed = self.resources.iter().map(access_token_algorithm);
        needed.find(|algorithm| self.signing_key(*algorithm, now).is_none())
    }

    /// Whether a signature by this key is valid now.
    pub fn is_published(&self, kid: &str, now: UnixSeconds) -> bool {
        self.verifying
            .iter()
            .any(|(key, schedule)| key.kid() == kid && schedule.is_published(now))
    }

    /// Keys whose signatures are valid now.
    pub fn verifying_keys(&self, now: UnixSeconds) -> Vec<VerifyingKey> {
        let published = |(_, schedule): &&(VerifyingKey, KeySchedule)| schedule.is_published(now);
        self.verifying
            .iter()
            .filter(published)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// The public keys (RFC 7517 §5), those that will sign next included.
    pub fn published_jwks(&self, now: UnixSeconds) -> Vec<serde_json::Value> {
        let published = |(_, schedule): &&(SigningKey, KeySchedule)| schedule.is_published(now);
        self.keys
            .iter()
            .filter(published)
            .map(|(key, _)| key.public_jwk().clone())
            .collect()
    }
}

/// The origins of all enabled clients' pages, and whether any loopback page is among them.
fn origins(clients: &HashMap<ClientId, Arc<Client>>) -> (HashSet<String>, bool) {
    let enabled = || clients.values().filter(|client| !client.disabled);
    let origins = enabled().flat_map(|client| client.origins()).collect();
    let has_loopback = enabled().any(|client| client.has_loopback_origin());
    (origins, has_loopback)
}

fn algorithms(
    settings: &Settings,
    clients: &HashMap<ClientId, Arc<Client>>,
    resources: &[Resource],
) -> Vec<Algorithm> {
    let of_clients = clients
        .values()
        .map(|client| id_token_algorithm(settings, client));
    let of_resources = resources.iter().map(access_token_algorithm);
    let needed: HashSet<_> = of_clients
        .chain(of_resources)
        .chain([settings.live.id_token_alg])
        .collect();
    needed.into_iter().collect()
}

fn id_token_algorithm(settings: &Settings, client: &Client) -> Algorithm {
    let named = client.metadata.id_token_signed_response_alg.as_deref();
    let named = named.and_then(|name| name.parse().ok());
    named.unwrap_or(match client.metadata.is_fapi2() {
        // FAPI 2.0 Security Profile §5.4.1: PS256, ES256 or EdDSA.
        true => Algorithm::Es256,
        false => settings.live.id_token_alg,
    })
}

fn access_token_algorithm(resource: &Resource) -> Algorithm {
    let named = resource.access_token_alg.as_deref();
    named
        .and_then(|name| name.parse().ok())
        .unwrap_or(Algorithm::Es256)
}

fn parse_key(stored: &StoredSigningKey) -> Result<(SigningKey, KeySchedule), StoreError> {
    let damaged = || StoreError::Failed(format!("signing key {} is damaged", stored.kid));
    let algorithm = Algorithm::from_str(&stored.alg).map_err(|_| damaged())?;
    let key = SigningKey::from_pkcs8(algorithm, &stored.pkcs8).map_err(|_| damaged())?;
    Ok((key, stored.schedule))
}

/// The client that the server's own pages are, which is in no table.
pub fn first_party() -> Client {
    Client {
        client_id: ClientId::trusted(FIRST_PARTY),
        metadata: ClientMetadata {
            client_name: Some("Keyfob".into()),
            scope: ScopeSet::trusted(&format!(
                "{} {} {} {}",
                scope::OPENID,
                scope::PROFILE,
                scope::EMAIL,
                scope::DELEGATE
            )),
            token_endpoint_auth_method: AuthMethod::None,
            require_consent: false,
            ..ClientMetadata::default()
        },
        disabled: false,
        managed_by: Some(FIRST_PARTY.into()),
        created_at: UnixSeconds(0),
        updated_at: UnixSeconds(0),
        secrets: Vec::new(),
    }
}
