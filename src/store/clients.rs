//! Clients and their secrets.

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::{
    StoreError, Tx, client_registrations,
    effects::Held,
    objects::{self, Stored},
    subjects,
};
use crate::domain::{
    client::{Client, ClientMetadata, ClientSecret, ClientSecretHash},
    id::Id,
    name::ClientId,
    time::UnixSeconds,
};

const COLUMNS: &str = "client_id, metadata, disabled, managed_by, created_at, updated_at";

/// Every client with its secrets.
pub fn all(tx: &Tx) -> Result<Vec<Client>, StoreError> {
    let mut clients = tx.query_all(
        &format!("SELECT {COLUMNS} FROM clients ORDER BY client_id"),
        [],
        read,
    )?;
    let secrets = tx.query_all(
        "SELECT client_id, id, sha256, argon2id, created_at, expires_at FROM client_secrets ORDER BY client_id, id",
        [],
        |row| Ok((row.get::<_, ClientId>(0)?, read_secret(row)?)),
    )?;
    for (client_id, secret) in secrets {
        if let Ok(at) = clients.binary_search_by(|client| client.client_id.cmp(&client_id)) {
            clients[at].secrets.push(secret);
        }
    }
    Ok(clients)
}

/// The next `limit` clients by id with their secrets, those after `after`.
pub fn page(tx: &Tx, after: Option<&str>, limit: u32) -> Result<Vec<Client>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM clients WHERE client_id > ?1 ORDER BY client_id LIMIT ?2");
    let mut clients = tx.query_all(&sql, (after.unwrap_or_default(), limit), read)?;
    for client in &mut clients {
        client.secrets = secrets(tx, client.client_id.as_str())?;
    }
    Ok(clients)
}

pub fn get(tx: &Tx, client_id: &str) -> Result<Option<Client>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM clients WHERE client_id = ?1");
    let Some(mut client) = tx.query_opt(&sql, [client_id], read)? else {
        return Ok(None);
    };
    client.secrets = secrets(tx, client_id)?;
    Ok(Some(client))
}

/// The client's secrets, the oldest first.
pub fn secrets(tx: &Tx, client_id: &str) -> Result<Vec<ClientSecret>, StoreError> {
    tx.query_all(
        "SELECT client_id, id, sha256, argon2id, created_at, expires_at FROM client_secrets
         WHERE client_id = ?1 ORDER BY id",
        [client_id],
        read_secret,
    )
}

/// Adds the client, or brings what is registered of it up to date. Its secrets are not touched.
pub fn put(tx: &Tx, client: &Client) -> Result<(), StoreError> {
    subjects::check_client(tx, client.client_id.as_str())?;
    let metadata = serde_json::to_string(&client.metadata)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    tx.change(
        Held::Client(client.client_id.as_str()),
        "INSERT INTO clients (client_id, metadata, disabled, managed_by, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (client_id) DO UPDATE SET metadata = excluded.metadata, disabled = excluded.disabled,
           managed_by = excluded.managed_by, updated_at = excluded.updated_at",
        (
            &client.client_id,
            metadata,
            client.disabled,
            &client.managed_by,
            client.created_at,
            client.updated_at,
        ),
    )?;
    Ok(())
}

/// Brings the metadata of a client that is there up to date.
pub fn renew(tx: &Tx, client: &Client) -> Result<(), StoreError> {
    let metadata = serde_json::to_string(&client.metadata)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    tx.change(
        Held::Client(client.client_id.as_str()),
        "UPDATE clients SET metadata = ?2, updated_at = ?3 WHERE client_id = ?1",
        (&client.client_id, metadata, client.updated_at),
    )?;
    Ok(())
}

/// The parties that a client lets act for its users (`may_act`).
pub fn actors(tx: &Tx) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT metadata ->> '$.may_act' FROM clients WHERE metadata ->> '$.may_act' IS NOT NULL";
    tx.query_all(sql, [], |row| row.get(0))
}

pub fn delete(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM clients WHERE client_id = ?1";
    Ok(tx.change(Held::Client(client_id), sql, [client_id])? > 0)
}

pub fn add_secret(tx: &Tx, client_id: &ClientId, secret: &ClientSecret) -> Result<(), StoreError> {
    let (sha256, argon2id) = match &secret.hash {
        ClientSecretHash::Sha256(hash) => (Some(*hash), None),
        ClientSecretHash::Argon2id(hash) => (None, Some(hash)),
    };
    tx.change(
        Held::Client(client_id.as_str()),
        "INSERT INTO client_secrets (id, client_id, sha256, argon2id, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            secret.id,
            client_id,
            sha256,
            argon2id,
            secret.created_at,
            secret.expires_at,
        ),
    )?;
    Ok(())
}

/// Stores the last characters of a generated secret.
pub fn keep_tail(tx: &Tx, id: Id, tail: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE client_secrets SET tail = ?2 WHERE id = ?1",
        (id, tail),
    )?;
    Ok(())
}

/// Identifying data of a secret, and the time of its last use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretMark {
    pub id: Id,
    pub tail: Option<String>,
    pub last_used_at: Option<UnixSeconds>,
}

pub fn secret_marks(tx: &Tx, client_id: &str) -> Result<Vec<SecretMark>, StoreError> {
    tx.query_all(
        "SELECT id, tail, last_used_at FROM client_secrets WHERE client_id = ?1 ORDER BY id",
        [client_id],
        |row| {
            Ok(SecretMark {
                id: row.get(0)?,
                tail: row.get(1)?,
                last_used_at: row.get(2)?,
            })
        },
    )
}

