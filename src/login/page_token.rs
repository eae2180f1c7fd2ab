//! Access token of the server's own pages, which their browser has in the `token` cookie: issued at sign-in, renewed
//! while it is used, and revoked with the session.

use crate::{
    app::{App, SharedApp},
    directory::FIRST_PARTY,
    domain::{
        name::ClientId,
        resource::Target,
        scope::ScopeSet,
        secret::Secret,
        session::Session,
        token::{AccessTokenClaims, Origin},
    },
    oauth::{
        delegation::link,
        error::OAuthError,
        issue::{self, AccessToken},
        refusal::Refusal,
    },
    store::{StoreError, Tx, access_tokens, sessions, users},
};

/// Records the token of a session. It expires no later than the session.
pub(super) fn record(
    app: &App,
    tx: &Tx,
    session: &Session,
) -> Result<AccessTokenClaims, StoreError> {
    let snapshot = app.directory.snapshot();
    let scope = snapshot
        .client(FIRST_PARTY)
        .map_or_else(ScopeSet::default, |client| client.metadata.scope.clone());
    // The session is used now, so this is its new idle expiry.
    let idle_at = tx.now + app.live().session_idle_lifetime;
    let expires_at = (tx.now + app.live().access_token_lifetime)
        .min(session.expires_at)
        .min(idle_at);
    let target = Target {
        scope,
        resources: Vec::new(),
    };
    let client_id = ClientId::trusted(FIRST_PARTY);
    let token = AccessToken {
        auth_time: Some(session.auth_time),
        session_id: Some(session.id),
        ..AccessToken::new(&client_id, &session.sub, target, Origin::Cookie, expires_at)
    };
    issue::record(&app.directory, tx, token)
}

/// Successor of a cookie's token after half its lifetime, if the session is active.
///
/// Only a token issued for a cookie has one: putting another into a cookie, such as the short one that a page gives to
/// its scripts, does not extend it.
pub async fn renew(
    app: &SharedApp,
    claims: &AccessTokenClaims,
) -> Result<Option<Secret>, OAuthError> {
    let past_half = 2 * app.now().since(claims.iat) > claims.exp.since(claims.iat);
    let (Some(session_id), true) = (claims.session_id, past_half) else {
        return Ok(None);
    };
    let (writing, old) = (app.clone(), claims.clone());
    let recorded = app
        .store
        .write(move |tx| {
            link::check_still_good(tx, &old)?;
            let idle = writing.live().session_idle_lifetime;
            let session =
                sessions::get(tx, session_id)?.filter(|session| session.is_alive(tx.now, idle));
            let Some(session) = session else {
                return Ok(None);
            };
            let enabled = users::get(tx, session.sub.as_str())?.is_some_and(|user| !user.disabled);
            // Shortly before the session expires, there is nothing to gain.
            let can_be_longer = session.expires_at > old.exp;
            if !enabled || !can_be_longer || !access_tokens::is_of(tx, old.jti, Origin::Cookie)? {
                return Ok(None);
            }
            // Using the pages uses the session.
            sessions::touch(tx, session.id, Session::TOUCH_EVERY)?;
            Ok::<_, Refusal>(Some(record(&writing, tx, &session)?))
        })
        .await
        .map_err(OAuthError::from)?;
    recorded
        .map(|renewed| issue::sign_access_token(&app.directory, app.now(), &renewed))
        .transpose()
}
