//! Input and result of a grant.

use std::sync::{Arc, OnceLock};

use crate::{
    app::{App, SharedApp},
    domain::{
        authorization_code::Redemption, client::Client, client_address::ClientAddress,
        name::Subject, time_zone::TimeZone,
    },
    oauth::{error::OAuthError, issue::Issue, params::Params, refusal::Refusal, target},
    store::{StoreError, Tx},
    trace::Trace,
};

/// Input of a grant, without the data that it looks up itself.
pub struct Exchange<'a> {
    pub app: &'a SharedApp,
    pub trace: &'a Trace,
    pub client: &'a Arc<Client>,
    pub params: &'a Params,
    /// The contract's `tz`, if the request named one.
    pub tz: Option<TimeZone>,
    /// The dialect's default for it.
    pub default_tz: Option<TimeZone>,
    /// The network address it came from.
    pub address: Option<ClientAddress>,
    /// Key of the request's DPoP proof (RFC 9449). The caller binds the access token to it.
    pub dpop_jkt: Option<&'a str>,
    /// Subject of the token, once it is known, for logging an error.
    pub about: OnceLock<String>,
}

impl Exchange<'_> {
    /// The `resource` parameters, as the resources are registered (RFC 8707 §2). What is granted of them is
    /// seen later.
    pub(super) fn resources(&self) -> Result<Vec<String>, OAuthError> {
        let requested = target::requested(&self.app.directory, self.client, self.params);
        self.trace.part("resource and scope", requested)
    }

    pub(super) fn is_about(&self, sub: &Subject) {
        self.about.get_or_init(|| sub.to_string());
    }
}

/// Result of a write: a response, or an error that may have revoked something.
pub struct Outcome {
    pub redemption: Redemption<Issue, OAuthError>,
    /// Subject of the grant, for the audit log.
    pub subject: Option<String>,
}

/// The write of an exchange: consumes what is single-use and inserts the rows.
pub type Commit = Box<dyn FnOnce(&App, &Tx, &Trace) -> Result<Outcome, Abort> + Send>;

/// Reason why the write of a grant stops early.
pub enum Abort {
    /// The writes are committed: a code stays consumed, a poll counted.
    Keep(Box<Outcome>),
    RollBack(Refusal),
}

impl From<Outcome> for Abort {
    fn from(outcome: Outcome) -> Self {
        Abort::Keep(Box::new(outcome))
    }
}

impl From<Refusal> for Abort {
    fn from(refusal: Refusal) -> Self {
        Abort::RollBack(refusal)
    }
}

impl From<StoreError> for Abort {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error).into()
    }
}

impl From<OAuthError> for Abort {
    fn from(error: OAuthError) -> Self {
        Refusal::OAuth(error).into()
    }
}

impl Outcome {
    pub(super) fn issued(issue: Issue, subject: Option<&Subject>) -> Self {
        Self {
            redemption: Redemption::Redeemed(issue),
            subject: subject.map(Subject::to_string),
        }
    }

    /// A code or refresh token was used again, and everything issued for it was revoked.
    pub(super) fn replayed(subject: Option<&Subject>) -> Self {
        Self {
            redemption: Redemption::Replayed,
            subject: subject.map(Subject::to_string),
        }
    }

    /// Error for a value that this client never got: a wrong guess.
    pub(super) fn unknown(error: impl Into<OAuthError>) -> Self {
        Self {
            redemption: Redemption::Unknown(error.into()),
            subject: None,
        }
    }

    /// Error after which the writes are committed.
    pub(super) fn refused(error: impl Into<OAuthError>) -> Self {
        Self {
            redemption: Redemption::Refused(error.into()),
            subject: None,
        }
    }
}
