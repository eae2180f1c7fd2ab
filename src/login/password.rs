//! Sign-in with a password. An unknown user and a wrong password get one answer after the same work.

use crate::{
    app::{SharedApp, counters::SignInOutcome},
    crypto::password,
    domain::{
        audit::AuditEvent,
        client_address::ClientAddress,
        name::comparison_key,
        secret::Secret,
        time::Lifetime,
        user::{PasswordHash, User},
    },
    store::{StoreError, users},
    throttle::{Counted, Network},
};

#[derive(Debug)]
pub enum SignIn {
    Ok(Box<User>),
    Wrong,
    Wait(Lifetime),
}

/// Hashes a password that a person chose, which takes about 30 ms. It waits its turn.
pub async fn hash(app: &SharedApp, secret: Secret) -> Result<PasswordHash, StoreError> {
    let _permit = app.password_permit().await?;
    let hashed = tokio::task::spawn_blocking(move || password::hash(&secret)).await;
    hashed
        .map(PasswordHash)
        .map_err(|error| StoreError::Failed(error.to_string()))
}

pub async fn sign_in(
    app: &SharedApp,
    name: &str,
    secret: Secret,
    address: Option<ClientAddress>,
) -> Result<SignIn, StoreError> {
    let key = comparison_key(name);
    let from = Network::of(address);
    let counted = [
        Counted::AccountFrom(&key, from),
        Counted::Account(&key),
        Counted::Anything(from),
    ];
    let slowed_down = || app.counters.sign_in(SignInOutcome::SlowedDown);
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        slowed_down();
        return Ok(SignIn::Wait(wait));
    }
    let permit = app.password_permit().await?;
    // Once more: of many who came at once, those before may have used up what is free.
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        slowed_down();
        return Ok(SignIn::Wait(wait));
    }
    let user: Option<User> = app.store.read(|tx| users::by_login_name(tx, name))?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = tokio::task::spawn_blocking(move || match stored {
        Some(stored) => password::verify(&secret, &stored.0),
        None => {
            password::verify_unknown(&secret);
            false
        }
    });
    let right = right
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    let known = user.as_ref().map(|user| user.sub.to_string());
    match user.filter(|user| right && !user.disabled) {
        Some(user) => {
            app.throttle.succeeded(app.now(), &counted);
            Ok(SignIn::Ok(Box::new(user)))
        }
        None => {
            app.throttle.failed(app.now(), &counted);
            app.counters.sign_in(SignInOutcome::Refused);
            drop(permit);
            // The name itself is not kept: people type passwords into the wrong field.
            let event = AuditEvent {
                subject: known,
                ..AuditEvent::refused("login.refused", "wrong username or password")
            };
            app.audit(event.address(address)).await?;
            Ok(SignIn::Wrong)
        }
    }
}
