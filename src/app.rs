//! Context of every operation, always the first parameter.

pub mod backups;
pub mod counters;
pub mod hashing;
pub mod jumps;
pub mod log_queue;
pub mod missing_keys;
pub mod probe;
pub mod scheduled_backup;
pub mod secret_checks;
pub mod secret_use;
pub mod trials;
pub mod unproven_rows;
pub mod untrusted_proxy;
pub mod upkeep;

pub use self::missing_keys::new_signing_key;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::time::timeout;

use crate::{
    app::{
        backups::Backups,
        counters::Counters,
        hashing::HashingTurns,
        jumps::{ClockMemory, JumpGuard},
        missing_keys::MissingKeys,
        secret_checks::SecretChecks,
        secret_use::SecretUse,
        trials::Trials,
        unproven_rows::AllUnprovenRows,
        untrusted_proxy::UntrustedProxy,
    },
    clock::SharedClock,
    concurrency::gate::{Gate, Permit},
    config::{Config, InvalidConfig, Traces, settings::Settings},
    crypto::{
        hash::{MacKey, derive},
        keys::Algorithm,
        random,
        seal::SealKey,
    },
    directory::{Current, Directory},
    domain::{
        audit::AuditEvent, client::Client, client_address::ClientAddress, id::Id, name::ClientId,
        time::UnixSeconds, token::AccessTokenClaims,
    },
    outbound::Outbound,
    store::{
        Notice, Store, StoreError, audit_events, home_networks, server_secrets, settings,
        signing_keys,
    },
    throttle::{Counted, MOST_HOMES, Network, Throttle},
    trace::{Recorder, Trace},
};

/// Maximum number of signing keys generated for administrators at a time, and the time to wait: an RSA key takes a
/// second or two.
const KEYS_AT_ONCE: usize = 1;
const KEY_WAIT: Duration = Duration::from_secs(10);
/// Maximum number of access tokens with a cached valid signature.
const VERIFIED_TOKENS: usize = 20_000;
/// Maximum number of chosen client secrets cached as correct, by a keyed hash.
const KNOWN_SECRETS: usize = 10_000;

/// Clients that are known by their metadata document.
const CLIENT_DOCUMENTS: usize = 1_000;

pub struct App {
    /// Configuration at startup. Reloadable settings are in [`App::live`].
    pub config: Config,
    pub store: Store,
    pub directory: Directory,
    pub clock: SharedClock,
    pub throttle: Throttle,
    pub outbound: Outbound,
    pub counters: Counters,
    pub backups: Backups,
    /// Traces of recent sign-ins and failed requests, for administrators.
    pub traces: Arc<Recorder>,
    /// Sign-ins that administrators try out.
    pub trials: Trials,
    pub secret_use: SecretUse,
    pub secret_checks: SecretChecks,
    pub untrusted_proxy: UntrustedProxy,
    pub unproven_rows: AllUnprovenRows,
    pub jumps: JumpGuard,
    /// Start of this server, by the monotonic clock.
    pub began: Duration,
    /// Time of the last integrity check, by the monotonic clock.
    pub checked: Mutex<Duration>,
    /// Keyed hashes: successors of refresh tokens, CSRF tokens.
    pub mac: MacKey,
    /// Seals what a browser carries for us between two pages.
    pub seal: SealKey,
    pub hashing: HashingTurns,
    key_gate: Gate,
    stopping: AtomicBool,
    /// By SHA-256 of the token. Expiry and revocation are checked every time.
    pub verified_tokens: Cache<[u8; 32], VerifiedToken>,
    /// By a keyed hash of the stored hash, the secret that matched it, and the sender's network.
    pub known_secrets: Cache<[u8; 32], ()>,
    /// Clients as their metadata documents describe them; `updated_at` is when a document was fetched.
    pub client_documents: Cache<ClientId, Arc<Client>>,
    missing_keys: MissingKeys,
}

pub type SharedApp = Arc<App>;

/// Access token whose signature is valid as long as its key is published.
#[derive(Clone)]
pub struct VerifiedToken {
    pub kid: Arc<str>,
    pub claims: Arc<AccessTokenClaims>,
}

