//! Ends of a transaction that must not change anything, or cannot.

use super::{
    declared::{Declared, Problem},
    outcome::Outcome,
};
use crate::{admin::AdminError, store::StoreError};

/// End of a transaction that must not change anything, or cannot.
pub(super) enum Stop {
    Planned(Outcome),
    /// Never empty.
    Problems(Vec<Problem>),
    Changed,
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Store(error)
    }
}

pub(super) fn stop<T>(object: &Declared<T>, error: AdminError) -> Stop {
    match error {
        AdminError::Store(error) => Stop::Store(error),
        error => Stop::Problems(vec![object.problem(&error)]),
    }
}

/// For errors that cannot happen: stored objects are valid and do not conflict with themselves.
pub(super) fn internal(error: AdminError) -> Stop {
    Stop::Store(match error {
        AdminError::Store(error) => error,
        other => StoreError::Internal(other.to_string()),
    })
}
