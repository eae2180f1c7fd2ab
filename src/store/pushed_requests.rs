//! Authorization requests that were pushed. Single use is decided by one statement.

use super::{StoreError, Tx};
use crate::domain::{id::Id, pushed_request::PushedRequest};

pub fn get(tx: &Tx, id: Id) -> Result<Option<PushedRequest>, StoreError> {
    tx.query_opt(
        "SELECT id, secret_hash, client_id, parameters, signed, expires_at, used_at
         FROM pushed_requests WHERE id = ?1",
        [id],
        |row| {
            let parameters: String = row.get(3)?;
            Ok(PushedRequest {
                id: row.get(0)?,
                secret_hash: row.get(1)?,
                client_id: row.get(2)?,
                parameters: serde_json::from_str(&parameters).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(
                        3,
                        rusqlite::types::Type::Text,
                        error.into(),
                    )
                })?,
                signed: row.get(4)?,
                expires_at: row.get(5)?,
                used_at: row.get(6)?,
            })
        },
    )
}

pub fn insert(tx: &Tx, request: &PushedRequest) -> Result<(), StoreError> {
    let parameters = serde_json::to_string(&request.parameters)
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    tx.execute(
        "INSERT INTO pushed_requests (id, secret_hash, client_id, parameters, signed, expires_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            request.id,
            request.secret_hash,
            &request.client_id,
            parameters,
            request.signed,
            request.expires_at,
            request.used_at,
        ),
    )?;
    Ok(())
}

/// Whether this was the first answer to it.
pub fn consume(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    let sql = "UPDATE pushed_requests SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL";
    Ok(tx.execute(sql, (id, tx.now))? == 1)
}
