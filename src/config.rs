//! What the server was told: checked once, then read-only.

mod flows;
mod given;
mod metrics;
mod registration;
pub mod settings;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::Url;

use self::settings::Origin;
pub use self::{flows::Flows, metrics::Metrics, registration::Registration};
use crate::domain::{
    redirect_uri::is_loopback_host, resource::ResourceUri, scope::ScopeSet, secret::Secret,
    time::Lifetime, token::LONGEST_ACCESS_TOKEN,
};

/// Threads that actix can be given.
const MOST_WORKERS: usize = 512;

/// Everything that is set when the server starts. Lifetimes are in seconds.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's identity (RFC 8414 §2): scheme and authority, without a slash at the end. Never
    /// taken from a request.
    pub issuer: String,
    /// `host:port` to listen on. `localhost` means both 127.0.0.1 and ::1; port 0 takes a free one.
    pub listen: String,
    pub database: PathBuf,
    pub mode: Mode,
    /// Serve an http issuer off loopback all the same.
    pub insecure_http: bool,
    pub workers: usize,
    /// Who may read `/metrics`.
    pub metrics: Metrics,
    /// Which exchanges are remembered as flows; `None` goes by the mode.
    pub flows: Option<Flows>,
    pub access_token_lifetime: Lifetime,
    pub id_token_lifetime: Lifetime,
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
    /// Serve TLS with this certificate and key.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Demand a nonce of this server in every DPoP proof (RFC 9449 §8). One is offered either way, and
    /// one that is sent must be right.
    pub dpop_nonce: bool,
    /// Who may register a client at the registration endpoint (RFC 7591).
    pub registration: Registration,
    /// The initial access token (RFC 7591 §1.2).
    pub registration_token: Option<Secret>,
    /// The scopes that clients may have which nobody registered by hand. Those of
    /// `registration_resources` come with them.
    pub registration_scope: ScopeSet,
    /// The resources that such clients may ask for (RFC 8707). In dev mode it is every registered one.
    pub registration_resources: Vec<ResourceUri>,
    /// Take as a client's id the URL of its metadata document.
    pub client_metadata_documents: bool,
    /// How long a client that anybody registered is kept while it is not used.
    pub registration_unused_lifetime: Lifetime,
    /// Internal networks that clients' key sets, metadata documents and back-channel logout addresses
    /// may lie in. In dev mode this machine is always among them: [`Config::reachable_networks`].
    pub outbound_allow: Vec<IpNet>,
    /// Further roots, in PEM, for the certificates of those servers.
    pub outbound_ca_file: Option<PathBuf>,
    /// The folder in which the server makes backups by itself, how often, and how many it keeps.
    pub backup_folder: Option<PathBuf>,
    pub backup_every: Lifetime,
    pub backup_keep: usize,
    /// Who said what, by the setting's key; what is missing is the default.
    pub origins: BTreeMap<&'static str, Origin>,
}

/// How the server starts. Nothing looks at it once it has started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub log_format: LogFormat,
    /// Where to say, as JSON, that the server is ready.
    pub ready_file: Option<PathBuf>,
    /// Print the one-time set-up link even if the log is no terminal.
    pub print_setup_url: bool,
    pub admin_username: Option<String>,
    pub admin_password: Option<Secret>,
}

/// The PEM files of a certificate chain and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Pretty,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Server,
    /// Local development: loopback only, one-click sign-in.
    Dev,
}

/// A value that cannot be. `key` is the name it has in `keyfob.toml`.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct InvalidConfig {
    pub key: &'static str,
    pub reason: String,
}

