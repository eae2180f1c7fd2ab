//! Client secrets that are not known to be correct: chosen, wrong, or of an unknown client. All of them wait in the
//! same queue and cost the same work, so that neither the response nor its delay shows which clients exist and what
//! kind of secret they have (rule B9). A client with two chosen secrets, during a rotation, costs twice.

use crate::{
    app::{SharedApp, hashing::Hashing, secret_checks::Checked},
    domain::{id::Id, secret::Secret},
    oauth::error::OAuthError,
    store::StoreError,
    throttle::{Counted, Network},
};

/// Key of the limit on guesses of a client's secret from one network.
pub(super) fn counted(client_id: &str, from: Network) -> [Counted<'_>; 2] {
    [Counted::Client(client_id, from), Counted::Anything(from)]
}

/// Stored hash of a chosen secret.
pub(super) struct Stored<'a> {
    pub id: Id,
    pub phc: &'a str,
}

/// A secret that came in the name of a client.
pub(super) struct Guess<'a> {
    /// The client that is named, which need not be there.
    pub client_id: &'a str,
    pub from: Network,
    pub readings: Vec<&'a Secret>,
    /// Its chosen secrets. Empty if the client does not exist or has none.
    pub stored: Vec<Stored<'a>>,
}

impl Guess<'_> {
    /// Matching stored secret, if any. A secret that was correct from this network before is accepted immediately,
    /// before anything is counted: guesses by others do not delay the client.
    pub(super) async fn check(self, app: &SharedApp) -> Result<Option<Id>, OAuthError> {
        if let Some((stored, _)) = self.known(app, self.from.bytes()) {
            return Ok(Some(stored.id));
        }
        if let Some(wait) = app
            .throttle
            .wait(app.now(), &counted(self.client_id, self.from))
        {
            return Err(OAuthError::slow_down(wait.0));
        }
        if let Some((stored, reading)) = self.known(app, ANYWHERE) {
            return Ok(Some(self.remember(app, stored, reading)));
        }
        let hashes = self.stored.iter().map(|stored| stored.phc);
        let readings = self.readings.iter().map(|reading| reading.expose());
        let parts = [self.client_id].into_iter().chain(hashes.clone());
        let parts: Vec<_> = parts.chain(readings).map(str::as_bytes).collect();
        let key = app.mac.mac("client secret under way", &parts);
        let check = Check {
            client_id: self.client_id.to_owned(),
            from: self.from,
            readings: self.readings.iter().copied().cloned().collect(),
            hashes: hashes.map(str::to_owned).collect(),
        };
        let checking = check.run(app.clone());
        let checked = app.secret_checks.under_way.run(&key, checking).await;
        match checked.unwrap_or(Checked::Failed) {
            Checked::Right { hash, reading } => {
                let found = self.stored.get(hash).zip(self.readings.get(reading));
                Ok(found.map(|(stored, reading)| self.remember(app, stored, reading)))
            }
            Checked::Wrong => Ok(None),
            Checked::Wait(wait) => Err(OAuthError::slow_down(wait.0)),
            Checked::Busy => Err(StoreError::Overloaded.into()),
            Checked::Failed => Err(StoreError::Internal("client secret not checked".into()).into()),
        }
    }

    /// The stored secret that one of the readings was found to be, there.
    fn known(&self, app: &SharedApp, place: &[u8]) -> Option<(&Stored<'_>, &Secret)> {
        let readings = |stored| self.readings.iter().map(move |reading| (stored, *reading));
        let mut pairs = self.stored.iter().flat_map(readings);
        pairs.find(|(stored, reading)| {
            let key = known_key(app, stored, reading, place);
            app.known_secrets.get(&key).is_some()
        })
    }

    fn remember(&self, app: &SharedApp, stored: &Stored<'_>, reading: &Secret) -> Id {
        for place in [self.from.bytes(), ANYWHERE] {
            let key = known_key(app, stored, reading, place);
            app.known_secrets.insert(key, ());
        }
        stored.id
    }
}

/// Replaces the network.
const ANYWHERE: &[u8] = b"anywhere";

fn known_key(app: &SharedApp, stored: &Stored<'_>, reading: &Secret, place: &[u8]) -> [u8; 32] {
    let parts = [stored.phc.as_bytes(), reading.expose().as_bytes(), place];
    app.mac.mac("known client secret", &parts)
}

struct Check {
    client_id: String,
    from: Network,
    readings: Vec<Secret>,
    hashes: Vec<String>,
}

impl Check {
    async fn run(self, app: SharedApp) -> Checked {
        let whose = Hashing::ClientSecret(self.from, &self.client_id);
        let Ok(_turn) = app.hashing.turn(whose).await else {
            return Checked::Busy;
        };
        // Checked again: earlier ones of many simultaneous requests may have used up the limit.
        let counted = counted(&self.client_id, self.from);
        if let Some(wait) = app.throttle.wait(app.now(), &counted) {
            return Checked::Wait(wait);
        }
        let checking = app.clone();
        let verify = move || checking.secret_checks.verify(&self.readings, &self.hashes);
        match tokio::task::spawn_blocking(verify).await {
            Ok(checked) => checked,
            Err(error) => {
                tracing::error!(%error, "could not check client secret");
                Checked::Failed
            }
        }
    }
}
