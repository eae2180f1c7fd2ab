//! Subjects of tokens. A client's subject is its `client_id`, so no user can have it, and the reverse (RFC 9700 §4.15).

use super::{StoreError, Tx};

/// Refuses the `sub` of a user if it is the `client_id` of a client.
pub(super) fn check_user(tx: &Tx, sub: &str) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM clients WHERE client_id = ?1";
    match tx.query_opt(sql, [sub], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(StoreError::Conflict(
            "this sub is the client_id of a client".into(),
        )),
    }
}

/// Error if a user has, or had, the `client_id` as `sub`.
pub(super) fn check_client(tx: &Tx, client_id: &str) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM users WHERE sub = ?1";
    match tx.query_opt(sql, [client_id], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(StoreError::Conflict(
            "this client_id is the sub of a user".into(),
        )),
    }
}
