//! Devices that wait for their user. What becomes of one is decided by one statement.

use rusqlite::{Row, types::Type};

use super::{Beyond, StoreError, Tx, pushed_requests::StoredRow};
use crate::domain::{
    device_code::{DeviceCode, DeviceState},
    id::Id,
    resource::Target,
    secret::SecretHash,
    time::Lifetime,
};

const COLUMNS: &str = "id, secret_hash, user_code_hash, client_id, scope, resources, address, created_at, expires_at, \
     poll_interval, polled_at, state, grant_id";

pub fn get(tx: &Tx, id: Id) -> Result<Option<DeviceCode>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM device_codes WHERE id = ?1"),
        [id],
        read,
    )
}

pub fn by_user_code(tx: &Tx, hash: SecretHash) -> Result<Option<DeviceCode>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM device_codes WHERE user_code_hash = ?1"),
        [hash],
        read,
    )
}

/// The next `limit` devices that wait for their user or for approved tokens, after `from`: all, or those whose
/// `client_id` contains the text.
pub fn living(
    tx: &Tx,
    text: Option<&str>,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<DeviceCode>, StoreError> {
    let (above, below, way) = Beyond::bounds(from);
    // Older ones have expired and are not scanned.
    let oldest = Id::first_of(tx.now_ms.before(DeviceCode::LIFETIME));
    tx.query_all(
        &format!(
            "SELECT {COLUMNS} FROM device_codes WHERE id > ?1 AND id < ?2 AND +expires_at > ?3
               AND state IN ('pending', 'allowed') AND (?4 IS NULL OR instr(client_id, ?4))
             ORDER BY id {way} LIMIT ?5"
        ),
        (above.max(oldest), below, tx.now, text, limit),
        read,
    )
}

/// Denies the device; returns whether it had no tokens yet.
pub fn cancel(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "UPDATE device_codes SET state = 'denied', grant_id = NULL
         WHERE id = ?1 AND state IN ('pending', 'allowed') AND expires_at > ?2",
        (id, tx.now),
    )? == 1)
}

/// Inserts a device that is pending.
pub fn insert(tx: &Tx, code: &DeviceCode) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO device_codes (id, secret_hash, user_code_hash, client_id, scope, resources, address,
           created_at, expires_at, poll_interval) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            code.id,
            code.secret_hash,
            code.user_code_hash,
            &code.client_id,
            &code.target.scope,
            code.target.resources.join(" "),
            &code.address,
            code.created_at,
            code.expires_at,
            code.interval.0,
        ),
    )?;
    Ok(())
}

/// Approximate size of a row without its texts.
const OVERHEAD: usize = 300;

/// Bytes that the row takes, about.
pub fn size(code: &DeviceCode) -> usize {
    let resources = code.target.resources.iter().map(|one| one.len() + 1);
    OVERHEAD + code.target.scope.to_string().len() + resources.sum::<usize>()
}

/// Every device that waits for its user, the oldest first.
pub fn sizes(tx: &Tx) -> Result<Vec<StoredRow>, StoreError> {
    let sql =
        "SELECT id, client_id, octet_length(scope) + octet_length(resources) FROM device_codes
               WHERE state = 'pending' ORDER BY id";
    tx.query_all(sql, [], |row| {
        Ok(StoredRow {
            id: row.get(0)?,
            client_id: row.get(1)?,
            bytes: OVERHEAD + row.get::<_, u32>(2)? as usize,
        })
    })
}

/// Deletes rows to make room for others, except those that a user has decided on.
pub fn delete_pending(tx: &Tx, ids: &[Id]) -> Result<(), StoreError> {
    for id in ids {
        let sql = "DELETE FROM device_codes WHERE id = ?1 AND state = 'pending'";
        tx.execute(sql, [id])?;
    }
    Ok(())
}

/// Notes a poll and how long the device must wait before the next.
pub fn polled(tx: &Tx, id: Id, interval: Lifetime) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device_codes SET polled_at = ?2, poll_interval = ?3 WHERE id = ?1",
        (id, tx.now, interval.0),
    )?;
    Ok(())
}

/// Approves the device for this grant; returns whether it was still waiting.
pub fn allow(tx: &Tx, id: Id, grant_id: Id) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "UPDATE device_codes SET state = 'allowed', grant_id = ?3
         WHERE id = ?1 AND state = 'pending' AND expires_at > ?2",
        (id, tx.now, grant_id),
    )? == 1)
}

/// Denies the device; returns whether it was still waiting.
pub fn deny(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    Ok(tx.execute(
        "UPDATE device_codes SET state = 'denied' WHERE id = ?1 AND state = 'pending' AND expires_at > ?2",
        (id, tx.now),
    )? == 1)
}

/// Whether this was the first use.
pub fn redeem(tx: &Tx, id: Id) -> Result<bool, StoreError> {
    let sql = "UPDATE device_codes SET state = 'redeemed' WHERE id = ?1 AND state = 'allowed'";
    Ok(tx.execute(sql, [id])? == 1)
}

fn read(row: &Row<'_>) -> rusqlite::Result<DeviceCode> {
    let (state, grant_id): (String, Option<Id>) = (row.get(11)?, row.get(12)?);
    let state = match (state.as_str(), grant_id) {
        ("pending", None) => DeviceState::Pending,
        ("denied", None) => DeviceState::Denied,
        ("allowed", Some(grant_id)) => DeviceState::Allowed(grant_id),
        ("redeemed", Some(grant_id)) => DeviceState::Redeemed(grant_id),
        _ => {
            return Err(rusqlite::Error::InvalidColumnType(
                11,
                "state".into(),
                Type::Text,
            ));
        }
    };
    Ok(DeviceCode {
        id: row.get(0)?,
        secret_hash: row.get(1)?,
        user_code_hash: row.get(2)?,
        client_id: row.get(3)?,
        target: Target {
            scope: row.get(4)?,
            resources: row
                .get::<_, String>(5)?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        },
        address: row.get(6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
        interval: Lifetime(row.get(9)?),
        polled_at: row.get(10)?,
        state,
    })
}
