//! What an operator may do: shared by the command line, the state file and the admin pages.
//!
//! Owns the rules of administration: which values an object may have, what ends when it goes, and that
//! each change is in the audit log. Knows neither where the wish came from nor how the answer is shown.
//!
//! What is done with every kind of object (client, user, team, …) is in [`object`]; a kind's own file says what it is.
//!
//! Every change is a function on a `&Tx`, so that many of them can be one transaction. What is slow or
//! needs no transaction (parsing, hashing a password) is done before it by the `check` of the input,
//! whose result is the only thing the functions take.

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

/// Who wants a change made.
#[derive(Clone, Debug)]
pub struct By {
    actor: String,
    address: Option<ClientAddress>,
    file: Option<StateFileHand>,
}

/// What a state file does with an object.
#[derive(Clone, Debug)]
enum StateFileHand {
    /// Declares it, at this place (`keyfob.toml:42`), and a client's secret at the other.
    Declares {
        place: String,
        secret: Option<String>,
    },
    /// Does not declare it any more.
    LetsGo,
}

impl By {
    /// Whoever has the database file and runs a command.
    pub fn command_line() -> Self {
        Self {
            actor: audit_log::CLI.into(),
            address: None,
            file: None,
        }
    }

    /// The state file, in which the object is declared at `place` (`keyfob.toml:42`). What it makes or
    /// changes is managed by it from then on.
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

    /// The same for a client whose secret the file declares at this place.
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

    /// The state file of this name, which does not declare the object any more: from then on nothing
    /// manages it.
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

    /// What is declared in the state file is changed there and nowhere else.
    /// Whether a configuration file makes the change.
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

    /// What manages the object after the change.
    fn manager(&self, before: Option<&str>) -> Option<String> {
        match &self.file {
            Some(StateFileHand::Declares { place, .. }) => Some(place.clone()),
            Some(StateFileHand::LetsGo) => None,
            None => before.map(str::to_owned),
        }
    }

    /// Who it is, in the audit log.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    pub fn address(&self) -> Option<ClientAddress> {
        self.address
    }

    /// That a backup which the server had made was taken away.
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

/// Why a change was not made. Nothing of its transaction is kept.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// `field` is the member's name as the state file and JSON have it, with an index in a list.
    #[error("{field}: {reason}")]
    Invalid { field: String, reason: String },
    #[error("{} {name:?} not found.", .kind.label())]
    NotFound { kind: Kind, name: String },
    #[error("{} \"{name}\" already exists.", .kind.label())]
    Exists { kind: Kind, name: String },
    /// It would clash with something else.
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

/// What a change came to.
#[derive(Debug)]
pub struct Applied<T> {
    pub value: T,
    pub change: Change,
    /// A secret that was made on the way: this is the only time it can be shown.
    pub secret: Option<Secret>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Created,
    Updated,
    Deleted,
    /// Everything was as it should be: no event, and nothing was written but the line of a state file
    /// on which the object now stands.
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

/// The name of the state file in `keyfob.toml:42`.
pub fn file_of(place: &str) -> &str {
    place.rsplit_once(':').map_or(place, |(file, _)| file)
}

/// Whether nothing differs but the line of the state file, in which something above was added or taken
/// out.
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

/// Text that people read: one line, not empty, at most `longest` characters.
/// The actor of an audit event is a `sub` or a `client_id`, or the server itself: nobody else has such a name.
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
