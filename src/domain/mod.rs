//! The words of the field: types, parsing, moves from state to state. No I/O, no clock, no randomness,
//! no SQL, no HTTP. Whatever comes in is parsed into one of these types at the edge and not checked again.

pub mod acr;
pub mod audit;
pub mod authorization_code;
pub mod claims_request;
pub mod client;
pub mod client_address;
pub mod client_registration;
pub mod consent;
pub mod counted;
pub mod device_code;
pub mod grant;
pub mod grant_type;
pub mod id;
pub mod language;
pub mod name;
pub mod password_link;
pub mod pkce;
pub mod precis;
pub mod pushed_request;
pub mod redirect_uri;
pub mod resource;
pub mod revocation;
pub mod scope;
pub mod secret;
pub mod session;
pub mod shell;
pub mod signing_key;
pub mod team;
pub mod time;
pub mod time_zone;
pub mod token;
pub mod trusted_issuer;
pub mod uri;
pub mod user;
pub mod user_agent;
