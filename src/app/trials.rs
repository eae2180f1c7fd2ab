//! Trial runs: an administrator plays a client of this server, with the server's own page as its callback.
//!
//! In memory, few and short. While a run waits for its response, and only for the request with its own `state`, the
//! callback is treated as a redirect URI of the client: `state` is a secret of the run, the verifier never leaves the
//! server, and only the run's administrator can see the response of the callback.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    crypto::hash,
    domain::{
        client::Client,
        id::Id,
        redirect_uri::RedirectUri,
        secret::Secret,
        time::{Lifetime, UnixSeconds},
    },
    store::{Store, StoreError, authorization_codes},
    trace::Refused,
};

/// Callback path of test sign-ins on this server.
pub const CALLBACK: &str = "/admin/trials/callback";

/// Maximum number of test sign-ins, and their maximum duration.
const MOST: usize = 50;
const LIFETIME: Lifetime = Lifetime::minutes(15);

/// Simulated fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedFault {
    WrongVerifier,
    VerifierIsChallenge,
    NoPkce,
    WrongRedirect,
    UnregisteredRedirect,
    CodeTwice,
    ExpiredCode,
    WrongSecret,
}

impl InjectedFault {
    pub const ALL: &[(InjectedFault, &str)] = &[
        (InjectedFault::WrongVerifier, "wrong_verifier"),
        (InjectedFault::VerifierIsChallenge, "verifier_is_challenge"),
        (InjectedFault::NoPkce, "no_pkce"),
        (InjectedFault::WrongRedirect, "wrong_redirect"),
        (InjectedFault::UnregisteredRedirect, "unregistered_redirect"),
        (InjectedFault::CodeTwice, "code_twice"),
        (InjectedFault::ExpiredCode, "expired_code"),
        (InjectedFault::WrongSecret, "wrong_secret"),
    ];

    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, name)| *name == text).map(|(one, _)| *one)
    }
}

/// Progress of a test sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Somebody is to sign in, or to allow a device.
    Waiting,
    Done,
    Failed,
}

/// Step of a test sign-in.
#[derive(Clone, Debug)]
pub struct Done {
    pub title: &'static str,
    pub refused: Option<Refused>,
    /// ID of its trace.
    pub trace: Option<Id>,
}

#[derive(Clone, Debug)]
pub struct Run {
    pub id: Id,
    /// The session of the admin page in which it was begun.
    pub owner: Id,
    pub begun_at: UnixSeconds,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub broken: Option<InjectedFault>,
    pub resource: Option<String>,
    pub state: Secret,
    pub verifier: Secret,
    pub stage: Stage,
    pub done: Vec<Done>,
    /// URL at which a browser starts the sign-in.
    pub authorize: Option<String>,
    pub device_code: Option<Secret>,
    pub user_code: Option<String>,
    /// By their names in the token response.
    pub tokens: Vec<(&'static str, Secret)>,
}

impl Run {
    pub fn token(&self, name: &str) -> Option<&Secret> {
        let mut tokens = self.tokens.iter();
        tokens
            .find(|(known, _)| *known == name)
            .map(|(_, token)| token)
    }
}

#[derive(Default)]
pub struct Trials(Mutex<BTreeMap<Id, Run>>);

impl Trials {
    pub fn begin(&self, run: Run) {
        let mut runs = self.runs(run.begun_at);
        runs.insert(run.id, run);
        while runs.len() > MOST {
            runs.pop_first();
        }
    }

    /// A run of this session.
    pub fn get(&self, now: UnixSeconds, owner: Id, id: Id) -> Option<Run> {
        let runs = self.runs(now);
        runs.get(&id).filter(|run| run.owner == owner).cloned()
    }

    /// Takes the run of this session that waits for the response with this `state`.
    pub fn answered(&self, now: UnixSeconds, owner: Id, state: &str) -> Option<Run> {
        let mut runs = self.runs(now);
        let run = runs
            .values_mut()
            .find(|run| run.owner == owner && waits_for(run, state))?;
        run.stage = Stage::Done;
        Some(run.clone())
    }

    pub fn put(&self, now: UnixSeconds, run: Run) {
        self.runs(now).insert(run.id, run);
    }

    /// The client, with the callback among its addresses if this is the request of a run.
    pub fn with_callback(
        &self,
        now: UnixSeconds,
        issuer: &str,
        client: Arc<Client>,
        redirect_uri: Option<&str>,
        state: Option<&str>,
    ) -> Arc<Client> {
        let (Some(redirect_uri), Some(state)) = (redirect_uri, state) else {
            return client;
        };
        let is_callback = redirect_uri
            .strip_prefix(issuer)
            .is_some_and(|path| path == CALLBACK);
        let is_of_run =
            |run: &Run| run.client_id == client.client_id.as_str() && waits_for(run, state);
        if !is_callback || !self.runs(now).values().any(is_of_run) {
            return client;
        }
        let Ok(callback) = RedirectUri::parse(redirect_uri) else {
            return client;
        };
        let mut client = Client::clone(&client);
        client.metadata.redirect_uris.push(callback);
        Arc::new(client)
    }

    /// Deletes runs that are too old, with their secrets.
    pub fn forget_old(&self, now: UnixSeconds) {
        drop(self.runs(now));
    }

    fn runs(&self, now: UnixSeconds) -> MutexGuard<'_, BTreeMap<Id, Run>> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, run| now < run.begun_at + LIFETIME);
        runs
    }
}

fn waits_for(run: &Run, state: &str) -> bool {
    run.stage == Stage::Waiting
        && run.authorize.is_some()
        && hash::constant_time_eq(run.state.expose().as_bytes(), state.as_bytes())
}

/// Lets the code of a test sign-in expire, to simulate this fault.
pub async fn expire_code(store: &Store, id: Id) -> Result<(), StoreError> {
    store
        .write(move |tx| authorization_codes::expire(tx, id))
        .await
}
