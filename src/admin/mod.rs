//! Operations of administrators, shared by the command line, the configuration file and the admin page.
//!
//! Owns the rules of administration: the valid values of an object, what is revoked with it, and an audit event for
//! each change. Does not know where a request comes from or how the result is shown.
//!
//! Operations on every kind of object (client, user, team, …) are in [`object`]; each kind has a file of its own.
//!
//! Every change is a function on a `&Tx`, so that many of them can be one transaction. Work that is slow or needs no
//! transaction (parsing, hashing a password) is done before, by the `check` of the input, whose result the functions
//! take.

pub mod account;
pub mod audit;
pub mod backup;
pub mod clients;
pub mod commands;
pub mod consents;
pub mod danger;
pub mod delegation;
pub mod deletion;
pub mod devices;
pub mod doctor;
pub mod event_names;
mod fields;
pub mod first_administrator;
pub mod issued;
pub mod keys;
pub mod listing;
pub mod merge_patch;
pub mod object;
pub mod overview;
pub mod password_links;
pub mod preview;
pub mod register;
pub mod resources;
pub mod scopes;
pub mod sessions;
pub mod settings;
pub mod state_file;
pub mod teams;
pub mod token_checks;
pub mod tokens;
pub mod traces;
pub mod trusted_issuers;
pub mod users;

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    domain::{
        audit::{self as audit_log, AuditEvent},
        client_address::ClientAddress,
        client_registration::InvalidMember,
        name::comparison_key,
        precis::disturbs_text,
        secret::Secret,
    },
    store::{StoreError, Tx, audit_events},
};

pub use crate::domain::kind::Kind;

/// Author of a change.
#[derive(Clone, Debug)]
pub struct By {
    actor: String,
    address: Option<ClientAddress>,
    file: Option<StateFileHand>,
}

/// Action of a configuration file on an object.
#[derive(Clone, Debug)]
enum StateFileHand {
    /// Declares it, at this place (`keyfob.toml:42`), and a client's secret at the other.
    Declares {
        place: String,
        secret: Option<String>,
    },
    /// No longer declares it.
    LetsGo,
}

impl By {
    /// A command on the database file.
    pub fn command_line() -> Self {
        Self {
            actor: audit_log::CLI.into(),
            address: None,
            file: None,
        }
    }

    /// The configuration file, which declares the object at `place` (`keyfob.toml:42`). It manages what it creates or
    /// changes from then on.
    pub fn state_file(place: impl Into<String>) -> Self {
        let place = place.into();
        Self {
            actor: file_of(&place).to_owned(),
            address: None,
            file: Some(StateFileHand::Declares {
                place,
                secret: None,
            }),
        }
    }

    /// Like `file`, for a client whose secret the file declares at this place.
    pub fn declaring_secret(mut self, at: Option<String>) -> Self {
        if let Some(StateFileHand::Declares { secret, .. }) = &mut self.file {
            *secret = at;
        }
        self
    }

    fn declared_secret(&self) -> Option<&str> {
        match &self.file {
            Some(StateFileHand::Declares { secret, .. }) => secret.as_deref(),
            _ => None,
        }
    }

    /// The configuration file with this name, which no longer declares the object: it becomes unmanaged.
    pub fn letting_go(name: &str) -> Self {
        Self {
            actor: name.to_owned(),
            address: None,
            file: Some(StateFileHand::LetsGo),
        }
    }

    /// An administrator, signed in.
    pub fn administrator(sub: impl ToString, address: Option<ClientAddress>) -> Self {
        Self {
            actor: sub.to_string(),
            address,
            file: None,
        }
    }

    /// A person, in what is their own.
    pub fn person(sub: impl ToString, address: Option<ClientAddress>) -> Self {
        Self::administrator(sub, address)
    }

    /// Whether a configuration file makes the change. Declared objects can be changed only there.
    fn is_file(&self) -> bool {
        self.file.is_some()
    }

    fn may_change(
        &self,
        kind: Kind,
        name: &str,
        managed_by: Option<&str>,
    ) -> Result<(), AdminError> {
        match managed_by {
            Some(file) if self.file.is_none() => Err(AdminError::ManagedByFile {
                kind,
                name: name.to_owned(),
                file: file.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Manager of the object after the change.
    fn manager(&self, before: Option<&str>) -> Option<String> {
        match &self.file {
            Some(StateFileHand::Declares { place, .. }) => Some(place.clone()),
            Some(StateFileHand::LetsGo) => None,
            None => before.map(str::to_owned),
        }
    }

    /// Actor in the audit log.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    pub fn address(&self) -> Option<ClientAddress> {
        self.address
    }

    /// Notes that a scheduled backup was downloaded.
    pub fn took_away(&self, name: &str) -> AuditEvent {
        self.event("backup.downloaded")
            .detail(serde_json::json!({ "name": name }))
    }

    fn event(&self, event: &'static str) -> AuditEvent {
        AuditEvent::ok(event)
            .actor(&self.actor)
            .address(self.address)
    }
}

/// Error of a change. Its transaction is rolled back.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// `field` is the member's name in the configuration file and in JSON, with an index in a list.
    #[error("{field}: {reason}")]
    Invalid { field: String, reason: String },
    #[error("{} {name:?} not found.", .kind.label())]
    NotFound { kind: Kind, name: String },
    #[error("{} \"{name}\" already exists.", .kind.label())]
    Exists { kind: Kind, name: String },
    /// It conflicts with another object.
    #[error("{0}")]
    Conflict(String),
    #[error(
        "{} \"{name}\" is managed by {file}. Edit the file and reload (SIGHUP or keyfob config apply).",
        .kind.label()
    )]
    ManagedByFile {
        kind: Kind,
        name: String,
        file: String,
    },
    #[error(
        "The secret of client {client_id:?} is managed by {place}. The next reload or start would replace a new one. \
         Edit the file and reload (SIGHUP or keyfob config apply), or remove the secret from the file first."
    )]
    DeclaredSecret { client_id: String, place: String },
    #[error(
        "The password of user {username:?} is managed by {place}. The next reload or start would replace a new one. \
         Edit the file instead."
    )]
    DeclaredPassword { username: String, place: String },
    #[error("{0}")]
    Store(StoreError),
}

