//! Rules of the protocol. Knows neither HTTP nor SQL: it takes [`params::Params`] and domain types, and returns values
//! or an [`error::OAuthError`]. It only waits for `store.write(…)`.

pub mod assertion;
pub mod authorize;
pub mod backchannel_logout;
pub mod bearer;
pub mod claims;
pub mod client_auth;
pub mod client_keys;
pub mod client_metadata_document;
pub mod delegation;
pub mod device;
pub mod dpop;
pub mod end_session;
pub mod error;
pub mod forms;
pub mod grants;
pub mod introspect;
pub mod issue;
pub mod metadata;
pub mod par;
pub mod params;
mod reasons;
pub mod refusal;
pub mod register;
pub mod requested_access;
pub mod resource_metadata;
pub mod revoke;
pub mod target;
pub mod token;
pub mod unproven;
pub mod userinfo;

/// Base path of the protocol endpoints.
pub const BASE: &str = "/api/v1/oauth";
