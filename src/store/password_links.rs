//! One-time links with which a user sets a password, at most one per user. A link is deleted when the user gets a
//! password in any way, is disabled or deleted.

use rusqlite::Row;

use super::{StoreError, Tx};
use crate::domain::{
    name::Subject,
    password_link::{PasswordLink, Purpose},
    secret::SecretHash,
    user::User,
};

const COLUMNS: &str = "sub, purpose, made_by, expires_at";

/// Stores this as the user's only link.
pub fn replace(tx: &Tx, link: &PasswordLink, hash: SecretHash) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO password_links (sub, sha256, purpose, made_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (sub) DO UPDATE SET sha256 = excluded.sha256, purpose = excluded.purpose,
           made_by = excluded.made_by, created_at = excluded.created_at, expires_at = excluded.expires_at",
        (
            &link.sub,
            hash,
            link.purpose.as_str(),
            &link.made_by,
            tx.now,
            link.expires_at,
        ),
    )?;
    Ok(())
}

/// Deletes the link of a user whose password is about to change or who is about to be disabled.
pub(super) fn end_if_changed(tx: &Tx, user: &User) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM password_links WHERE sub = ?1 AND (?3 OR EXISTS
           (SELECT 1 FROM users WHERE sub = ?1 AND password_hash IS DISTINCT FROM ?2))",
        (
            &user.sub,
            user.password_hash.as_ref().map(|hash| &hash.0),
            user.disabled,
        ),
    )?;
    Ok(())
}

/// Active link of this user, if any.
pub fn of_user(tx: &Tx, sub: &Subject) -> Result<Option<PasswordLink>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM password_links WHERE sub = ?1 AND expires_at > ?2"),
        (sub, tx.now),
        read,
    )
}

/// Link of this code, active or still stored.
pub fn by_hash(tx: &Tx, hash: SecretHash) -> Result<Option<PasswordLink>, StoreError> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM password_links WHERE sha256 = ?1"),
        [hash],
        read,
    )
}

/// Deletes and returns the link if it is valid.
pub fn consume(tx: &Tx, hash: SecretHash) -> Result<Option<PasswordLink>, StoreError> {
    tx.query_opt(
        &format!(
            "DELETE FROM password_links WHERE sha256 = ?1 AND expires_at > ?2 RETURNING {COLUMNS}"
        ),
        (hash, tx.now),
        read,
    )
}

/// Revokes the user's link; returns whether there was one.
pub fn withdraw(tx: &Tx, sub: &Subject) -> Result<bool, StoreError> {
    let gone = tx.execute(
        "DELETE FROM password_links WHERE sub = ?1 AND expires_at > ?2",
        (sub, tx.now),
    )?;
    Ok(gone > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PasswordLink> {
    let purpose: String = row.get(1)?;
    Ok(PasswordLink {
        sub: row.get(0)?,
        // The schema knows no third.
        purpose: match purpose == Purpose::Invite.as_str() {
            true => Purpose::Invite,
            false => Purpose::Reset,
        },
        made_by: row.get(2)?,
        expires_at: row.get(3)?,
    })
}
