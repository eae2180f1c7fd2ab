//! Sign-in with a password. An unknown user and a wrong password get one answer after the same work.

use crate::{
    app::SharedApp,
    crypto::password,
    domain::{audit::AuditEvent, name::comparison_key, secret::Secret, time::Lifetime, user::User},
    store::{StoreError, users},
    throttle::Counted,
};

#[derive(Debug)]
pub enum SignIn {
    Ok(Box<User>),
    Wrong,
    Wait(Lifetime),
}

pub async fn sign_in(
    app: &SharedApp,
    name: &str,
    secret: Secret,
    address: Option<&str>,
) -> Result<SignIn, StoreError> {
    let key = comparison_key(name);
    let from = address.unwrap_or_default().to_owned();
    let counted = [
        Counted::AccountFrom(key.clone(), from.clone()),
        Counted::Account(key),
        Counted::Address(from),
    ];
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        return Ok(SignIn::Wait(wait));
    }
    let user: Option<User> = app.store.read(|tx| users::by_login_name(tx, name))?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let _permit = app
        .password_gate
        .acquire()
        .await
        .map_err(|_| StoreError::Stopped)?;
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
    match user.filter(|user| right && !user.disabled) {
        Some(user) => {
            app.throttle.succeeded(&counted);
            Ok(SignIn::Ok(Box::new(user)))
        }
        None => {
            app.throttle.failed(app.now(), &counted);
            app.audit(
                AuditEvent::refused("login.refused", "wrong username or password").address(address),
            )
            .await?;
            Ok(SignIn::Wrong)
        }
    }
}
