//! What is shown of a one-time link after it was made.

use serde::Serialize;

use crate::domain::password_link::{PasswordLink, Purpose};

/// What is shown of a link afterwards.
#[derive(Clone, Debug, Serialize)]
pub struct LinkView {
    pub purpose: Purpose,
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
