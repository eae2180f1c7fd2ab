//! The name of every event of the audit log. The first part is its kind, which filters accept, too. A test compares the
//! list with the names that are written (`tests/it/admin_api/event_names.rs`).

/// In alphabetical order.
pub const ALL: &[&str] = &[
    "admin.login.ok",
    "admin.login.refused",
    "admin.logout.ok",
    "assertion.accepted",
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
    "consent.given",
    "consent.revoked",
    "database.backed_up",
    "database.backup_downloaded",
    "database.restored",
    "delegation.actor_revoked",
    "delegation.issued",
    "delegation.refused",
    "delegation.subject_revoked",
    "device.allowed",
    "device.cancelled",
    "device.denied",
    "device.refused",
    "exchange.issued",
    "flows.read",
    "grant.replayed",
    "grant.revoked",
    "key.retired",
    "key.rotated",
    "login.ok",
    "login.refused",
    "logout.ok",
    "principal.issued",
    "principal.refused",
    "registration_access_token.revoked",
    "resource.created",
    "resource.deleted",
    "resource.restored",
    "resource.updated",
    "revocation.refused",
    "scope.created",
    "scope.deleted",
    "scope.restored",
    "scope.updated",
    "session.revoked",
    "settings.changed",
    "setup.claimed",
    "setup.refused",
    "team.created",
    "team.deleted",
    "team.disabled",
    "team.enabled",
    "team.restored",
    "team.updated",
    "token.minted",
    "token.refused",
    "token.revoked",
    "trusted_issuer.created",
    "trusted_issuer.deleted",
    "trusted_issuer.restored",
    "trusted_issuer.updated",
    "try.started",
    "user.created",
    "user.deleted",
    "user.disabled",
    "user.enabled",
    "user.link_made",
    "user.link_refused",
    "user.link_used",
    "user.link_withdrawn",
    "user.restored",
    "user.signed_out",
    "user.signed_out_elsewhere",
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
