//! Events of the audit log: failed requests, sign-ins, delegations, revocations, administrative actions.

use serde_json::Value;

use crate::domain::{id::Id, time::UnixSeconds};

/// Actors that are not users or clients: the command line, scheduled backups, maintenance. No user or client has such a
/// name.
pub const CLI: &str = "cli";
pub const SCHEDULE: &str = "schedule";
pub const UPKEEP: &str = "upkeep";
pub const OWN_ACTORS: [&str; 3] = [CLI, SCHEDULE, UPKEEP];

/// One entry, before it has an ID and a time. No field contains a secret, a code or a token.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Name of the event: `token.request_failed`, `user.created`, …
    pub event: &'static str,
    pub outcome: Outcome,
    /// Actor: a `sub`, a `client_id`, `cli`, `schedule` or `upkeep`. `None`: caused by a stranger; only the latest of
    /// these are kept.
    pub actor: Option<String>,
    /// User that it is about.
    pub subject: Option<String>,
    pub client_id: Option<String>,
    /// The network address it came from.
    pub address: Option<String>,
    /// Reason of a failure.
    pub reason: Option<String>,
    pub detail: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Failed,
}

impl Outcome {
    pub const ALL: [Outcome; 2] = [Outcome::Ok, Outcome::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
        }
    }
}

impl AuditEvent {
    pub fn ok(event: &'static str) -> Self {
        Self {
            event,
            outcome: Outcome::Ok,
            actor: None,
            subject: None,
            client_id: None,
            address: None,
            reason: None,
            detail: None,
        }
    }

    pub fn failed(event: &'static str, reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            reason: Some(reason.into()),
            ..Self::ok(event)
        }
    }

    pub fn actor(mut self, actor: impl ToString) -> Self {
        self.actor = Some(actor.to_string());
        self
    }

    pub fn subject(mut self, subject: impl ToString) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    pub fn client(mut self, client_id: impl ToString) -> Self {
        self.client_id = Some(client_id.to_string());
        self
    }

    pub fn address(mut self, address: Option<impl ToString>) -> Self {
        self.address = address.map(|address| address.to_string());
        self
    }

    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// An entry as it was written.
#[derive(Clone, Debug)]
pub struct RecordedEvent {
    pub id: Id,
    pub at: UnixSeconds,
    pub event: String,
    pub outcome: String,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub address: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<Value>,
}
