//! People.

use rusqlite::Row;

use super::{
    StoreError, Tx,
    objects::{self, Stored},
    password_links, sign_in_names, subjects, teams,
};
use crate::domain::{
    name::{Subject, comparison_key},
    user::{PasswordHash, Profile, User},
};

const COLUMNS: &str = "sub, username, email, email_verified, given_name, family_name, locale, zoneinfo, picture, \
     claims, password_hash, admin, disabled, allow_delegation, persona, managed_by, registered_at_ms, updated_at";

pub fn get(tx: &Tx, sub: &str) -> Result<Option<User>, StoreError> {
    find(tx, "sub = ?1 AND deleted_at IS NULL", sub)
}

/// Username and email address.
pub fn names(tx: &Tx, sub: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
    tx.query_opt(
        "SELECT username, email FROM users WHERE sub = ?1 AND deleted_at IS NULL",
        [sub],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn by_username(tx: &Tx, username: &str) -> Result<Option<User>, StoreError> {
    find(tx, "username_key = ?1", &comparison_key(username))
}

/// User with this username or, if none, this email address.
pub fn by_login_name(tx: &Tx, name: &str) -> Result<Option<User>, StoreError> {
    match by_username(tx, name)? {
        Some(user) => Ok(Some(user)),
        None => by_email(tx, name),
    }
}

pub fn by_email(tx: &Tx, email: &str) -> Result<Option<User>, StoreError> {
    find(tx, "email_key = ?1", &comparison_key(email))
}

fn find(tx: &Tx, condition: &str, key: &str) -> Result<Option<User>, StoreError> {
    let user = tx.query_opt(
        &format!("SELECT {COLUMNS} FROM users WHERE {condition}"),
        [key],
        read,
    )?;
    user.map(|user| with_teams(tx, user)).transpose()
}

/// The next `limit` users by name, those after the user of the name `after`.
pub fn page(tx: &Tx, after: Option<&str>, limit: u32) -> Result<Vec<User>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE username_key > ?1 AND deleted_at IS NULL ORDER BY username_key LIMIT ?2"
    );
    let after = after.map(comparison_key).unwrap_or_default();
    tx.query_all(&sql, (after, limit), read)?
        .into_iter()
        .map(|user| with_teams(tx, user))
        .collect()
}

/// Filter and order of users: by name or by registration time.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Text to find in their username, email address or name, or their `sub`.
    pub text: Option<&'a str>,
    pub by_registration: bool,
    pub descending: bool,
    /// The [`sort_key`] and the `sub` of the user after whom they come.
    pub after: Option<(&'a str, &'a str)>,
}

/// Sort key of the user in this order.
pub fn sort_key(user: &User, by_registration: bool) -> String {
    match by_registration {
        true => user.registered_at.0.to_string(),
        false => comparison_key(&user.username),
    }
}

/// The next `limit` users of those wanted.
pub fn list(tx: &Tx, wanted: Wanted<'_>, limit: u32) -> Result<Vec<User>, StoreError> {
    let (index, key, after) = match wanted.by_registration {
        true => (
            "users_by_registration",
            "registered_at_ms",
            "CAST(?1 AS INTEGER)",
        ),
        false => ("users_by_username", "username_key", "?1"),
    };
    let (past, way) = match wanted.descending {
        true => ("<", "DESC"),
        false => (">", "ASC"),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM users INDEXED BY {index}
         WHERE username_key IS NOT NULL {} {}
         ORDER BY {key} {way}, sub {way} LIMIT ?5",
        match wanted.after {
            Some(_) => format!("AND ({key}, sub) {past} ({after}, ?2)"),
            None => "AND ?1 IS NULL AND ?2 IS NULL".to_owned(),
        },
        match wanted.text {
            Some(_) => {
                "AND (instr(username_key, ?3) OR instr(email_key, ?3) OR sub = ?4
                   OR instr(comparison_key(coalesce(given_name, '') || ' ' || coalesce(family_name, '')), ?3))"
            }
            None => "AND ?3 IS NULL AND ?4 IS NULL",
        },
    );
    let (key, sub) = wanted.after.unzip();
    let params = (
        key,
        sub,
        wanted.text.map(comparison_key),
        wanted.text,
        limit,
    );
    tx.query_all(&sql, params, read)?
        .into_iter()
        .map(|user| with_teams(tx, user))
        .collect()
}