/// Error of loading or reloading the data of a server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Config(#[from] InvalidConfig),
}

impl App {
    /// Creates what is missing on a first run (the master secret, signing keys) and loads the rest. `told` has the
    /// settings of flags, variables and the file; those of the settings page are read from the store.
    pub fn start(
        told: Settings,
        store: Store,
        clock: SharedClock,
    ) -> Result<SharedApp, StartError> {
        let config = told.config.clone();
        let outbound = Outbound::new(&told, clock.clone())?;
        let fresh = random::bytes::<32>();
        let master = store.write_blocking(move |tx| {
            let now = tx.now;
            let existing = signing_keys::all(tx)?;
            for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
                if !existing.iter().any(|key| key.alg == algorithm.as_str()) {
                    signing_keys::insert(tx, &new_signing_key(algorithm, now, now)?)?;
                }
            }
            // The clock may be wrong at the next start, which can be before the first round of maintenance.
            if settings::get(tx, settings::CLOCK)?.is_none() {
                settings::set(tx, settings::CLOCK, &ClockMemory::first(now)?)?;
            }
            server_secrets::master(tx, &fresh)
        });
        let master = master?;
        let directory = Directory::load(&store, told)?;
        let counters = Counters::load(&store)?;
        // An unknown client is described by its document, so it is unverified.
        let snapshot = directory.snapshot();
        let unproven_rows = AllUnprovenRows::load(&store, |client_id| {
            let client = snapshot.client(client_id.as_str());
            client.is_none_or(|client| snapshot.is_unproven(client))
        })?;
        drop(snapshot);
        let clock_memory = ClockMemory::load(&store)?;
        let throttle = Throttle::default();
        for home in store.read(|tx| home_networks::all(tx, MOST_HOMES))? {
            let network = Network::from_bytes(&home.network);
            throttle.remember_home(&home.sub, network, home.expires_at);
        }
        let app = Arc::new(Self {
            config,
            directory,
            jumps: JumpGuard::start(&clock, clock_memory),
            began: clock.monotonic(),
            checked: Mutex::new(clock.monotonic()),
            clock,
            throttle,
            outbound,
            counters,
            backups: Backups::default(),
            traces: Arc::default(),
            trials: Trials::default(),
            secret_use: SecretUse::default(),
            secret_checks: SecretChecks::default(),
            untrusted_proxy: UntrustedProxy::default(),
            unproven_rows,
            mac: MacKey::new(&derive(&master, "mac")),
            seal: SealKey::new(&derive(&master, "seal")),
            hashing: HashingTurns::default(),
            key_gate: Gate::new(KEYS_AT_ONCE, &[]),
            stopping: AtomicBool::new(false),
            verified_tokens: Cache::new(VERIFIED_TOKENS),
            known_secrets: Cache::new(KNOWN_SECRETS),
            client_documents: Cache::new(CLIENT_DOCUMENTS),
            missing_keys: MissingKeys::default(),
            store,
        });
        let watched = Arc::downgrade(&app);
        app.store.on_change(move |notice| match watched.upgrade() {
            Some(app) => app.keep_up(notice),
            None => Ok(()),
        });
        Ok(app)
    }

    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    pub fn new_id(&self) -> Id {
        self.store.new_id()
    }

    /// Whether a request of this client can come from a stranger, whatever its credentials: the client is public or
    /// unverified.
    pub fn is_unproven(&self, client: &Client) -> bool {
        self.directory.snapshot().is_unproven(client)
    }

    /// Current reloadable settings.
    pub fn live(&self) -> Current {
        self.directory.live()
    }

    /// Handle of an exchange that starts now.
    pub fn trace(&self) -> Trace {
        match self.directory.snapshot().settings.traces() {
            Traces::Off => Trace::off(),
            traces => Trace::new(self.traces.clone(), traces == Traces::All),
        }
    }

    /// [`App::trace`] of a trial run, in which everything is recorded.
    pub fn trace_of_trial(&self) -> Trace {
        match self.records_traces() {
            true => Trace::new(self.traces.clone(), true),
            false => Trace::off(),
        }
    }

    /// Whether sign-ins and failed requests are traced.
    pub fn records_traces(&self) -> bool {
        self.directory.snapshot().settings.traces() != Traces::Off
    }

    /// Replaces the settings of flags, variables and the file, which were checked by themselves. If they conflict with
    /// the settings page, returns an error and changes nothing.
    pub fn tell(self: &Arc<Self>, told: Settings) -> Result<(), StartError> {
        told.with_page(&self.store.read(settings::on_page)?)?;
        self.outbound.tell(&told)?;
        self.directory.tell(told);
        Ok(self.refresh_directory()?)
    }

    /// The one place where what is in memory follows the file: each write, here or by another process, comes by.
    fn keep_up(self: &Arc<Self>, notice: Notice) -> Result<(), StoreError> {
        match notice {
            Notice::Committed(effects) => {
                self.directory.apply(effects);
                Ok(())
            }
            Notice::Stale => {
                if self.directory.refresh(&self.store)? {
                    self.follow_directory();
                }
                Ok(())
            }
            Notice::ChangedElsewhere => self.refresh_directory(),
        }
    }

    /// Reloads the whole directory, and creates missing keys.
    pub fn refresh_directory(self: &Arc<Self>) -> Result<(), StoreError> {
        self.directory.reload(&self.store)?;
        self.follow_directory();
        Ok(())
    }

    fn follow_directory(self: &Arc<Self>) {
        if !self.records_traces() {
            self.traces.forget_all();
        }
        if self.missing_keys.are_kept() {
            self.make_missing_keys_aside();
        }
    }

    /// From now on, missing signing keys are generated automatically. A server calls this once it is ready.
    pub fn keep_keys(self: &Arc<Self>) {
        self.missing_keys.keep();
        self.make_missing_keys_aside();
    }

    /// Generating an RSA key is slow, so it has a thread of its own. Callers that need the key wait with
    /// [`App::make_missing_keys`].
    fn make_missing_keys_aside(self: &Arc<Self>) {
        if self.directory.snapshot().missing_key(self.now()).is_none() {
            return;
        }
        let app = self.clone();
        let made = std::thread::Builder::new()
            .name("keyfob-new-key".into())
            .spawn(move || {
                if let Err(error) = app.make_missing_keys(None) {
                    tracing::error!(%error, "could not create signing key");
                }
            });
        if let Err(error) = made {
            tracing::error!(%error, "could not create signing key");
        }
    }

    /// [`MissingKeys::make`]
    pub fn make_missing_keys(&self, also: Option<Algorithm>) -> Result<(), StoreError> {
        let (directory, store) = (&self.directory, &self.store);
        self.missing_keys.make(directory, store, &self.clock, also)
    }

    /// From now on, the server finishes current requests and accepts no new ones.
    pub fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Permit to generate a signing key. After too long, the error is that the server is busy.
    pub async fn key_permit(&self) -> Result<Permit, StoreError> {
        let permit = timeout(KEY_WAIT, self.key_gate.enter::<()>(&[])).await;
        permit.map_err(|_| StoreError::Overloaded)
    }

    /// Whether an event caused by a stranger is written to the audit log. There are limits per network, per site and in
    /// total: a number at first, then a few per minute; further events are only counted.
    pub fn audits_stranger(&self, address: Option<ClientAddress>) -> bool {
        let from = Network::of(address);
        let counted = [
            Counted::Event(from),
            Counted::EventOfSite(from.site()),
            Counted::Events,
        ];
        self.throttle.spend(self.now(), &counted).is_ok()
    }

    /// Writes the failed request of an unauthenticated sender, unless there are too many.
    pub async fn audit_unproven(
        &self,
        event: AuditEvent,
        address: Option<ClientAddress>,
    ) -> Result<(), StoreError> {
        match self.audits_stranger(address) {
            true => self.audit(event.address(address)).await,
            false => Ok(()),
        }
    }

    /// Writes one audit event that has no transaction of its own.
    pub async fn audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.store
            .write(move |tx| audit_events::insert(tx, &event))
            .await
    }
}