/// Notes when secrets were used.
pub fn secrets_used(tx: &Tx, used: &[(Id, UnixSeconds)]) -> Result<(), StoreError> {
    for (id, at) in used {
        tx.execute(
            "UPDATE client_secrets SET last_used_at = ?2
             WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
            (id, at),
        )?;
    }
    Ok(())
}

/// Lets the client's secrets expire at `expires_at`, except `keep` and those that expire sooner.
pub fn expire_other_secrets(
    tx: &Tx,
    client_id: &ClientId,
    keep: Id,
    expires_at: UnixSeconds,
) -> Result<(), StoreError> {
    tx.change(
        Held::Client(client_id.as_str()),
        "UPDATE client_secrets SET expires_at = ?3
         WHERE client_id = ?1 AND id <> ?2 AND (expires_at IS NULL OR expires_at > ?3)",
        (client_id, keep, expires_at),
    )?;
    tx.change(
        Held::Client(client_id.as_str()),
        "DELETE FROM client_secrets WHERE client_id = ?1 AND expires_at <= ?2",
        (client_id, tx.now),
    )?;
    Ok(())
}

/// Makes this the client's only secret, without an expiry.
pub fn keep_only_secret(tx: &Tx, client_id: &ClientId, id: Id) -> Result<(), StoreError> {
    tx.change(
        Held::Client(client_id.as_str()),
        "DELETE FROM client_secrets WHERE client_id = ?1 AND id <> ?2",
        (client_id, id),
    )?;
    tx.change(
        Held::Client(client_id.as_str()),
        "UPDATE client_secrets SET expires_at = NULL WHERE id = ?1",
        [id],
    )?;
    Ok(())
}

/// Notes where a configuration file declares the client's secret, if one does.
pub fn set_secret_declaration(
    tx: &Tx,
    client_id: &ClientId,
    place: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE clients SET secret_declared_in = ?2 WHERE client_id = ?1 AND secret_declared_in IS NOT ?2",
        (client_id, place),
    )?;
    Ok(())
}

/// File and line that declare the client's secret, if any.
pub fn secret_declaration(tx: &Tx, client_id: &ClientId) -> Result<Option<String>, StoreError> {
    let place = tx.query_opt(
        "SELECT secret_declared_in FROM clients WHERE client_id = ?1",
        [client_id],
        |row| row.get(0),
    )?;
    Ok(place.flatten())
}

pub fn delete_secrets(tx: &Tx, client_id: &ClientId) -> Result<(), StoreError> {
    tx.change(
        Held::Client(client_id.as_str()),
        "DELETE FROM client_secrets WHERE client_id = ?1",
        [client_id],
    )?;
    Ok(())
}

/// A client, with the data of its secrets, which is stored separately.
#[derive(Debug, Serialize, Deserialize)]
pub struct ArchivedClient {
    client: Client,
    marks: Vec<SecretMark>,
}

impl Stored for Client {
    type Archive = ArchivedClient;

    fn get(tx: &Tx, client_id: &str) -> Result<Option<Self>, StoreError> {
        get(tx, client_id)
    }

    fn page(tx: &Tx, after: Option<&Self>, limit: u32) -> Result<Vec<Self>, StoreError> {
        page(tx, after.map(|client| client.client_id.as_str()), limit)
    }

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        objects::declared_in(tx, "clients", "client_id", file)
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        put(tx, self)
    }

    fn delete(&self, tx: &Tx) -> Result<(), StoreError> {
        delete(tx, self.client_id.as_str()).map(drop)
    }

    /// A client that registered itself is not archived: it can register again.
    fn archive(self, tx: &Tx) -> Result<Option<ArchivedClient>, StoreError> {
        if client_registrations::exists(tx, self.client_id.as_str())? {
            return Ok(None);
        }
        let marks = secret_marks(tx, self.client_id.as_str())?;
        Ok(Some(ArchivedClient {
            client: self,
            marks,
        }))
    }

    fn archived(archive: &mut ArchivedClient) -> &mut Self {
        &mut archive.client
    }

    fn revive(tx: &Tx, archive: ArchivedClient) -> Result<Self, StoreError> {
        let ArchivedClient { client, marks } = archive;
        put(tx, &client)?;
        for secret in &client.secrets {
            add_secret(tx, &client.client_id, secret)?;
        }
        for mark in marks {
            if let Some(tail) = &mark.tail {
                keep_tail(tx, mark.id, tail)?;
            }
            if let Some(at) = mark.last_used_at {
                secrets_used(tx, &[(mark.id, at)])?;
            }
        }
        Ok(client)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Client> {
    let metadata: String = row.get(1)?;
    let metadata: ClientMetadata = serde_json::from_str(&metadata).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(Client {
        client_id: row.get(0)?,
        metadata,
        disabled: row.get(2)?,
        managed_by: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
        secrets: Vec::new(),
    })
}

fn read_secret(row: &Row<'_>) -> rusqlite::Result<ClientSecret> {
    let hash = match row.get::<_, Option<_>>(2)? {
        Some(sha256) => ClientSecretHash::Sha256(sha256),
        None => ClientSecretHash::Argon2id(row.get(3)?),
    };
    Ok(ClientSecret {
        id: row.get(1)?,
        hash,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
    })
}
