//! The one integration binary: drives the real server in-process, on a file database, with a test clock.

mod admin;
mod admin_api;
mod architecture;
mod authorize;
mod cli;
mod cli_serve;
mod client_auth;
mod contract;
mod contract_rules;
mod delegation_policy;
mod dependencies;
mod device;
mod faults;
mod grants;
mod hardening;
mod id_tokens;
mod logout;
mod outbound;
mod par;
mod races;
mod resources;
mod setup;
mod sign_in;
mod support;
mod token_cookie;
mod upkeep;
