//! One-time links on which a person chooses a password.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{
    name::Subject,
    time::{Lifetime, UnixSeconds},
};

/// Purpose of a password link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Purpose {
    /// The first password.
    Invite,
    /// A new password in the place of one.
    Reset,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Invite => "invite",
            Purpose::Reset => "reset",
        }
    }

    /// How long a link is good. Where there is a password already, whoever has the link takes over an
    /// account that is used.
    pub const fn lifetime(self) -> Lifetime {
        match self {
            Purpose::Invite => Lifetime::days(7),
            Purpose::Reset => Lifetime::minutes(60),
        }
    }
}

/// A link that has been made, without what opens it.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    /// Whose password it sets.
    pub sub: Subject,
    pub purpose: Purpose,
    /// As the audit log has it: a `sub`, a `client_id`, or `cli`.
    pub made_by: String,
    pub expires_at: UnixSeconds,
}
