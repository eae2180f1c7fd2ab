//! `client_secret_basic` and `client_secret_post`: the same proof, told in two ways. A client registered
//! for either may use both (RFC 6749 §2.3.1 lets the server take both).

use crate::{
    app::SharedApp,
    crypto::{hash, password},
    domain::{
        client::{Client, ClientSecretHash},
        secret::Secret,
    },
    oauth::error::OAuthError,
    store::StoreError,
    throttle::Counted,
};

/// Whether this is one of the client's secrets that have not expired.
///
/// A secret that the server made cannot be guessed and costs nothing to check, so nobody who has it is
/// ever held up. One that a person chose can be guessed, so `counted` comes first.
pub(super) async fn matches(
    app: &SharedApp,
    client: &Client,
    secret: &Secret,
    counted: &[Counted<'_>],
) -> Result<bool, OAuthError> {
    let now = app.now();
    let hash = hash::secret_hash(secret.expose());
    let alive = client
        .secrets
        .iter()
        .filter(|stored| stored.expires_at.is_none_or(|at| now < at));
    let mut chosen = Vec::new();
    for stored in alive {
        match &stored.hash {
            ClientSecretHash::Sha256(stored) if stored.matches(&hash) => return Ok(true),
            ClientSecretHash::Sha256(_) => {}
            ClientSecretHash::Argon2id(phc) => chosen.push(phc),
        }
    }
    for phc in chosen {
        if chosen_secret_matches(app, phc, secret, counted).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A secret that a person chose costs Argon2id once; then it is remembered under a keyed hash.
async fn chosen_secret_matches(
    app: &SharedApp,
    phc: &str,
    secret: &Secret,
    counted: &[Counted<'_>],
) -> Result<bool, OAuthError> {
    let may_try = || match app.throttle.wait(app.now(), counted) {
        Some(wait) => Err(OAuthError::slow_down(wait.0)),
        None => Ok(()),
    };
    may_try()?;
    let known = app.mac.mac(
        "known client secret",
        &[phc.as_bytes(), secret.expose().as_bytes()],
    );
    if app.known_secrets.get(&known).is_some() {
        return Ok(true);
    }
    let _permit = app.password_permit().await?;
    // Once more: of many who came at once, those before may have used up what is free.
    may_try()?;
    let (phc, secret) = (phc.to_owned(), secret.clone());
    let right = tokio::task::spawn_blocking(move || password::verify(&secret, &phc))
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    if right {
        app.known_secrets.insert(known, ());
    }
    Ok(right)
}
