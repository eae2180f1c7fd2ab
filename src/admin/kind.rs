//! Kinds of managed objects, and their names.

use std::fmt;

use serde::Serialize;

/// Kind of object that an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    User,
    Team,
    Scope,
    Client,
    Resource,
    TrustedIssuer,
    Key,
    Session,
    Device,
    Token,
    Grant,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Team => "team",
            Kind::Scope => "scope",
            Kind::Client => "client",
            Kind::Resource => "resource",
            Kind::TrustedIssuer => "trusted_issuer",
            Kind::Key => "key",
            Kind::Session => "session",
            Kind::Device => "device",
            Kind::Token => "token",
            Kind::Grant => "grant",
        }
    }

    /// Word for the kind at the beginning of a sentence.
    pub fn label(self) -> String {
        match self {
            Kind::Resource => "API".to_owned(),
            _ => format!(
                "{}{}",
                self.as_str()[..1].to_uppercase(),
                self.as_str()[1..].replace('_', " ")
            ),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
