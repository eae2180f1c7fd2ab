//! The registered resources.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::resource::{Resource, ResourceUri};

pub fn all(tx: &Tx) -> Result<Vec<Resource>, StoreError> {
    tx.query_all(
        "SELECT uri, name, scopes, client_id, managed_by FROM resources ORDER BY uri",
        [],
        read,
    )
}

pub fn get(tx: &Tx, uri: &str) -> Result<Option<Resource>, StoreError> {
    tx.query_opt(
        "SELECT uri, name, scopes, client_id, managed_by FROM resources WHERE uri = ?1",
        [uri],
        read,
    )
}

/// What the state file of this name declares, or did.
pub fn managed_by(tx: &Tx, file: &str) -> Result<Vec<ResourceUri>, StoreError> {
    tx.query_all(
        "SELECT uri FROM resources
         WHERE managed_by >= ?1 || ':' AND managed_by < ?1 || ';' ORDER BY uri",
        [file],
        |row| row.get(0),
    )
}

/// Adds the resource, or brings it up to date.
pub fn put(tx: &Tx, resource: &Resource) -> Result<(), StoreError> {
    tx.note_directory();
    tx.execute(
        "INSERT INTO resources (uri, name, scopes, client_id, managed_by) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (uri) DO UPDATE SET name = excluded.name, scopes = excluded.scopes,
           client_id = excluded.client_id, managed_by = excluded.managed_by",
        (
            &resource.uri,
            &resource.name,
            &resource.scopes,
            &resource.client_id,
            &resource.managed_by,
        ),
    )?;
    Ok(())
}

/// Whether there was one.
pub fn delete(tx: &Tx, uri: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    Ok(tx.execute("DELETE FROM resources WHERE uri = ?1", [uri])? > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Resource> {
    Ok(Resource {
        uri: row.get(0)?,
        name: row.get(1)?,
        scopes: row.get(2)?,
        client_id: row.get(3)?,
        managed_by: row.get(4)?,
    })
}
