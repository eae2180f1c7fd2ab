//! The one integration binary: drives the real server in-process, on a file database, with a test clock.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod account;
mod admin;
mod admin_api;
mod answers;
mod architecture;
mod asset_sizes;
mod authorize;
mod backchannel;
mod basic_op;
mod bearer;
mod branding;
mod changes;
mod cli;
mod cli_serve;
mod client_auth;
mod clock_jumps;
mod codes;
mod config;
mod connections;
mod consent;
mod contract;
mod contract_rules;
mod cors;
mod counters;
mod delegation_policy;
mod dependencies;
mod dev_mode;
mod device;
mod discovery;
mod doc_names;
mod documents;
mod dpop;
mod dpop_bound;
mod fapi2;
mod faults;
mod grants;
mod hardening;
mod id_tokens;
mod introspection;
mod jwt_bearer;
mod keys;
mod known_browsers;
mod languages;
mod limits;
mod live_settings;
mod lock_out;
mod logout;
mod logs;
mod long_requests;
mod metadata_document;
mod outbound;
mod outbound_limits;
mod page_size;
mod pages;
mod par;
mod password_links;
mod pkce;
mod plain_words;
mod races;
mod readme;
mod reasons;
mod redirect_schemes;
mod registration;
mod request_object;
mod resource_metadata;
mod resources;
mod revocation;
mod security_rules;
mod setup;
mod sign_in;
mod state_machine;
mod support;
mod text_files;
mod this_machine;
mod throttles;
mod tls;
mod token_cookie;
mod token_exchange;
mod trace;
mod turns;
mod unproven;
mod unverified_clients;
mod upkeep;
