//! What the server was told and can be told anew while it runs.

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

/// What counts from the moment it is said: on the settings page, by another process, or in `keyfob.toml`
/// when that is read anew. What counts now is in the directory's snapshot. Lifetimes are in seconds.
#[derive(Clone, Debug)]
pub struct Live {
    /// Who may read `/metrics`.
    pub metrics: Metrics,
    /// Which exchanges are remembered as traces; `None` goes by the mode.
    pub traces: Option<Traces>,
    pub access_token_lifetime: Lifetime,
    pub id_token_lifetime: Lifetime,
    /// What signs the ID tokens of clients that name no algorithm, save FAPI clients.
    pub id_token_alg: Algorithm,
    /// How long a refresh token's family lives, however often it is used.
    pub refresh_token_lifetime: Lifetime,
    /// How long one refresh token may lie unused.
    pub refresh_token_idle_lifetime: Lifetime,
    /// How long a retry of the very last refresh gets the same answer; 0 switches it off.
    pub refresh_retry: Lifetime,
    pub authorization_code_lifetime: Lifetime,
    pub session_lifetime: Lifetime,
    pub session_idle_lifetime: Lifetime,
    /// How long a new signing key is published before it signs.
    pub key_publish_ahead: Lifetime,
    /// Demand a nonce of this server in every DPoP proof (RFC 9449 §8). One is offered either way, and
    /// one that is sent must be right.
    pub dpop_nonce: bool,
    /// Send null for members of UserInfo that have no value, in place of leaving them out.
    pub userinfo_nulls: bool,
    /// Who may register a client at the registration endpoint (RFC 7591).
    pub registration: Registration,
    /// The initial access token (RFC 7591 §1.2).
    pub registration_token: Option<Secret>,
    /// The scopes that clients may have which nobody registered by hand. Those of
    /// `registration_resources` come with them.
    pub registration_scope: ScopeSet,
    /// The resources that such clients may ask for (RFC 8707). In dev mode it is every registered one.
    pub registration_resources: Vec<ResourceUri>,
    /// The private-use schemes without a dot that such clients may be sent to.
    pub registration_redirect_schemes: Vec<String>,
    /// Send browsers to `http` addresses of private networks. In dev mode it is done anyway.
    pub allow_insecure_redirects: bool,
    /// Take as a client's id the URL of its metadata document.
    pub client_metadata_documents: bool,
    /// How long a client that anybody registered is kept while it is not used.
    pub registration_unused_lifetime: Lifetime,
    /// Internal networks that clients' key sets, metadata documents and back-channel logout addresses
    /// may lie in. In dev mode this machine is always among them.
    pub outbound_allow: Vec<IpNet>,
    /// Further roots, in PEM, for the certificates of those servers.
    pub outbound_ca_file: Option<PathBuf>,
    /// The folder in which the server makes backups by itself, how often, and how many it keeps.
    pub backup_folder: Option<PathBuf>,
    pub backup_interval: Lifetime,
    pub backup_retention: usize,
    /// How long events stay in the audit log; `None` is for ever.
    pub event_retention: Option<Lifetime>,
    /// What the hosted pages show of whose server this is.
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
        // A key that was replaced stays published for so long: no ID token may outlive it.
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
