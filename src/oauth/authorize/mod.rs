//! Authorization endpoint (RFC 6749 §3.1): the request, its checks, and the response.
//!
//! `submission` reads the submitted parameters; `read` turns them into a `request` with the ordered list of `checks`;
//! `decide` selects sign-in, consent or a response; `respond` builds the response.

pub mod checks;
pub mod claims_parameter;
pub mod decide;
mod party;
mod read;
pub mod request;
mod request_object;
pub mod respond;
pub mod submission;

use crate::{
    app::App,
    domain::{name::ClientId, redirect_uri::VerifiedRedirectUri},
    oauth::error::OAuthError,
};

/// Destination of a response: only a verified redirect URI of the client.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    /// Client of the redirect URI.
    pub client_id: ClientId,
    pub redirect_uri: VerifiedRedirectUri,
    pub response_mode: ResponseMode,
    /// Byte for byte as it was sent (RFC 6749 §4.1.2).
    pub state: Option<String>,
}

impl ReplyTo {
    /// Whether the browser can be redirected without any action of the user (RFC 9700 §4.11.2). Not for an unverified
    /// client, since anyone can register its redirect URI. A redirect URI of this server is always allowed: it belongs
    /// to a test sign-in.
    pub fn is_trusted(&self, app: &App) -> bool {
        let own = self.redirect_uri.as_str().strip_prefix(&app.config.issuer);
        own.is_some_and(|path| path.starts_with('/'))
            || !app.directory.snapshot().is_unverified(&self.client_id)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    Query,
    /// OAuth 2.0 Multiple Response Types §2.1
    Fragment,
    /// OAuth 2.0 Form Post Response Mode
    FormPost,
}

/// An error of the client or its redirect URI is shown to the user; all others are sent to the client (RFC 6749
/// §4.1.2.1).
#[derive(Clone, Debug)]
pub enum Refusal {
    Page {
        error: OAuthError,
        sent: Option<String>,
        registered: Vec<String>,
    },
    Redirect(ReplyTo, OAuthError),
}

impl Refusal {
    /// Error that is only shown to the user.
    pub fn page(error: OAuthError) -> Self {
        Refusal::Page {
            error,
            sent: None,
            registered: Vec::new(),
        }
    }

    /// Error for the pushed authorization request endpoint, which cannot redirect (RFC 9126 §2.3).
    pub fn into_error(self) -> OAuthError {
        match self {
            Refusal::Page { error, .. } | Refusal::Redirect(_, error) => error,
        }
    }
}
