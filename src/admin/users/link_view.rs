//! View of an active one-time link.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::password_link::{PasswordLink, Purpose};

/// Active password link, without the link itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminPasswordLink")]
pub struct LinkView {
    pub purpose: Purpose,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

impl From<&PasswordLink> for LinkView {
    fn from(link: &PasswordLink) -> Self {
        Self {
            purpose: link.purpose,
            expires_at: link.expires_at.rfc3339(),
        }
    }
}
