//! `client_secret_basic` and `client_secret_post`: the same proof, told in two ways. A client registered
//! for either may use both (RFC 6749 §2.3.1 lets the server take both).

use crate::{
    app::SharedApp,
    crypto::{hash, password},
    domain::{
        client::{Client, ClientSecretHash},
        secret::Secret,
    },
};

/// Whether this is one of the client's secrets that have not expired.
pub(super) async fn matches(app: &SharedApp, client: &Client, secret: &Secret) -> bool {
    let now = app.now();
    let hash = hash::secret_hash(secret.expose());
    for stored in client
        .secrets
        .iter()
        .filter(|stored| stored.expires_at.is_none_or(|at| now < at))
    {
        let right = match &stored.hash {
            ClientSecretHash::Sha256(stored) => stored.matches(&hash),
            ClientSecretHash::Argon2id(phc) => chosen_secret_matches(app, phc, secret).await,
        };
        if right {
            return true;
        }
    }
    false
}

/// A secret that a person chose costs Argon2id once; then it is remembered under a keyed hash.
async fn chosen_secret_matches(app: &SharedApp, phc: &str, secret: &Secret) -> bool {
    let known = app.mac.mac(
        "known client secret",
        &[phc.as_bytes(), secret.expose().as_bytes()],
    );
    if app.known_secrets.get(&known).is_some() {
        return true;
    }
    let Ok(_permit) = app.password_gate.acquire().await else {
        return false;
    };
    let (phc, secret) = (phc.to_owned(), secret.clone());
    let right = tokio::task::spawn_blocking(move || password::verify(&secret, &phc))
        .await
        .unwrap_or(false);
    if right {
        app.known_secrets.insert(known, ());
    }
    right
}
