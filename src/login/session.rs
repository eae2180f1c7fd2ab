//! Sessions: created at sign-in with a new ID, found by their cookie, revoked at sign-out.

use crate::{
    app::{App, SharedApp, counters::SignInOutcome},
    crypto::{hash, random},
    domain::{
        audit::AuditEvent, client_address::ClientAddress, id::Id, name::ClientId, secret::Secret,
        session::Session, token::OpaqueToken, user::User,
    },
    login::page_token,
    oauth::{authorize::decide::SignedIn, error::OAuthError, issue},
    store::{StoreError, audit_events, grants, revocations, sessions, users},
    trace::Trace,
};

/// A new sign-in.
pub struct Begun {
    pub person: SignedIn,
    /// Cookie value that proves the session.
    pub session_cookie: Secret,
    /// The access token of the server's own pages.
    pub token: Secret,
}

/// Creates a session, and a token for the server's own pages. `earlier` is the session of the same browser, if any: if
/// it belongs to another user, it is revoked with everything issued in it, since the browser can no longer use it. The
/// same user's stays, since signing in again must not revoke tokens of apps.
pub async fn begin(
    app: &SharedApp,
    trace: &Trace,
    user: User,
    earlier: Option<&SignedIn>,
    amr: &'static str,
    address: Option<ClientAddress>,
    user_agent: Option<String>,
) -> Result<Begun, OAuthError> {
    let secret = random::secret();
    let secret_hash = hash::secret_hash(secret.expose());
    let lifetime = app.live().session_lifetime;
    let (sub, writing) = (user.sub.clone(), app.clone());
    let earlier = earlier.filter(|earlier| earlier.user.sub != sub);
    let earlier = earlier.map(|earlier| earlier.session.clone());
    let (session, token) = app
        .store
        .write(move |tx| {
            let session = Session {
                id: tx.new_id(),
                secret_hash,
                sub,
                auth_time: tx.now,
                amr: amr.to_owned(),
                created_at: tx.now,
                last_used_at: tx.now,
                expires_at: tx.now + lifetime,
                ended_at: None,
                address: address.map(|address| address.to_string()),
                user_agent: user_agent.map(|agent| agent.chars().take(255).collect()),
            };
            sessions::insert(tx, &session)?;
            let event = AuditEvent::ok("user.signed_in")
                .actor(&session.sub)
                .subject(&session.sub);
            audit_events::insert(tx, &event.address(address))?;
            let token = page_token::record(&writing, tx, &session)?;
            if let Some(earlier) = earlier {
                let event = AuditEvent::ok("user.signed_out").actor(&session.sub);
                let event = event.subject(&earlier.sub).address(address);
                audit_events::insert(tx, &event)?;
                revocations::end_session(tx, earlier.id)?;
            }
            Ok::<_, StoreError>((session, token))
        })
        .await?;
    app.counters.sign_in(SignInOutcome::Ok);
    trace.user(&user.username);
    trace.says(format!("signed in, amr {amr}"));
    let session_cookie = OpaqueToken {
        id: session.id,
        secret,
    }
    .to_secret();
    Ok(Begun {
        person: SignedIn { session, user },
        session_cookie,
        token: issue::sign_access_token(&app.directory, app.now(), &token)?,
    })
}

/// User of this cookie. `None` for an invalid cookie.
pub async fn find(
    app: &SharedApp,
    trace: &Trace,
    cookie: &str,
) -> Result<Option<SignedIn>, StoreError> {
    let Ok(cookie) = cookie.parse::<OpaqueToken>() else {
        return Ok(None);
    };
    let found = app.store.read(|tx| {
        let session = sessions::get(tx, cookie.id)?.filter(|session| {
            session
                .secret_hash
                .matches(&hash::secret_hash(cookie.secret.expose()))
                && session.is_alive(tx.now, app.live().session_idle_lifetime)
        });
        let Some(session) = session else {
            return Ok(None);
        };
        let user = users::get(tx, session.sub.as_str())?.filter(|user| !user.disabled);
        Ok::<_, StoreError>(user.map(|user| SignedIn { session, user }))
    })?;
    if let Some(person) = &found {
        trace.user(&person.user.username);
    }
    if let Some(person) = &found
        && app.now().since(person.session.last_used_at) >= i64::from(Session::TOUCH_EVERY.0)
    {
        let id = person.session.id;
        app.store
            .write(move |tx| sessions::touch(tx, id, Session::TOUCH_EVERY))
            .await?;
    }
    Ok(found)
}

/// The clients that were visited in a session.
pub fn clients(app: &App, id: Id) -> Result<Vec<ClientId>, StoreError> {
    app.store.read(|tx| grants::clients_of_session(tx, id))
}

/// Revokes a session and what depends on it, and notifies the clients it visited.
pub async fn end(
    app: &SharedApp,
    id: Id,
    address: Option<ClientAddress>,
) -> Result<(), StoreError> {
    app.store
        .write(move |tx| {
            let session = sessions::get(tx, id)?;
            let sub = session.map(|session| session.sub.to_string());
            let event = AuditEvent {
                actor: sub.clone(),
                subject: sub,
                ..AuditEvent::ok("user.signed_out").address(address)
            };
            audit_events::insert(tx, &event)?;
            revocations::end_session(tx, id)
        })
        .await
}
