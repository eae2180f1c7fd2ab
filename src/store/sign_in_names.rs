//! Sign-in names of users: one namespace, so that a name never identifies two users.

use super::{StoreError, Tx};
use crate::domain::name::comparison_key;

/// Kind of a sign-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInName {
    Username,
    Email,
    Sub,
}

impl SignInName {
    pub const fn as_str(self) -> &'static str {
        match self {
            SignInName::Username => "username",
            SignInName::Email => "email",
            SignInName::Sub => "sub",
        }
    }
}

/// A name of a user that another one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameClash {
    pub name: SignInName,
    /// Kind of the other user's name.
    pub of_other: SignInName,
}

/// Name that another user already has: usernames, email addresses and subs are one namespace, so that a name never
/// identifies two users. A `sub` is never reused, not even after its user is deleted.
pub fn clash(
    tx: &Tx,
    sub: &str,
    username: &str,
    email: Option<&str>,
) -> Result<Option<NameClash>, StoreError> {
    let names = [
        (SignInName::Username, Some(username)),
        (SignInName::Email, email),
        (SignInName::Sub, Some(sub)),
    ];
    for (name, text) in names {
        let Some(text) = text else { continue };
        let of_other = tx.query_opt(
            "SELECT CASE WHEN username_key = ?1 THEN 'username' WHEN email_key = ?1 THEN 'email' ELSE 'sub' END
             FROM users WHERE sub <> ?2 AND (deleted_at IS NULL OR ?3)
               AND (username_key = ?1 OR email_key = ?1 OR lower(sub) = ?1) LIMIT 1",
            (comparison_key(text), sub, name == SignInName::Sub),
            |row| row.get::<_, String>(0),
        )?;
        let of_other = of_other.map(|found| match found.as_str() {
            "username" => SignInName::Username,
            "email" => SignInName::Email,
            _ => SignInName::Sub,
        });
        if let Some(of_other) = of_other {
            return Ok(Some(NameClash { name, of_other }));
        }
    }
    Ok(None)
}

/// Every write of names asks this in the same transaction: [`clash`], as a conflict.
pub(super) fn check(
    tx: &Tx,
    sub: &str,
    username: &str,
    email: Option<&str>,
) -> Result<(), StoreError> {
    match clash(tx, sub, username, email)? {
        None => Ok(()),
        Some(clash) => Err(StoreError::Conflict(format!(
            "this {} is the {} of another user",
            clash.name.as_str(),
            clash.of_other.as_str()
        ))),
    }
}
