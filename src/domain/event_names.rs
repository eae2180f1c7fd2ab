//! The name of every event of the audit log. The first part is its kind, which filters accept, too. A test compares the
//! list with the names that are written (`tests/it/admin_api/event_names.rs`).

/// In alphabetical order.
pub const ALL: &[&str] = &[
    "admin.sign_in_failed",
    "admin.signed_in",
    "admin.signed_out",
    "assertion.accepted",
    "backup.created",
    "backup.downloaded",
    "backup.restored",
    "client.created",
    "client.deleted",
    "client.disabled",
    "client.enabled",
    "client.expired",
    "client.registered",
    "client.restored",
    "client.secret_rotated",
    "client.tokens_revoked",
    "client.updated",
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
    "resource.created",
    "resource.deleted",
    "resource.restored",
    "resource.updated",
    "scope.created",
    "scope.deleted",
    "scope.restored",
    "scope.updated",
    "session.revoked",
    "settings.updated",
    "setup.completed",
    "setup.failed",
    "team.created",
    "team.deleted",
    "team.disabled",
    "team.enabled",
    "team.restored",
    "team.updated",
    "token.exchanged",
    "token.issued",
    "token.request_failed",
    "token.revocation_failed",
    "token.revoked",
    "trace.viewed",
    "trial.started",
    "trusted_issuer.created",
    "trusted_issuer.deleted",
    "trusted_issuer.restored",
    "trusted_issuer.updated",
    "user.created",
    "user.deleted",
    "user.disabled",
    "user.enabled",
    "user.other_sessions_revoked",
    "user.restored",
    "user.sessions_revoked",
    "user.sign_in_failed",
    "user.signed_in",
    "user.signed_out",
    "user.updated",
];

/// The name of what was done with a kind of object, if there is such an event.
pub fn of(kind: &str, verb: &str) -> Option<&'static str> {
    let is_it = |name: &&&str| name.split_once('.') == Some((kind, verb));
    ALL.iter().find(is_it).copied()
}

/// The kinds, in alphabetical order.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> = ALL
        .iter()
        .filter_map(|name| name.split('.').next())
        .collect();
    kinds.dedup();
    kinds
}