/// Number of users, at most `most`.
pub fn count(tx: &Tx, most: u32) -> Result<u32, StoreError> {
    tx.query_one(
        "SELECT count(*) FROM (SELECT 1 FROM users WHERE username_key IS NOT NULL LIMIT ?1)",
        [most],
        |row| row.get(0),
    )
}

/// Users with one-click sign-in in development mode.
pub fn personas(tx: &Tx) -> Result<Vec<User>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE persona = 1 AND disabled = 0 AND deleted_at IS NULL ORDER BY username_key"
    );
    tx.query_all(&sql, [], read)
}

/// Whether there is a user who can administer this server.
pub fn has_admin(tx: &Tx) -> Result<bool, StoreError> {
    tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1 AND disabled = 0 AND deleted_at IS NULL)",
        [],
        |row| row.get(0),
    )
}

fn is_admin(tx: &Tx, sub: &Subject) -> Result<bool, StoreError> {
    let sql = "SELECT admin FROM users WHERE sub = ?1";
    Ok(tx.query_opt(sql, [sub], |row| row.get(0))?.unwrap_or(false))
}

/// `limit` of those who administer this server.
pub fn admins(tx: &Tx, limit: u32) -> Result<Vec<Subject>, StoreError> {
    tx.query_all(
        "SELECT sub FROM users WHERE admin = 1 AND disabled = 0 AND deleted_at IS NULL ORDER BY sub LIMIT ?1",
        [limit],
        |row| row.get(0),
    )
}

/// Replaces a hash of the same password, unless the user has another one by now.
pub fn renew_password_hash(
    tx: &Tx,
    sub: &Subject,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET password_hash = ?3 WHERE sub = ?1 AND password_hash = ?2",
        (sub, &old.0, &new.0),
    )?;
    Ok(())
}

/// Notes whether the configuration file that declares the user declares the password, too.
pub fn set_password_declared(tx: &Tx, sub: &Subject, is_declared: bool) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET password_declared = ?2 WHERE sub = ?1 AND password_declared <> ?2",
        (sub, is_declared),
    )?;
    Ok(())
}

/// File and line that declare the user's password, if any.
pub fn password_declaration(tx: &Tx, sub: &Subject) -> Result<Option<String>, StoreError> {
    let place = tx.query_opt(
        "SELECT managed_by FROM users WHERE sub = ?1 AND password_declared = 1",
        [sub],
        |row| row.get(0),
    )?;
    Ok(place.flatten())
}

/// Inserts the user, or updates everything except `sub` and `registered_at`, including teams. A name of another user is
/// a conflict.
pub fn put(tx: &Tx, user: &User) -> Result<(), StoreError> {
    let email = user.profile.email.as_deref();
    sign_in_names::check(tx, user.sub.as_str(), &user.username, email)?;
    // The existence of an administrator may have changed.
    if user.admin || is_admin(tx, &user.sub)? {
        tx.note_directory();
    }
    subjects::check_user(tx, user.sub.as_str())?;
    password_links::end_if_changed(tx, user)?;
    let claims = serde_json::to_string(&user.profile.claims)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let profile = &user.profile;
    let changed = tx.execute(
        "INSERT INTO users (sub, username, username_key, email, email_key, email_verified, given_name,
           family_name, locale, zoneinfo, picture, claims, password_hash, admin, disabled, allow_delegation,
           persona, managed_by, registered_at_ms, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         ON CONFLICT (sub) DO UPDATE SET username = excluded.username, username_key = excluded.username_key,
           email = excluded.email, email_key = excluded.email_key, email_verified = excluded.email_verified,
           given_name = excluded.given_name, family_name = excluded.family_name, locale = excluded.locale,
           zoneinfo = excluded.zoneinfo, picture = excluded.picture, claims = excluded.claims,
           password_hash = excluded.password_hash, admin = excluded.admin, disabled = excluded.disabled,
           allow_delegation = excluded.allow_delegation, persona = excluded.persona,
           managed_by = excluded.managed_by, updated_at = excluded.updated_at
         WHERE deleted_at IS NULL",
        rusqlite::params![
            user.sub,
            user.username,
            comparison_key(&user.username),
            profile.email,
            profile.email.as_deref().map(comparison_key),
            profile.email_verified,
            profile.given_name,
            profile.family_name,
            profile.locale,
            profile.zoneinfo,
            profile.picture,
            claims,
            user.password_hash.as_ref().map(|hash| &hash.0),
            user.admin,
            user.disabled,
            user.allow_delegation,
            user.persona,
            user.managed_by,
            user.registered_at,
            user.updated_at,
        ],
    )?;
    if changed == 0 {
        return Err(StoreError::Conflict(
            "This sub belonged to a deleted user and cannot be reused.".into(),
        ));
    }
    teams::set_memberships(tx, &user.sub, &user.teams)
}

