//! The pages of the account.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;

/// A page of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Section {
    Profile,
    Password,
    Sessions,
    Apps,
}

impl Section {
    pub const ALL: &[Section] = &[
        Section::Profile,
        Section::Password,
        Section::Sessions,
        Section::Apps,
    ];

    pub const fn path(self) -> &'static str {
        match self {
            Section::Profile => "/account",
            Section::Password => "/account/password",
            Section::Sessions => "/account/sessions",
            Section::Apps => "/account/apps",
        }
    }

    pub fn title(self, t: &Language) -> &'static str {
        match self {
            Section::Profile => t.profile(),
            Section::Password => t.password(),
            Section::Sessions => t.sessions(),
            Section::Apps => t.apps(),
        }
    }
}
