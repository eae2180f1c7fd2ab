//! Claims that a client requested by name (OIDC Core §5.5).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Standard claims that a grant releases in addition to those of its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
}

impl ClaimsRequest {
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// All names, for any destination.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.userinfo.union(&self.id_token)
    }
}
