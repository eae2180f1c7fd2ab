//! Managed objects as they are stored: in a table of their own kind, or as documents, which takes no SQL.

use serde::{Serialize, de::DeserializeOwned};

use super::{StoreError, Tx, effects::Held};
use crate::domain::object::Object;

/// Storing and archiving the objects of a kind.
pub trait Stored: Object {
    /// Archived data: the object, with the data deleted with it.
    type Archive: Serialize + DeserializeOwned;

    fn get(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError>;

    /// The next `limit` objects by name, those after `after`.
    fn page(tx: &Tx, after: Option<&Self>, limit: u32) -> Result<Vec<Self>, StoreError>;

    /// Names of the objects that the configuration file of this name declares, or did.
    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError>;

    /// Inserts the object or replaces it.
    fn put(&self, tx: &Tx) -> Result<(), StoreError>;

    fn delete(&self, tx: &Tx) -> Result<(), StoreError>;

    /// `None` for an object that is not archived.
    fn archive(self, tx: &Tx) -> Result<Option<Self::Archive>, StoreError>;

    /// The object in its archive.
    fn archived(archive: &mut Self::Archive) -> &mut Self;

    /// Restores an archived object, with the data that belonged to it and still exists.
    fn revive(tx: &Tx, archive: Self::Archive) -> Result<Self, StoreError>;
}

/// A kind with few objects: they are stored as documents, and the directory holds them all.
pub trait Document: Object + Serialize + DeserializeOwned {
    /// Ordered by name.
    fn all(tx: &Tx) -> Result<Vec<Self>, StoreError> {
        let texts = tx.query_all(
            "SELECT object FROM objects WHERE kind = ?1 ORDER BY name",
            [Self::KIND.as_str()],
            |row| row.get::<_, String>(0),
        )?;
        texts.iter().map(|text| read(text)).collect()
    }
}

impl<T: Document> Stored for T {
    type Archive = Self;

    fn get(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError> {
        let text = tx.query_opt(
            "SELECT object FROM objects WHERE kind = ?1 AND name = ?2",
            (Self::KIND.as_str(), name),
            |row| row.get::<_, String>(0),
        )?;
        text.map(|text| read(&text)).transpose()
    }

    fn page(tx: &Tx, after: Option<&Self>, limit: u32) -> Result<Vec<Self>, StoreError> {
        let texts = tx.query_all(
            "SELECT object FROM objects WHERE kind = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
            (Self::KIND.as_str(), after.map_or("", Object::name), limit),
            |row| row.get::<_, String>(0),
        )?;
        texts.iter().map(|text| read(text)).collect()
    }

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        tx.query_all(
            "SELECT name FROM objects WHERE kind = ?1
               AND object ->> '$.managed_by' >= ?2 || ':' AND object ->> '$.managed_by' < ?2 || ';'
             ORDER BY name",
            (Self::KIND.as_str(), file),
            |row| row.get(0),
        )
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        tx.change(
            Held::Everything,
            "INSERT INTO objects (kind, name, object) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, name) DO UPDATE SET object = excluded.object",
            (Self::KIND.as_str(), self.name(), text(self)?),
        )?;
        Ok(())
    }

    fn delete(&self, tx: &Tx) -> Result<(), StoreError> {
        tx.change(
            Held::Everything,
            "DELETE FROM objects WHERE kind = ?1 AND name = ?2",
            (Self::KIND.as_str(), self.name()),
        )?;
        Ok(())
    }

    fn archive(self, _tx: &Tx) -> Result<Option<Self>, StoreError> {
        Ok(Some(self))
    }

    fn archived(archive: &mut Self) -> &mut Self {
        archive
    }

    fn revive(tx: &Tx, object: Self) -> Result<Self, StoreError> {
        object.put(tx)?;
        Ok(object)
    }
}

/// Names in the table that the configuration file of this name declares, or did.
pub(super) fn declared_in(
    tx: &Tx,
    table: &'static str,
    name: &'static str,
    file: &str,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        &format!(
            "SELECT {name} FROM {table}
             WHERE managed_by >= ?1 || ':' AND managed_by < ?1 || ';' ORDER BY {name}"
        ),
        [file],
        |row| row.get(0),
    )
}

pub(super) fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.to_string()))
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Internal(error.to_string()))
}
