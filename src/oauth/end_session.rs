//! Logout request of a client (OIDC RP-Initiated Logout 1.0 §2).

use std::sync::Arc;

use serde::Deserialize;

use crate::{
    app::App,
    crypto::jwt,
    domain::{client::Client, id::Id, redirect_uri::VerifiedRedirectUri},
    oauth::{error::OAuthError, issue::ID_TOKEN_TYPE, params::Params},
    store::{StoreError, sessions},
};

/// A logout request that keeps every rule.
#[derive(Debug)]
pub struct EndSession {
    /// Client of the request, if named.
    pub client: Option<Arc<Client>>,
    /// Whether an ID token of this server identifies the client.
    is_hinted: bool,
    /// The session that the hint was issued in.
    sid: Option<Id>,
    /// Destination of the browser afterwards, with `state` byte for byte as sent.
    pub post_logout_redirect_uri: Option<VerifiedRedirectUri>,
    pub state: Option<String>,
}

/// Session claims in an ID token of this server.
#[derive(Deserialize)]
struct Hint {
    iss: String,
    aud: String,
    sid: Option<String>,
}

impl EndSession {
    pub fn read(app: &App, params: &Params) -> Result<Self, OAuthError> {
        let hinted = params
            .optional("id_token_hint")
            .map(|hint| verified(app, hint))
            .transpose()?;
        let (hinted, sid) = match hinted {
            Some(hint) => (Some(hint.aud), hint.sid),
            None => (None, None),
        };
        let is_hinted = hinted.is_some();
        let named = params.optional("client_id");
        // §2: "the OP MUST verify that the Client Identifier matches the one provided in the hint".
        if let (Some(hinted), Some(named)) = (&hinted, named)
            && hinted != named
        {
            return Err(OAuthError::invalid_request(
                "client_id does not match aud of the id_token_hint.",
            ));
        }
        let client = match hinted.as_deref().or(named) {
            None => None,
            Some(client_id) => Some(client(app, client_id)?),
        };
        Ok(Self {
            post_logout_redirect_uri: address(app, params, client.as_deref())?,
            state: params.optional("state").map(str::to_owned),
            is_hinted,
            sid: sid.and_then(|sid| sid.parse().ok()),
            client,
        })
    }

    /// Whether this session is revoked without confirmation (§2, §6): an ID token issued in it identifies the client,
    /// and the client is registered without confirmation.
    pub fn needs_no_confirmation(&self, session: Id) -> bool {
        let is_waived = |client: &Arc<Client>| !client.metadata.logout_confirmation;
        self.is_hinted && self.sid == Some(session) && self.client.as_ref().is_some_and(is_waived)
    }

    /// Whether the session of the hint is active. Without a session cookie, the user can still be signed in: in another
    /// browser, or in this one, which did not send its cookie.
    pub fn is_session_active(&self, app: &App) -> Result<bool, StoreError> {
        let Some(sid) = self.sid else {
            return Ok(false);
        };
        let session = app.store.read(|tx| sessions::get(tx, sid))?;
        let idle = app.live().session_idle_lifetime;
        Ok(session.is_some_and(|session| session.is_alive(app.now(), idle)))
    }

    /// [`EndSession::answer`] for a browser whose user has not done anything here. Without a hint, anyone could have
    /// created the request, and a link to this server must not redirect elsewhere by itself (RFC 9700 §4.11.2, OIDC
    /// RP-Initiated Logout §6).
    pub fn silent_answer(&self) -> Option<String> {
        self.answer().filter(|_| self.is_hinted)
    }

    /// Destination of the browser after the user has decided, if the client sent one.
    pub fn answer(&self) -> Option<String> {
        let uri = self.post_logout_redirect_uri.as_ref()?;
        Some(match &self.state {
            Some(state) => uri.with_query(&[("state", state)]),
            None => uri.as_str().to_owned(),
        })
    }
}

/// An ID token of this server, expired or not; anything else is an error (§4).
fn verified(app: &App, hint: &str) -> Result<Hint, OAuthError> {
    let keys = app.directory.snapshot().verifying_keys(app.now());
    let hint: Option<Hint> = jwt::verify(hint, &[ID_TOKEN_TYPE], &keys).ok();
    hint.filter(|hint| hint.iss == app.config.issuer)
        .ok_or_else(|| {
            OAuthError::invalid_request("id_token_hint is not an ID token issued by this server.")
        })
}

fn client(app: &App, client_id: &str) -> Result<Arc<Client>, OAuthError> {
    let snapshot = app.directory.snapshot();
    let client = snapshot.client(client_id).cloned();
    client
        .filter(|client| !client.disabled)
        .ok_or_else(|| OAuthError::invalid_request("Unknown client_id."))
}

/// §3: only to an address that the client has registered, character for character.
fn address(
    app: &App,
    params: &Params,
    client: Option<&Client>,
) -> Result<Option<VerifiedRedirectUri>, OAuthError> {
    let Some(requested) = params.optional("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let Some(client) = client else {
        return Err(OAuthError::invalid_request(
            "post_logout_redirect_uri requires id_token_hint or client_id.",
        ));
    };
    let allowed = app
        .directory
        .snapshot()
        .settings
        .allows_insecure_redirects();
    let verified = client.verify_post_logout_redirect_uri(requested);
    if verified
        .as_ref()
        .is_some_and(|uri| uri.is_insecure() && !allowed)
    {
        return Err(OAuthError::invalid_request(
            "post_logout_redirect_uri uses http beyond localhost, which the setting allow_insecure_redirects does not \
             allow (RFC 9700 §2.6).",
        ));
    }
    verified.map(Some).ok_or_else(|| {
        OAuthError::invalid_request("post_logout_redirect_uri is not registered for this client.")
    })
}
