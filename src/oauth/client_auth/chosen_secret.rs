//! A client secret that a person chose: it can be guessed, and costs Argon2id to check.

use crate::{
    app::{SharedApp, secret_checks::Checked},
    domain::secret::Secret,
    oauth::error::OAuthError,
    store::StoreError,
    throttle::{Counted, Network},
};

/// What was counted against a client's secret from one network.
pub(super) fn counted(client_id: &str, from: Network) -> [Counted<'_>; 2] {
    [Counted::Client(client_id, from), Counted::Anything(from)]
}

/// Whether `phc` is the hash of the secret. It is worked out once; then it is remembered under a keyed hash. A
/// secret that was right from this network before is right before anything is counted: guesses by others do not
/// hold up the client.
pub(super) async fn matches(
    app: &SharedApp,
    client_id: &str,
    phc: &str,
    secret: &Secret,
    from: Network,
) -> Result<bool, OAuthError> {
    let known = |network: &[u8]| {
        let parts = [phc.as_bytes(), secret.expose().as_bytes(), network];
        app.mac.mac("known client secret", &parts)
    };
    let known_here = known(from.bytes());
    if app.known_secrets.get(&known_here).is_some() {
        return Ok(true);
    }
    if let Some(wait) = app.throttle.wait(app.now(), &counted(client_id, from)) {
        return Err(OAuthError::slow_down(wait.0));
    }
    let known_anywhere = known(b"anywhere");
    if app.known_secrets.get(&known_anywhere).is_none() {
        let check = Check {
            client_id: client_id.to_owned(),
            phc: phc.to_owned(),
            secret: secret.clone(),
            from,
        };
        let checked = app
            .secret_checks
            .under_way
            .run(&known_anywhere, check.run(app.clone(), known_anywhere));
        match checked.await.unwrap_or(Checked::Failed) {
            Checked::Right => {}
            Checked::Wrong => return Ok(false),
            Checked::Wait(wait) => return Err(OAuthError::slow_down(wait.0)),
            Checked::Busy => return Err(StoreError::Overloaded.into()),
            Checked::Failed => {
                return Err(StoreError::Internal("a secret was not checked".into()).into());
            }
        }
    }
    app.known_secrets.insert(known_here, ());
    Ok(true)
}

struct Check {
    client_id: String,
    phc: String,
    secret: Secret,
    from: Network,
}

impl Check {
    async fn run(self, app: SharedApp, known: [u8; 32]) -> Checked {
        let Some(_permit) = app.secret_checks.permit(&self.client_id, self.from).await else {
            return Checked::Busy;
        };
        // Again: of many who came at once, those before may have used up what is free.
        let counted = counted(&self.client_id, self.from);
        if let Some(wait) = app.throttle.wait(app.now(), &counted) {
            return Checked::Wait(wait);
        }
        let checking = app.clone();
        let verify = move || checking.secret_checks.verify(&self.secret, &self.phc);
        let right = tokio::task::spawn_blocking(verify);
        match right.await {
            Ok(true) => {
                app.known_secrets.insert(known, ());
                Checked::Right
            }
            Ok(false) => Checked::Wrong,
            Err(error) => {
                tracing::error!(%error, "a client secret could not be checked");
                Checked::Failed
            }
        }
    }
}