/// Frees names of a user that are written again in this transaction, so that another user can take them before that.
pub fn release_names(
    tx: &Tx,
    sub: &Subject,
    username: bool,
    email: bool,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET username_key = CASE WHEN ?2 THEN NULL ELSE username_key END,
           email_key = CASE WHEN ?3 THEN NULL ELSE email_key END WHERE sub = ?1",
        (sub, username, email),
    )?;
    Ok(())
}

/// Deletes the user but keeps the `sub`, so that it is never reused.
pub fn delete(tx: &Tx, sub: &Subject) -> Result<bool, StoreError> {
    tx.note_directory();
    tx.execute("DELETE FROM team_members WHERE sub = ?1", [sub])?;
    tx.execute("DELETE FROM consents WHERE sub = ?1", [sub])?;
    tx.execute("DELETE FROM sessions WHERE sub = ?1", [sub])?;
    tx.execute("DELETE FROM home_networks WHERE sub = ?1", [sub])?;
    tx.execute("DELETE FROM password_links WHERE sub = ?1", [sub])?;
    let changed = tx.execute(
        "UPDATE users SET username = '', username_key = NULL, email = NULL, email_key = NULL, given_name = NULL,
           family_name = NULL, locale = NULL, zoneinfo = NULL, picture = NULL, claims = '{}',
           password_hash = NULL, admin = 0, disabled = 1, persona = 0, managed_by = NULL, deleted_at = ?2
         WHERE sub = ?1 AND deleted_at IS NULL",
        (sub, tx.now),
    )?;
    Ok(changed > 0)
}

impl Stored for User {
    type Archive = User;

    fn get(tx: &Tx, sub: &str) -> Result<Option<Self>, StoreError> {
        get(tx, sub)
    }

    fn page(tx: &Tx, after: Option<&Self>, limit: u32) -> Result<Vec<Self>, StoreError> {
        page(tx, after.map(|user| user.username.as_str()), limit)
    }

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        objects::declared_in(tx, "users", "sub", file)
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        put(tx, self)
    }

    fn delete(&self, tx: &Tx) -> Result<(), StoreError> {
        delete(tx, &self.sub).map(drop)
    }

    fn archive(self, _tx: &Tx) -> Result<Option<User>, StoreError> {
        Ok(Some(self))
    }

    fn archived(archive: &mut User) -> &mut Self {
        archive
    }

    /// Restores the user with the same `sub`.
    fn revive(tx: &Tx, mut user: User) -> Result<Self, StoreError> {
        let mut teams = Vec::new();
        for membership in user.teams {
            if teams::get(tx, membership.team_id.as_str())?.is_some() {
                teams.push(membership);
            }
        }
        user.teams = teams;
        tx.execute(
            "UPDATE users SET deleted_at = NULL WHERE sub = ?1",
            [&user.sub],
        )?;
        put(tx, &user)?;
        Ok(user)
    }
}

fn with_teams(tx: &Tx, mut user: User) -> Result<User, StoreError> {
    user.teams = teams::memberships(tx, &user.sub)?;
    Ok(user)
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let claims: String = row.get(9)?;
    Ok(User {
        sub: row.get(0)?,
        username: row.get(1)?,
        profile: Profile {
            email: row.get(2)?,
            email_verified: row.get(3)?,
            given_name: row.get(4)?,
            family_name: row.get(5)?,
            locale: row.get(6)?,
            zoneinfo: row.get(7)?,
            picture: row.get(8)?,
            claims: serde_json::from_str(&claims).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(
                    9,
                    rusqlite::types::Type::Text,
                    error.into(),
                )
            })?,
        },
        password_hash: row.get::<_, Option<String>>(10)?.map(PasswordHash),
        admin: row.get(11)?,
        disabled: row.get(12)?,
        allow_delegation: row.get(13)?,
        persona: row.get(14)?,
        managed_by: row.get(15)?,
        registered_at: row.get(16)?,
        updated_at: row.get(17)?,
        teams: Vec::new(),
    })
}
