//! What has been revoked and could still be presented.

use crate::domain::{
    id::Id,
    name::{ClientId, Subject},
    time::UnixSeconds,
};

/// Whose access tokens a revocation kills.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    Token(Id),
    Grant(Id),
    Session(Id),
    /// All tokens for a user, or made by it while acting for others.
    User(Subject),
    Client(ClientId),
    /// All tokens for an API, by its URI, as far as they are for it.
    Resource(String),
    /// Every one there is.
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

/// A revocation: every access token of `what` whose id is not above `up_to` is dead.
#[derive(Clone, Debug)]
pub struct Revocation {
    pub what: Revoked,
    pub up_to: Id,
    pub revoked_at: UnixSeconds,
    /// No access token that it kills lives longer.
    pub expires_at: UnixSeconds,
}
