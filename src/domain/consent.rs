//! What a user has allowed a client, remembered.

use std::collections::BTreeSet;

use crate::domain::{
    name::{ClientId, Subject},
    scope::ScopeSet,
    time::UnixSeconds,
};

#[derive(Clone, Debug)]
pub struct Consent {
    pub sub: Subject,
    pub client_id: ClientId,
    pub scope: ScopeSet,
    /// Claims that were asked for one by one (OIDC Core §5.5).
    pub claims: BTreeSet<String>,
    pub updated_at: UnixSeconds,
}
