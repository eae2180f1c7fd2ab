//! The name of every event of the audit log. The first part is its kind, which filters accept, too. A test compares the
//! list with the names that are written (`tests/it/admin_api/event_names.rs`).

use super::register::each_kind;
use crate::domain::object::Object;

/// Names of what is not done with every kind of managed object.
const OTHERS: &[&str] = &[
    "admin.sign_in_failed",
    "admin.signed_in",
    "admin.signed_out",
    "assertion.accepted",
    "backup.created",
    "backup.downloaded",
    "backup.restored",
    "client.expired",
    "client.registered",
    "client.secret_rotated",
    "client.tokens_revoked",
    "consent.denied",
    "consent.granted",
    "consent.revoked",
    "delegated_token.actor_revoked",
    "delegated_token.denied",
    "delegated_token.issued",
    "delegated_token.subject_revoked",
    "device.approved",
    "device.code_rejected",
    "device.denied",
    "device.revoked",
    "grant.reuse_detected",
    "grant.revoked",
    "key.revoked",
    "key.rotated",
    "password_link.created",
    "password_link.rejected",
    "password_link.revoked",
    "password_link.used",
    "principal_token.denied",
    "principal_token.issued",
    "registration_access_token.revoked",
    "session.revoked",
    "settings.updated",
    "setup.completed",
    "setup.failed",
    "token.exchanged",
    "token.issued",
    "token.request_failed",
    "token.revocation_failed",
    "token.revoked",
    "trace.viewed",
    "trial.started",
    "user.other_sessions_revoked",
    "user.sessions_revoked",
    "user.sign_in_failed",
    "user.signed_in",
    "user.signed_out",
];

/// In alphabetical order.
pub fn all() -> Vec<&'static str> {
    let mut names = OTHERS.to_vec();
    each_kind!(M => { names.extend_from_slice(M::EVENTS) });
    names.sort_unstable();
    names
}

/// The kinds, in alphabetical order.
pub fn kinds() -> Vec<&'static str> {
    let names = all().into_iter();
    let mut kinds: Vec<_> = names.filter_map(|name| name.split('.').next()).collect();
    kinds.dedup();
    kinds
}
