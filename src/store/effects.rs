//! Changes of a transaction to data that the server also has in memory.
//!
//! The functions of the tables note it as they write, so that no caller can forget it. [`super::Store::on_change`] sets
//! the observer.

use std::collections::HashSet;

use crate::domain::{name::ClientId, revocation::Revocation};

/// Effects of one transaction, or of several, on what is in memory.
#[derive(Debug, Default)]
pub struct Effects {
    pub revoked: Vec<Revocation>,
    pub stale: Stale,
}

/// Part of the directory that has to be read again.
#[derive(Debug, Default)]
pub struct Stale {
    pub clients: HashSet<ClientId>,
    /// Scopes, resources, trusted issuers, keys, settings, or the existence of an administrator.
    pub everything: bool,
}

/// Part of the directory that a statement changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held<'a> {
    Client(&'a str),
    Everything,
}

/// Beginnings of the statements that change what the directory holds: they go through
/// [`Tx::change`](super::Tx::change). Apart from these, `users` and `settings` change it, in some of their rows.
const CHANGES: &[&str] = &[
    "INSERT INTO clients ",
    "UPDATE clients SET metadata",
    "DELETE FROM clients ",
    "INSERT INTO client_secrets ",
    "UPDATE client_secrets SET expires_at",
    "DELETE FROM client_secrets ",
    "INSERT INTO client_registrations ",
    "DELETE FROM client_registrations ",
    "INSERT INTO objects ",
    "DELETE FROM objects ",
    "INSERT INTO signing_keys ",
    "UPDATE signing_keys ",
    "DELETE FROM signing_keys ",
];

pub(super) fn is_change(sql: &str) -> bool {
    CHANGES.iter().any(|beginning| sql.starts_with(beginning))
}

/// News of the file, for the one who keeps a picture of it in memory.
#[derive(Debug)]
pub enum Notice {
    /// Committed by this process. Sent from the writer thread before the callers of the transaction get their results,
    /// so it must be handled within microseconds.
    Committed(Effects),
    /// Committed changes must be read again now. Sent from the thread that waited for the transaction; if that failed
    /// or no longer waits, sent again from the writer thread within a second.
    Stale,
    /// Another process has changed the file. Sent from the writer thread within a second, again until it succeeds.
    ChangedElsewhere,
}

impl Effects {
    pub(super) fn is_empty(&self) -> bool {
        self.revoked.is_empty() && self.stale.is_empty()
    }

    pub(super) fn add(&mut self, other: Effects) {
        self.revoked.extend(other.revoked);
        self.stale.add(other.stale);
    }
}

impl Stale {
    pub fn is_empty(&self) -> bool {
        !self.everything && self.clients.is_empty()
    }

    pub fn add(&mut self, other: Stale) {
        self.clients.extend(other.clients);
        self.everything |= other.everything;
    }
}
