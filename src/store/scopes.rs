//! The registered scopes.

use super::{StoreError, Tx};
use crate::domain::{name::ScopeName, scope::Scope};

pub fn all(tx: &Tx) -> Result<Vec<Scope>, StoreError> {
    tx.query_all(
        "SELECT name, description, built_in, managed_by FROM scopes ORDER BY built_in DESC, name",
        [],
        read,
    )
}

pub fn get(tx: &Tx, name: &str) -> Result<Option<Scope>, StoreError> {
    tx.query_opt(
        "SELECT name, description, built_in, managed_by FROM scopes WHERE name = ?1",
        [name],
        read,
    )
}

/// What the state file of this name declares, or did.
pub fn managed_by(tx: &Tx, file: &str) -> Result<Vec<ScopeName>, StoreError> {
    tx.query_all(
        "SELECT name FROM scopes
         WHERE managed_by >= ?1 || ':' AND managed_by < ?1 || ';' ORDER BY name",
        [file],
        |row| row.get(0),
    )
}

/// Adds the scope, or brings its description up to date.
pub fn put(tx: &Tx, scope: &Scope) -> Result<(), StoreError> {
    tx.note_directory();
    tx.execute(
        "INSERT INTO scopes (name, description, built_in, managed_by) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET description = excluded.description, managed_by = excluded.managed_by",
        (&scope.name, &scope.description, scope.built_in, &scope.managed_by),
    )?;
    Ok(())
}

/// Whether there was one that is not built in.
pub fn delete(tx: &Tx, name: &str) -> Result<bool, StoreError> {
    tx.note_directory();
    Ok(tx.execute(
        "DELETE FROM scopes WHERE name = ?1 AND built_in = 0",
        [name],
    )? > 0)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Scope> {
    Ok(Scope {
        name: row.get(0)?,
        description: row.get(1)?,
        built_in: row.get(2)?,
        managed_by: row.get(3)?,
    })
}
