//! The authorization endpoint (RFC 6749 §3.1): what was asked, whether it may be, and what comes of it.
//!
//! `submission` takes in what was sent; `read` makes a `request` of it by the ordered list of rules in `checks`;
//! `decide` says whether the person must sign in, must consent, or gets an answer; `respond` makes the
//! answer.

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

/// Where an answer may go: only to an address that is proved to be the client's.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    /// Whose address it is.
    pub client_id: ClientId,
    pub redirect_uri: VerifiedRedirectUri,
    pub response_mode: ResponseMode,
    /// Byte for byte as it was sent (RFC 6749 §4.1.2).
    pub state: Option<String>,
}

impl ReplyTo {
    /// Whether a browser may be sent there without its person having done anything (RFC 9700 §4.11.2). Anybody
    /// could have named the address of a client that nobody here vouches for. An address of this server leads
    /// nowhere else: it is that of a test sign-in.
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

/// RFC 6749 §4.1.2.1: what is wrong with the client or its address is shown to the person; all else is
/// told to the client.
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
    /// A refusal for the person alone.
    pub fn page(error: OAuthError) -> Self {
        Refusal::Page {
            error,
            sent: None,
            registered: Vec::new(),
        }
    }

    /// The refusal where there is nobody to redirect: at the pushed authorization request endpoint
    /// (RFC 9126 §2.3).
    pub fn into_error(self) -> OAuthError {
        match self {
            Refusal::Page { error, .. } | Refusal::Redirect(_, error) => error,
        }
    }
}