impl LogFormat {
    pub const fn as_str(self) -> &'static str {
        match self {
            LogFormat::Pretty => "pretty",
            LogFormat::Json => "json",
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "pretty" => Ok(LogFormat::Pretty),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be pretty or json".into()),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "http://localhost:8080".into(),
            listen: "localhost:8080".into(),
            database: "keyfob.db".into(),
            mode: Mode::Server,
            insecure_http: false,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            metrics: Metrics::Off,
            flows: None,
            access_token_lifetime: Lifetime::hours(1),
            id_token_lifetime: Lifetime::hours(1),
            refresh_token_lifetime: Lifetime::days(90),
            refresh_token_idle_lifetime: Lifetime::days(30),
            refresh_retry: Lifetime(10),
            authorization_code_lifetime: Lifetime(60),
            session_lifetime: Lifetime::days(14),
            session_idle_lifetime: Lifetime::days(1),
            key_publish_ahead: Lifetime::hours(1),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            dpop_nonce: false,
            registration: Registration::Off,
            registration_token: None,
            registration_scope: registration::default_scope(),
            registration_resources: Vec::new(),
            client_metadata_documents: true,
            registration_unused_lifetime: Lifetime::days(30),
            outbound_allow: Vec::new(),
            outbound_ca_file: None,
            backup_folder: None,
            backup_every: Lifetime::days(1),
            backup_keep: 7,
            origins: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Checks every value against the others. Whatever passes needs no check later.
    pub fn check(self) -> Result<Self, InvalidConfig> {
        let invalid = |key, reason: &str| {
            Err(InvalidConfig {
                key,
                reason: reason.to_owned(),
            })
        };
        let Ok(url) = Url::parse(&self.issuer) else {
            return invalid("issuer", "must be a URL such as https://id.example.com");
        };
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return invalid("issuer", "must be an https or http URL");
        }
        if url.origin().ascii_serialization() != self.issuer {
            return invalid(
                "issuer",
                "must be scheme, host and port only, without a path or a slash at the end",
            );
        }
        let issuer_is_local = is_loopback_host(url.host_str().unwrap_or_default());
        if url.scheme() == "http" && !issuer_is_local && !self.insecure_http {
            return invalid(
                "issuer",
                "must use https off loopback (RFC 9700 §2.6); --insecure-http gives that up: passwords and \
                 tokens then travel in the clear",
            );
        }
        if self.mode == Mode::Dev && !self.listens_on_loopback() {
            return invalid(
                "listen",
                "dev mode serves this machine only: use localhost, 127.0.0.1 or [::1]",
            );
        }
        if self.mode == Mode::Dev && !issuer_is_local {
            return invalid(
                "issuer",
                "dev mode serves this machine only: leave it out, or say http://localhost:8080",
            );
        }
        if self
            .listen
            .rsplit_once(':')
            .is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
        {
            return invalid(
                "listen",
                "must be host:port, such as localhost:8080 or 0.0.0.0:8080",
            );
        }
        if self.access_token_lifetime > LONGEST_ACCESS_TOKEN
            || self.access_token_lifetime < Lifetime(1)
        {
            return invalid("access_token_lifetime", "must be from 1 to 86400 seconds");
        }
        // A key that was replaced stays published for so long: no ID token may outlive it.
        if self.id_token_lifetime > LONGEST_ACCESS_TOKEN {
            return invalid("id_token_lifetime", "must be at most 86400 seconds");
        }
        if self.authorization_code_lifetime > Lifetime::minutes(10)
            || self.authorization_code_lifetime < Lifetime(1)
        {
            return invalid(
                "authorization_code_lifetime",
                "must be from 1 to 600 seconds (RFC 6749 §4.1.2)",
            );
        }
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            return invalid("workers", "must be from 1 to 512");
        }
        if self.backup_every < Lifetime::minutes(1) {
            return invalid("backup_every", "must be 1m or more");
        }
        if self.backup_keep == 0 {
            return invalid("backup_keep", "must be 1 or more");
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
                return invalid(key, "must be at least 1 second");
            }
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return match self.tls_cert {
                Some(_) => invalid("tls_cert", "needs tls_key beside it"),
                None => invalid("tls_key", "needs tls_cert beside it"),
            };
        }
        registration::check(&self)?;
        if let Some(reason) = self.outbound_ca_file.as_deref().and_then(no_certificates) {
            return invalid("outbound_ca_file", &reason);
        }
        Ok(self)
    }

    /// The issuer of a server that was told none: this machine's name and the port it got.
    pub fn local_issuer(&self, port: u16) -> String {
        match self.tls() {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://localhost:{port}"),
        }
    }

    /// The files of the certificate and its key, if the server speaks TLS itself.
    pub fn tls(&self) -> Option<Tls> {
        Some(Tls {
            cert: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
        })
    }

    /// Who said the value of this setting.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or_default()
    }

    /// Whether only this machine can reach the server.
    pub fn listens_on_loopback(&self) -> bool {
        self.listen
            .rsplit_once(':')
            .is_some_and(|(host, _)| is_loopback_host(host) || host == "::1")
    }

    /// The internal networks that outbound requests may go to.
    pub fn reachable_networks(&self) -> Vec<IpNet> {
        let mut networks = self.outbound_allow.clone();
        if self.is_dev() {
            networks.push(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into());
            networks.push(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into());
        }
        networks
    }

    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    /// Which exchanges are remembered as flows.
    pub fn flows(&self) -> Flows {
        self.flows.unwrap_or(match self.mode {
            Mode::Server => Flows::Errors,
            Mode::Dev => Flows::All,
        })
    }

    pub fn is_dev(&self) -> bool {
        self.mode == Mode::Dev
    }
}

/// Why a file gives no certificates, if it does not.
fn no_certificates(path: &Path) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(pem) if pem.contains("-----BEGIN CERTIFICATE-----") => None,
        Ok(_) => Some(format!("{} holds no certificate in PEM", path.display())),
        Err(error) => Some(format!("{}: {error}", path.display())),
    }
}
