//! What a user has allowed a client, remembered.

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
    pub updated_at: UnixSeconds,
}
