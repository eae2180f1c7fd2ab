//! How a transaction ends that was to change nothing, or could not.

use super::{
    declared::{Declared, Problem},
    outcome::Outcome,
};
use crate::{admin::AdminError, store::StoreError};

/// How a transaction that was to change nothing, or could not, ends.
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

/// For what cannot be: what is in the database is in order, and cannot clash with itself.
pub(super) fn internal(error: AdminError) -> Stop {
    Stop::Store(match error {
        AdminError::Store(error) => error,
        other => StoreError::Internal(other.to_string()),
    })
}
