//! The grants of the token endpoint, one file each. Adding one is a file and a line in [`GRANTS`].

mod authorization_code;
pub mod client_credentials;
mod device_code;
mod jwt_bearer;
mod refresh_token;
pub mod token_exchange;

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

use crate::{
    app::{App, SharedApp},
    domain::{
        authorization_code::Redemption, client::Client, client_address::ClientAddress,
        grant_type::GrantType, name::Subject, revocation::Revocation, time_zone::TimeZone,
    },
    oauth::{error::OAuthError, issue::Issue, params::Params, target},
    store::{StoreError, Tx},
    trace::Trace,
};

/// What a grant is to be exchanged with, all but what it must look up itself.
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
    /// The key of the request's DPoP proof (RFC 9449). The access token is bound to it by whoever called.
    pub dpop_jkt: Option<&'a str>,
    /// Whose token it is about, once that is known: a refusal is written down with it.
    pub about: OnceLock<String>,
}

impl Exchange<'_> {
    /// The `resource` parameters, as the resources are registered (RFC 8707 §2). What is granted of them is
    /// seen later.
    fn resources(&self) -> Result<Vec<String>, OAuthError> {
        let requested = target::requested(self.app, self.client, self.params);
        self.trace.part("resource and scope", requested)
    }

    fn is_about(&self, sub: &Subject) {
        self.about.get_or_init(|| sub.to_string());
    }
}

/// What came of a write: an answer, or a refusal that may have revoked something.
pub struct Outcome {
    pub redemption: Redemption<Issue, OAuthError>,
    pub revoked: Vec<Revocation>,
    /// Whose grant it was, for the audit log.
    pub subject: Option<String>,
}

/// The write of an exchange: consumes what is single-use and inserts the rows.
pub type Commit = Box<dyn FnOnce(&App, &Tx, &Trace) -> Result<Outcome, Abort> + Send>;

/// Why the write of an exchange ends early.
pub enum Abort {
    /// What was written is kept: a code stays consumed, a poll counted.
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

/// Why a write was rolled back.
pub enum Refusal {
    Store(StoreError),
    OAuth(OAuthError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error)
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Refusal::OAuth(error)
    }
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::OAuth(error) => error,
        }
    }
}

/// One grant type.
pub struct GrantHandler {
    pub grant_type: GrantType,
    prepare: Prepare,
}

/// Parses and checks all that needs no write, and returns the write.
enum Prepare {
    AtOnce(fn(&Exchange) -> Result<Commit, OAuthError>),
    /// Something may have to be fetched for it.
    Fetching(for<'a> fn(&'a Exchange<'a>) -> Fetching<'a>),
}

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Commit, OAuthError>> + 'a>>;

impl GrantHandler {
    pub async fn prepare(&self, exchange: &Exchange<'_>) -> Result<Commit, OAuthError> {
        match self.prepare {
            Prepare::AtOnce(prepare) => prepare(exchange),
            Prepare::Fetching(prepare) => prepare(exchange).await,
        }
    }
}

/// The grants that are served, in the order of the contract.
pub const GRANTS: &[GrantHandler] = &[
    GrantHandler {
        grant_type: GrantType::AuthorizationCode,
        prepare: Prepare::AtOnce(authorization_code::prepare),
    },
    GrantHandler {
        grant_type: GrantType::RefreshToken,
        prepare: Prepare::AtOnce(refresh_token::prepare),
    },
    GrantHandler {
        grant_type: GrantType::ClientCredentials,
        prepare: Prepare::AtOnce(client_credentials::prepare),
    },
    GrantHandler {
        grant_type: GrantType::DeviceCode,
        prepare: Prepare::AtOnce(device_code::prepare),
    },
    GrantHandler {
        grant_type: GrantType::TokenExchange,
        prepare: Prepare::AtOnce(token_exchange::prepare),
    },
    GrantHandler {
        grant_type: GrantType::JwtBearer,
        prepare: Prepare::Fetching(|exchange| Box::pin(jwt_bearer::prepare(exchange))),
    },
];

/// Their names, as `grant_types_supported` and the contract's `GrantType` list them.
pub fn names() -> Vec<&'static str> {
    GRANTS
        .iter()
        .map(|grant| grant.grant_type.as_str())
        .collect()
}

impl Outcome {
    fn issued(issue: Issue, subject: Option<&Subject>) -> Self {
        Self {
            redemption: Redemption::Redeemed(issue),
            revoked: Vec::new(),
            subject: subject.map(Subject::to_string),
        }
    }

    /// A code or refresh token was used again, and everything issued for it was revoked.
    fn replayed(revoked: Vec<Revocation>, subject: Option<&Subject>) -> Self {
        Self {
            redemption: Redemption::Replayed,
            revoked,
            subject: subject.map(Subject::to_string),
        }
    }

    /// A refusal of what this client was never given: a wrong guess.
    fn unknown(error: impl Into<OAuthError>) -> Self {
        Self {
            redemption: Redemption::Unknown(error.into()),
            revoked: Vec::new(),
            subject: None,
        }
    }

    /// A refusal after which what was written stands.
    fn refused(error: impl Into<OAuthError>) -> Self {
        Self {
            redemption: Redemption::Refused(error.into()),
            revoked: Vec::new(),
            subject: None,
        }
    }
}