impl From<InvalidMember> for AdminError {
    fn from(error: InvalidMember) -> Self {
        AdminError::invalid(error.member, error.reason)
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(reason) => AdminError::Conflict(reason),
            other => AdminError::Store(other),
        }
    }
}

impl AdminError {
    fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        AdminError::Invalid {
            field: field.into(),
            reason: reason.into(),
        }
    }

    fn exists(kind: Kind, name: &str) -> Self {
        AdminError::Exists {
            kind,
            name: name.to_owned(),
        }
    }

    fn not_found(kind: Kind, name: impl Into<String>) -> Self {
        AdminError::NotFound {
            kind,
            name: name.into(),
        }
    }
}

/// Result of a change.
#[derive(Debug)]
pub struct Applied<T> {
    pub value: T,
    pub change: Change,
    /// Generated secret: it can be shown only now.
    pub secret: Option<Secret>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Created,
    Updated,
    Deleted,
    /// No difference: no event, and at most the line of the declaration was written.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Created => "Created",
            Change::Updated => "updated",
            Change::Deleted => "deleted",
            Change::Unchanged => "unchanged",
        })
    }
}

impl<T> Applied<T> {
    fn new(value: T, change: Change) -> Self {
        Self {
            value,
            change,
            secret: None,
        }
    }

    fn with_secret(self, secret: Option<Secret>) -> Self {
        Self { secret, ..self }
    }
}

/// The names of the members in which two objects differ, in alphabetical order.
fn differences(before: &impl Serialize, after: &impl Serialize) -> Result<Vec<String>, AdminError> {
    let (before, after) = (as_members(before)?, as_members(after)?);
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&&String| before.get(name.as_str()) != after.get(name.as_str());
    Ok(names
        .iter()
        .filter(differs)
        .map(ToString::to_string)
        .collect())
}

/// The known name that most likely was meant by one that is none.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    known
        .map(|known| (strsim::damerau_levenshtein(&name, known), known))
        .filter(|(distance, known)| *distance <= known.len().max(name.len()) / 3)
        .min()
        .map(|(_, known)| known)
}

/// Name of the configuration file in `keyfob.toml:42`.
pub fn file_of(place: &str) -> &str {
    place.rsplit_once(':').map_or(place, |(file, _)| file)
}

/// Whether only the line of the declaration differs, because lines above were added or removed.
fn only_moved(changed: &[String], before: Option<&str>, after: Option<&str>) -> bool {
    changed == ["managed_by"] && before.is_some() && before.map(file_of) == after.map(file_of)
}

fn as_members(value: &impl Serialize) -> Result<Map<String, Value>, AdminError> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(AdminError::Store(StoreError::Internal(error.to_string()))),
    }
}

/// Writes an event that names what was changed, never the values.
fn record(tx: &Tx, event: AuditEvent, changed: &[String]) -> Result<(), StoreError> {
    let event = match changed {
        [] => event,
        _ => event.detail(json!({ "changed": changed })),
    };
    audit_events::insert(tx, &event)
}

/// Text for people: one line, not empty, at most `longest` characters. The actor of an audit event is a `sub`, a
/// `client_id` or the server itself, so no other name can look like one.
fn refuse_own_actor(field: &'static str, name: &str) -> Result<(), AdminError> {
    match audit_log::OWN_ACTORS.contains(&comparison_key(name).as_str()) {
        true => {
            let reason = "is what the audit log calls the server itself: choose another";
            Err(AdminError::invalid(field, reason))
        }
        false => Ok(()),
    }
}

fn line(field: &'static str, text: &str, longest: usize) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        Err(AdminError::invalid(field, "must not be empty"))
    } else if text.chars().count() > longest {
        let reason = format!("must have at most {longest} characters");
        Err(AdminError::invalid(field, reason))
    } else if text.chars().any(disturbs_text) {
        Err(AdminError::invalid(
            field,
            "must not contain control characters or characters that turn the direction of text",
        ))
    } else {
        Ok(text.to_owned())
    }
}
