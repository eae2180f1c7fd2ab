//! Sign-in with a password. An unknown user and a wrong password get the same response after the same work.

use crate::{
    app::{SharedApp, counters::SignInOutcome, hashing::Hashing},
    crypto::password::{self, Verdict},
    domain::{
        audit::AuditEvent,
        client_address::ClientAddress,
        name::comparison_key,
        secret::Secret,
        time::Lifetime,
        user::{PasswordHash, User},
    },
    login::known_browsers::KnownBrowsers,
    store::{
        StoreError, Tx,
        home_networks::{self, HomeNetwork},
        users,
    },
    throttle::{Account, Counted, HOME_FOR, Network},
    trace::Trace,
};

#[derive(Debug)]
pub enum SignIn {
    Ok(Box<User>),
    Wrong,
    Wait(Lifetime),
}

/// Hashes a chosen password, which takes about 30 ms. Waits for the turn of this `sub`.
pub async fn hash(app: &SharedApp, sub: &str, secret: Secret) -> Result<PasswordHash, StoreError> {
    let _turn = app.hashing.turn(Hashing::Choosing(sub)).await?;
    let hashed = tokio::task::spawn_blocking(move || password::hash(&secret)).await;
    hashed
        .map(PasswordHash)
        .map_err(|error| StoreError::Internal(error.to_string()))
}

impl SignIn {
    /// Reports an attempt that failed.
    fn traced(self, trace: &Trace) -> Self {
        match self {
            SignIn::Ok(_) => {}
            SignIn::Wrong => trace.says("wrong username or password"),
            SignIn::Wait(_) => trace.says("too many failed attempts"),
        }
        self
    }
}

/// Dev mode: one click is the sign-in.
pub fn pick(app: &SharedApp, trace: &Trace, username: &str) -> Result<SignIn, StoreError> {
    let user = app.store.read(|tx| users::by_username(tx, username))?;
    let user = user.filter(|user| user.persona && !user.disabled);
    let picked = user.map_or(SignIn::Wrong, |user| SignIn::Ok(Box::new(user)));
    Ok(picked.traced(trace))
}

pub async fn sign_in(
    app: &SharedApp,
    trace: &Trace,
    name: &str,
    secret: Secret,
    address: Option<ClientAddress>,
    browsers: &KnownBrowsers,
) -> Result<SignIn, StoreError> {
    let attempt = attempt(app, name, secret, address, browsers).await?;
    Ok(attempt.traced(trace))
}

async fn attempt(
    app: &SharedApp,
    name: &str,
    secret: Secret,
    address: Option<ClientAddress>,
    browsers: &KnownBrowsers,
) -> Result<SignIn, StoreError> {
    let (key, from) = (comparison_key(name), Network::of(address));
    let user = app.store.read(|tx| users::by_login_name(tx, name))?;
    let account = match &user {
        Some(user) => Account::Known(user.sub.as_str()),
        None => Account::Unknown(&key),
    };
    let known_browser = user.as_ref().and_then(|user| browsers.counted(app, user));
    let here = known_browser.as_slice();
    let anywhere = [
        Counted::AccountFrom(account, from),
        Counted::Account(account),
        Counted::Anything(from),
    ];
    // Guesses by others, here or elsewhere, do not affect a known browser. After its own attempts are used up, it is
    // treated like any browser.
    let free = || match here {
        [_, ..] if app.throttle.wait(app.now(), here).is_none() => Ok(here),
        _ => match app.throttle.wait(app.now(), &anywhere) {
            None => Ok(&anywhere[..]),
            Some(wait) => {
                app.counters.sign_in(SignInOutcome::SlowedDown);
                Err(wait)
            }
        },
    };
    let whose = match (account, free()) {
        (_, Err(wait)) => return Ok(SignIn::Wait(wait)),
        (Account::Known(sub), Ok([Counted::KnownBrowser(id)])) => Hashing::KnownBrowser(sub, *id),
        (Account::Known(sub), _) if app.throttle.is_at_home(app.now(), sub, from) => {
            Hashing::AtHome(sub, from)
        }
        _ => Hashing::Stranger(from),
    };
    let turn = app.hashing.turn(whose).await?;
    // Checked again: earlier ones of many simultaneous requests may have used up the limit.
    let counted = match free() {
        Ok(counted) => counted,
        Err(wait) => return Ok(SignIn::Wait(wait)),
    };
    let user: Option<User> = app.store.read(|tx| users::by_login_name(tx, name))?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let checked = tokio::task::spawn_blocking(move || match stored {
        Some(stored) => match password::check(&secret, &stored.0) {
            Verdict::Right => (true, None),
            Verdict::RightAndOutdated => {
                let renewed = PasswordHash(password::hash(&secret));
                (true, Some((stored, renewed)))
            }
            Verdict::Wrong => (false, None),
        },
        None => {
            password::verify_unknown(&secret);
            (false, None)
        }
    });
    let (right, renewed) = checked
        .await
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let known = user.as_ref().map(|user| user.sub.to_string());
    match user.filter(|user| right && !user.disabled) {
        Some(mut user) => {
            app.throttle.succeeded(counted);
            app.throttle.succeeded(here);
            if let Some((old, new)) = renewed {
                let sub = user.sub.clone();
                user.password_hash = Some(new.clone());
                let renew = move |tx: &Tx| users::renew_password_hash(tx, &sub, &old, &new);
                app.store.write(renew).await?;
            }
            remember_home(app, &user, from).await?;
            Ok(SignIn::Ok(Box::new(user)))
        }
        None => {
            app.throttle.failed(app.now(), counted);
            app.counters.sign_in(SignInOutcome::Failed);
            drop(turn);
            // The name itself is not stored: users type passwords into the wrong field.
            let event = AuditEvent {
                subject: known,
                ..AuditEvent::failed("user.sign_in_failed", "wrong username or password")
            };
            app.audit(event.address(address)).await?;
            Ok(SignIn::Wrong)
        }
    }
}

/// Stores the network of a successful sign-in: wrong guesses by others do not lock the user out there, also after a
/// restart. Written once per day at most.
async fn remember_home(app: &SharedApp, user: &User, from: Network) -> Result<(), StoreError> {
    let (now, sub) = (app.now(), user.sub.to_string());
    if !app.throttle.is_new_home(now, &sub, from) {
        return Ok(());
    }
    let home = HomeNetwork {
        sub,
        network: from.bytes().to_vec(),
        expires_at: now + HOME_FOR,
    };
    let (sub, until) = (home.sub.clone(), home.expires_at);
    app.store
        .write(move |tx| home_networks::put(tx, &home))
        .await?;
    app.throttle.remember_home(&sub, from, until);
    Ok(())
}
