//! One-time links with which a user sets a password.

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

    /// Lifetime of a link. If there is a password already, the holder of the link can take over an account that is in
    /// use.
    pub const fn lifetime(self) -> Lifetime {
        match self {
            Purpose::Invite => Lifetime::days(7),
            Purpose::Reset => Lifetime::minutes(60),
        }
    }
}

/// A link without its code.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    /// User whose password it sets.
    pub sub: Subject,
    pub purpose: Purpose,
    /// Actor as in the audit log: a `sub`, a `client_id`, or `cli`.
    pub made_by: String,
    pub expires_at: UnixSeconds,
}
