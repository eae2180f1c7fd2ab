//! Revocations of tokens that can still be presented.

use crate::domain::{
    id::Id,
    name::{ClientId, Subject},
    time::UnixSeconds,
};

/// Access tokens that a revocation covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    Token(Id),
    Grant(Id),
    Session(Id),
    /// All tokens of a user, or with which the user acts for others.
    User(Subject),
    Client(ClientId),
    /// All tokens at an API, by its URI.
    Resource(String),
    /// All tokens.
    All,
}

impl Revoked {
    pub fn kind(&self) -> &'static str {
        match self {
            Revoked::Token(_) => "token",
            Revoked::Grant(_) => "grant",
            Revoked::Session(_) => "session",
            Revoked::User(_) => "user",
            Revoked::Client(_) => "client",
            Revoked::Resource(_) => "resource",
            Revoked::All => "all",
        }
    }

    pub fn key(&self) -> String {
        match self {
            Revoked::Token(id) | Revoked::Grant(id) | Revoked::Session(id) => id.simple(),
            Revoked::User(sub) => sub.to_string(),
            Revoked::Client(client_id) => client_id.to_string(),
            Revoked::Resource(uri) => uri.clone(),
            Revoked::All => String::new(),
        }
    }

    /// The reverse of `kind` and `key`.
    pub fn from_parts(kind: &str, key: &str) -> Option<Self> {
        match kind {
            "token" => key.parse().ok().map(Revoked::Token),
            "grant" => key.parse().ok().map(Revoked::Grant),
            "session" => key.parse().ok().map(Revoked::Session),
            "user" => Some(Revoked::User(Subject::trusted(key))),
            "client" => Some(Revoked::Client(ClientId::trusted(key))),
            "resource" => Some(Revoked::Resource(key.to_owned())),
            "all" => Some(Revoked::All),
            _ => None,
        }
    }
}

/// A revocation: every access token of `what` with an ID up to `up_to` is revoked.
#[derive(Clone, Debug)]
pub struct Revocation {
    pub what: Revoked,
    pub up_to: Id,
    pub revoked_at: UnixSeconds,
    /// Latest expiry of the access tokens that it covers.
    pub expires_at: UnixSeconds,
}
