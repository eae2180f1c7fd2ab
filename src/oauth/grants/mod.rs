//! The grants of the token endpoint, one file each. Adding one is a file and a line in [`GRANTS`].

mod authorization_code;
pub mod client_credentials;
mod device_code;
mod exchange;
mod jwt_bearer;
mod refresh_token;
pub mod token_exchange;

use std::pin::Pin;

pub use self::exchange::{Abort, Commit, Exchange, Outcome};
use crate::{domain::grant_type::GrantType, oauth::error::OAuthError};

/// A grant type.
pub struct GrantHandler {
    pub grant_type: GrantType,
    prepare: Prepare,
}

/// Parses and checks all that needs no write, and returns the write.
enum Prepare {
    AtOnce(fn(&Exchange) -> Result<Commit, OAuthError>),
    /// It may have to fetch something.
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
