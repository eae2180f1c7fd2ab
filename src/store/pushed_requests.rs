//! Pushed authorization requests without a response yet.

use super::{StoreError, Tx};
use crate::domain::{id::Id, name::ClientId, pushed_request::PushedRequest};

pub fn get(tx: &Tx, id: Id) -> Result<Option<PushedRequest>, StoreError> {
    tx.query_opt(
        "SELECT id, secret_hash, client_id, parameters, signed, expires_at
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
            })
        },
    )
}

pub fn insert(tx: &Tx, request: &PushedRequest) -> Result<(), StoreError> {
    let parameters = serde_json::to_string(&request.parameters)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    tx.execute(
        "INSERT INTO pushed_requests (id, secret_hash, client_id, parameters, signed, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            request.id,
            request.secret_hash,
            &request.client_id,
            parameters,
            request.signed,
            request.expires_at,
        ),
    )?;
    Ok(())
}

/// Approximate size of a row without its parameters.
const OVERHEAD: usize = 300;

/// Bytes that the row of this request takes, about.
pub fn size(request: &PushedRequest) -> usize {
    let parameters = request.parameters.iter();
    // Size as JSON, in which a quotation mark takes two bytes.
    parameters.fold(OVERHEAD, |size, (name, value)| {
        size + name.len() + 2 * value.len() + 6
    })
}

/// Row that a stranger may have created.
pub struct StoredRow {
    pub id: Id,
    pub client_id: ClientId,
    pub bytes: usize,
}

/// Every row, the oldest first.
pub fn sizes(tx: &Tx) -> Result<Vec<StoredRow>, StoreError> {
    let sql = "SELECT id, client_id, octet_length(parameters) FROM pushed_requests ORDER BY id";
    tx.query_all(sql, [], |row| {
        Ok(StoredRow {
            id: row.get(0)?,
            client_id: row.get(1)?,
            bytes: OVERHEAD + row.get::<_, u32>(2)? as usize,
        })
    })
}

/// Deletes rows to make room for others.
pub fn delete_all(tx: &Tx, ids: &[Id]) -> Result<(), StoreError> {
    ids.iter().try_for_each(|id| delete(tx, *id))
}

/// Marks it as used.
pub fn delete(tx: &Tx, id: Id) -> Result<(), StoreError> {
    tx.execute("DELETE FROM pushed_requests WHERE id = ?1", [id])?;
    Ok(())
}
