//! Reason why a write was rolled back.

use super::error::OAuthError;
use crate::store::StoreError;

/// Reason why a write was rolled back.
pub enum Refusal {
    Store(StoreError),
    OAuth(OAuthError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error)
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Refusal::OAuth(error)
    }
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::OAuth(error) => error,
        }
    }
}
