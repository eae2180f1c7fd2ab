//! Claims that a client asked for one by one (OIDC Core §5.5).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a grant releases beside what its scopes do: names of standard claims.
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

    /// Every name, wherever it is asked for.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.userinfo.union(&self.id_token)
    }
}
