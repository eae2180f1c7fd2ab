//! The HTTP side: the only home of actix-web. Handlers parse, call and respond; rules live in `oauth`.

mod admin_api;
mod assets;
mod body;
mod caller;
mod cookies;
mod cors;
mod delegated_token;
mod device_authorization;
mod discovery;
mod dpop;
mod health;
mod introspect;
mod openapi;
mod pages;
mod par;
mod principal_token;
mod request_log;
mod respond;
mod revoke;
mod routes;
pub mod server;
mod setup_required;
pub mod signals;
pub mod tls;
mod token;
mod userinfo;
pub mod validation;
