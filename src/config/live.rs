//! Reloadable settings.

use std::{path::PathBuf, sync::Arc};

use ipnet::IpNet;

use super::{InvalidConfig, Metrics, Registration, Traces, registration};
use crate::{
    branding::{Accent, Logo},
    crypto::keys::Algorithm,
    domain::{
        resource::ResourceUri, scope::ScopeSet, secret::Secret, time::Lifetime,
        token::LONGEST_ACCESS_TOKEN,
    },
};

/// Settings that apply immediately when changed on the settings page, by another process, or in `keyfob.toml` on a
/// reload. The current ones are in the directory's snapshot. Lifetimes are in seconds.
#[derive(Clone, Debug)]
pub struct Live {
    /// Access to `/metrics`.
    pub metrics: Metrics,
    /// Exchanges that are traced; `None`: depends on the mode.
    pub traces: Option<Traces>,
    pub access_token_lifetime: Lifetime,
    pub id_token_lifetime: Lifetime,
    /// Algorithm of ID tokens for clients without their own, except FAPI clients.
    pub id_token_alg: Algorithm,
    /// Absolute lifetime of a refresh token family.
    pub refresh_token_lifetime: Lifetime,
    /// Idle lifetime of a refresh token.
    pub refresh_token_idle_lifetime: Lifetime,
    /// Time for which a retry of the latest refresh gets the same response; 0 turns it off.
    pub refresh_retry: Lifetime,
    pub authorization_code_lifetime: Lifetime,
    pub session_lifetime: Lifetime,
    pub session_idle_lifetime: Lifetime,
    /// Time that a new signing key is published before it signs.
    pub key_publish_ahead: Lifetime,
    /// Demand a nonce of this server in every DPoP proof (RFC 9449 §8). One is offered either way, and
    /// one that is sent must be right.
    pub dpop_nonce: bool,
    /// Send null for members of UserInfo that have no value, in place of leaving them out.
    pub userinfo_nulls: bool,
    /// Access to the registration endpoint (RFC 7591).
    pub registration: Registration,
    /// The initial access token (RFC 7591 §1.2).
    pub registration_token: Option<Secret>,
    /// Scopes allowed for clients that register themselves, in addition to those of `registration_resources`.
    pub registration_scope: ScopeSet,
    /// Resources that such clients can request (RFC 8707). In development mode, all registered ones.
    pub registration_resources: Vec<ResourceUri>,
    /// Private-use schemes without a dot allowed in redirect URIs of such clients.
    pub registration_redirect_schemes: Vec<String>,
    /// Whether `http` redirect URIs on private networks are allowed. Always in development mode.
    pub allow_insecure_redirects: bool,
    /// Whether the URL of a metadata document is accepted as a client ID.
    pub client_metadata_documents: bool,
    /// Time that an unused openly registered client is kept.
    pub registration_unused_lifetime: Lifetime,
    /// Internal networks allowed for clients' key sets, metadata documents and back-channel logout. In development mode
    /// they always include this machine.
    pub outbound_allow: Vec<IpNet>,
    /// Further roots, in PEM, for the certificates of those servers.
    pub outbound_ca_file: Option<PathBuf>,
    /// Folder, interval and number of scheduled backups.
    pub backup_folder: Option<PathBuf>,
    pub backup_interval: Lifetime,
    pub backup_retention: usize,
    /// Retention of audit events; `None`: forever.
    pub event_retention: Option<Lifetime>,
    /// Branding of the hosted pages.
    pub server_name: Option<String>,
    pub accent_color: Option<Arc<Accent>>,
    pub logo: Option<Arc<Logo>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            metrics: Metrics::Off,
            traces: None,
            access_token_lifetime: Lifetime::hours(1),
            id_token_lifetime: Lifetime::hours(1),
            // OIDC Registration §2
            id_token_alg: Algorithm::Rs256,
            refresh_token_lifetime: Lifetime::days(90),
            refresh_token_idle_lifetime: Lifetime::days(30),
            refresh_retry: Lifetime(10),
            authorization_code_lifetime: Lifetime(60),
            session_lifetime: Lifetime::days(14),
            session_idle_lifetime: Lifetime::days(1),
            key_publish_ahead: Lifetime::hours(1),
            dpop_nonce: false,
            userinfo_nulls: false,
            registration: Registration::Off,
            registration_token: None,
            registration_scope: registration::default_scope(),
            registration_resources: Vec::new(),
            registration_redirect_schemes: registration::default_schemes(),
            allow_insecure_redirects: false,
            client_metadata_documents: true,
            registration_unused_lifetime: Lifetime::days(30),
            outbound_allow: Vec::new(),
            outbound_ca_file: None,
            backup_folder: None,
            backup_interval: Lifetime::days(1),
            backup_retention: 7,
            event_retention: None,
            server_name: None,
            accent_color: None,
            logo: None,
        }
    }
}

impl Live {
    /// Checks every value against the others. Whatever passes needs no check later.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        let invalid = |key, reason: &str| {
            Err(InvalidConfig {
                key,
                reason: reason.to_owned(),
            })
        };
        if self.access_token_lifetime > LONGEST_ACCESS_TOKEN
            || self.access_token_lifetime < Lifetime(1)
        {
            return invalid("access_token_lifetime", "must be between 1s and 1d");
        }
        // A replaced key stays published this long, so no ID token can be valid for longer.
        if self.id_token_lifetime > LONGEST_ACCESS_TOKEN {
            return invalid("id_token_lifetime", "must be at most 1d");
        }
        if self.authorization_code_lifetime > Lifetime::minutes(10)
            || self.authorization_code_lifetime < Lifetime(1)
        {
            return invalid(
                "authorization_code_lifetime",
                "must be between 1s and 10m (RFC 6749 §4.1.2)",
            );
        }
        if self.backup_interval < Lifetime::minutes(1) {
            return invalid("backup_interval", "must be at least 1m");
        }
        if self.backup_retention == 0 {
            return invalid("backup_retention", "must be at least 1");
        }
        // The last day is what the overview shows.
        if self
            .event_retention
            .is_some_and(|kept| kept < Lifetime::days(1))
        {
            return invalid("event_retention", "must be at least 1d, or forever");
        }
        for (key, lifetime) in [
            ("id_token_lifetime", self.id_token_lifetime),
            ("refresh_token_lifetime", self.refresh_token_lifetime),
            (
                "refresh_token_idle_lifetime",
                self.refresh_token_idle_lifetime,
            ),
            ("session_lifetime", self.session_lifetime),
            ("session_idle_lifetime", self.session_idle_lifetime),
            (
                "registration_unused_lifetime",
                self.registration_unused_lifetime,
            ),
        ] {
            if lifetime == Lifetime(0) {
                return invalid(key, "must be at least 1s");
            }
        }
        registration::check(
            self.registration,
            self.registration_token.as_ref(),
            &self.registration_scope,
        )
    }
}
