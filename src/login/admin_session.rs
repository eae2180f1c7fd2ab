//! Administrators at the admin page: their own sessions, apart from the browser logins of `session`.

use crate::{
    app::{App, SharedApp, counters::SignInOutcome},
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        client_address::ClientAddress,
        id::Id,
        secret::Secret,
        session::AdminSession,
        time::{Lifetime, UnixSeconds},
        token::OpaqueToken,
        user::User,
    },
    store::{StoreError, admin_sessions, audit_events, users},
};

/// Precision of the time of the last use.
const TOUCH_EVERY: Lifetime = Lifetime::minutes(1);

/// An administrator who is signed in at the admin page.
#[derive(Clone, Debug)]
pub struct SignedInAdmin {
    pub session: AdminSession,
    pub user: User,
}

/// Creates a session for an administrator and returns the value of its cookie.
pub async fn begin(
    app: &SharedApp,
    user: User,
    address: Option<ClientAddress>,
    user_agent: Option<String>,
) -> Result<(SignedInAdmin, Secret), StoreError> {
    let secret = random::secret();
    let secret_hash = hash::secret_hash(secret.expose());
    let sub = user.sub.clone();
    let session = app
        .store
        .write(move |tx| {
            let session = AdminSession {
                id: tx.new_id(),
                secret_hash,
                sub,
                proved_at: tx.now,
                created_at: tx.now,
                last_used_at: tx.now,
                expires_at: tx.now + AdminSession::LIFETIME,
                address: address.map(|address| address.to_string()),
                user_agent: user_agent.map(|agent| agent.chars().take(255).collect()),
            };
            admin_sessions::insert(tx, &session)?;
            let event = AuditEvent::ok("admin.signed_in")
                .actor(&session.sub)
                .subject(&session.sub)
                .address(address);
            audit_events::insert(tx, &event)?;
            Ok::<_, StoreError>(session)
        })
        .await?;
    app.counters.sign_in(SignInOutcome::Ok);
    let cookie = OpaqueToken {
        id: session.id,
        secret,
    };
    Ok((SignedInAdmin { session, user }, cookie.to_secret()))
}

/// Administrator of this cookie. `None` for an invalid cookie, and for a user who is disabled or no longer an
/// administrator.
pub async fn find(app: &SharedApp, cookie: &str) -> Result<Option<SignedInAdmin>, StoreError> {
    let found = look(app, cookie)?;
    if let Some(admin) = &found
        && app.now().since(admin.session.last_used_at) >= i64::from(TOUCH_EVERY.0)
    {
        let id = admin.session.id;
        app.store
            .write(move |tx| admin_sessions::touch(tx, id, TOUCH_EVERY))
            .await?;
    }
    Ok(found)
}

/// [`find`], without using the session.
pub fn look(app: &App, cookie: &str) -> Result<Option<SignedInAdmin>, StoreError> {
    let Ok(cookie) = cookie.parse::<OpaqueToken>() else {
        return Ok(None);
    };
    app.store.read(|tx| {
        let session = admin_sessions::get(tx, cookie.id)?.filter(|session| {
            session
                .secret_hash
                .matches(&hash::secret_hash(cookie.secret.expose()))
                && session.is_alive(tx.now)
        });
        let Some(session) = session else {
            return Ok(None);
        };
        let user =
            users::get(tx, session.sub.as_str())?.filter(|user| user.admin && !user.disabled);
        Ok(user.map(|user| SignedInAdmin { session, user }))
    })
}

/// Expiry of a session, if it is still active. Does not use the session.
pub fn alive_until(app: &SharedApp, id: Id) -> Result<Option<UnixSeconds>, StoreError> {
    app.store.read(|tx| {
        let Some(session) = admin_sessions::get(tx, id)? else {
            return Ok(None);
        };
        let user = users::get(tx, session.sub.as_str())?;
        let is_administrator = user.is_some_and(|user| user.admin && !user.disabled);
        Ok((is_administrator && session.is_alive(tx.now)).then(|| session.alive_until()))
    })
}

/// Notes that the administrator has just given the password again.
pub async fn prove(app: &SharedApp, id: Id) -> Result<(), StoreError> {
    app.store
        .write(move |tx| admin_sessions::prove(tx, id))
        .await
}

pub async fn end(
    app: &SharedApp,
    admin: &SignedInAdmin,
    address: Option<ClientAddress>,
) -> Result<(), StoreError> {
    let event = AuditEvent::ok("admin.signed_out")
        .actor(&admin.user.sub)
        .subject(&admin.user.sub)
        .address(address);
    let id = admin.session.id;
    app.store
        .write(move |tx| {
            admin_sessions::delete(tx, id)?;
            audit_events::insert(tx, &event)
        })
        .await
}
