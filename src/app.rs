//! What every operation needs: the context parameter, always first.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::{
    clock::SharedClock,
    config::{Config, InvalidConfig},
    crypto::{
        hash::{MacKey, derive},
        keys::{Algorithm, SigningKey},
        random,
        seal::SealKey,
    },
    directory::Directory,
    domain::{
        audit::AuditEvent,
        id::Id,
        signing_key::{KeySchedule, StoredSigningKey},
        time::UnixSeconds,
        token::AccessTokenClaims,
    },
    outbound::Outbound,
    store::{Store, StoreError, audit_events, server_secrets, signing_keys},
    throttle::Throttle,
};

/// Password hashes that are worked on at a time: a storm of sign-ins must not starve everything else.
const PASSWORD_HASHES: usize = 2;
/// How long a sign-in waits for its turn.
const PASSWORD_WAIT: Duration = Duration::from_secs(5);
/// Access tokens whose signature is remembered as good.
const VERIFIED_TOKENS: usize = 20_000;
/// Clients' chosen secrets that are remembered as good, under a keyed hash.
const KNOWN_SECRETS: usize = 10_000;

pub struct App {
    pub config: Config,
    pub store: Store,
    pub directory: Directory,
    pub clock: SharedClock,
    pub throttle: Throttle,
    pub outbound: Outbound,
    /// Keyed hashes: successors of refresh tokens, CSRF tokens.
    pub mac: MacKey,
    /// Seals what a browser carries for us between two pages.
    pub seal: SealKey,
    password_gate: Semaphore,
    /// By SHA-256 of the token. Expiry and revocation are looked at every time.
    pub verified_tokens: Cache<[u8; 32], Arc<AccessTokenClaims>>,
    /// By a keyed hash of the stored hash and the secret that matched it.
    pub known_secrets: Cache<[u8; 32], ()>,
}

pub type SharedApp = Arc<App>;

/// Why there is nothing to serve with.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Config(#[from] InvalidConfig),
}

impl App {
    /// Makes what is missing on a first run (the master secret, signing keys) and reads the rest.
    pub fn start(
        config: Config,
        store: Store,
        clock: SharedClock,
    ) -> Result<SharedApp, StartError> {
        let outbound = Outbound::new(&config, clock.clone())?;
        let fresh = random::bytes::<32>();
        let master = store.write_blocking(move |tx| {
            let now = tx.now;
            let existing = signing_keys::all(tx)?;
            for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
                if !existing.iter().any(|key| key.alg == algorithm.as_str()) {
                    signing_keys::insert(tx, &new_signing_key(algorithm, now, now)?)?;
                }
            }
            server_secrets::master(tx, &fresh)
        });
        let master = master?;
        let directory = Directory::load(&store)?;
        let app = Arc::new(Self {
            config,
            directory,
            clock,
            throttle: Throttle::default(),
            outbound,
            mac: MacKey::new(&derive(&master, "mac")),
            seal: SealKey::new(&derive(&master, "seal")),
            password_gate: Semaphore::new(PASSWORD_HASHES),
            verified_tokens: Cache::new(VERIFIED_TOKENS),
            known_secrets: Cache::new(KNOWN_SECRETS),
            store,
        });
        let watched = Arc::downgrade(&app);
        app.store.on_foreign_change(move || {
            if let Some(app) = watched.upgrade()
                && let Err(error) = app.directory.reload(&app.store)
            {
                tracing::error!(%error, "a change of the database by another process could not be read");
            }
        });
        Ok(app)
    }

    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    pub fn new_id(&self) -> Id {
        self.store.new_id()
    }

    /// Reads the directory anew after an administrative write.
    pub fn refresh_directory(&self) -> Result<(), StoreError> {
        self.directory.reload(&self.store)
    }

    /// The right to work on a password hash. Whoever waits too long for it is told that the server is busy.
    pub async fn password_permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        match timeout(PASSWORD_WAIT, self.password_gate.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Stopped),
            Err(_) => Err(StoreError::Overloaded),
        }
    }

    /// Writes one audit event that has no transaction of its own.
    pub async fn audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.store
            .write(move |tx| audit_events::insert(tx, &event))
            .await
    }
}

/// A key that is published from `now` and signs from `activates_at`.
pub fn new_signing_key(
    algorithm: Algorithm,
    now: UnixSeconds,
    activates_at: UnixSeconds,
) -> Result<StoredSigningKey, StoreError> {
    let key =
        SigningKey::generate(algorithm).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(StoredSigningKey {
        kid: key.kid().to_owned(),
        alg: algorithm.as_str().to_owned(),
        pkcs8: key.pkcs8().to_vec(),
        schedule: KeySchedule {
            created_at: now,
            activates_at,
            expires_at: None,
        },
    })
}
