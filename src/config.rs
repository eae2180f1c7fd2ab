//! Configuration of the server: [`Config`] is fixed while it runs, [`Live`] can be reloaded, and [`Start`] is read only
//! at startup.

mod field;
mod given;
pub mod input_file;
mod invalid;
mod issuer;
mod live;
mod metrics;
mod registration;
pub mod settings;
mod table;
pub mod text_file;
mod traces;
mod values;

use std::{path::PathBuf, str::FromStr};

use ipnet::IpNet;
use url::Url;

pub use self::{
    invalid::InvalidConfig, live::Live, metrics::Metrics, registration::Registration,
    traces::Traces,
};
use crate::domain::{redirect_uri::is_loopback_host, secret::Secret, time::Lifetime};

const LONGEST_KEEP_ALIVE: Lifetime = Lifetime::hours(1);
/// Threads that actix can be given.
const MOST_WORKERS: usize = 512;

/// Configuration that is fixed until a restart.
#[derive(Clone, Debug)]
pub struct Config {
    /// Identity of the server (RFC 8414 §2): scheme and authority, without a trailing slash. Never taken from a
    /// request.
    pub issuer: String,
    /// `host:port` to listen on. `localhost` means both 127.0.0.1 and ::1; port 0 takes a free one.
    pub listen: String,
    pub database: PathBuf,
    pub mode: Mode,
    /// Serve an http issuer off loopback all the same.
    pub insecure_http: bool,
    pub workers: usize,
    /// Time that an idle connection is kept open.
    pub keep_alive: Lifetime,
    /// Serve TLS with this certificate and key.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Reverse proxies whose `X-Forwarded-For` or `Forwarded` is trusted.
    pub trusted_proxies: Vec<IpNet>,
}

/// Settings that are read only at startup.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub log_format: LogFormat,
    /// JSON file that is written when the server is ready.
    pub ready_file: Option<PathBuf>,
    /// Print the setup link even if stderr is not a terminal.
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

/// Format of log lines.
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
            keep_alive: Lifetime(90),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
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
        if let Some(reason) = issuer::mistake(&self.issuer, &url) {
            return invalid("issuer", &reason);
        }
        let issuer_is_local = is_loopback_host(url.host_str().unwrap_or_default());
        if url.scheme() == "http" && !issuer_is_local && !self.insecure_http {
            return invalid(
                "issuer",
                "must use https outside localhost (RFC 9700 §2.6); --insecure-http allows http and sends passwords \
                 and tokens unencrypted",
            );
        }
        if self.mode == Mode::Dev && !self.listens_on_loopback() {
            return invalid(
                "listen",
                "must be localhost, 127.0.0.1 or [::1] in development mode",
            );
        }
        if self.mode == Mode::Dev && !issuer_is_local {
            return invalid(
                "issuer",
                "must be a localhost URL in development mode; leave it out or use http://localhost:8080",
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
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            return invalid("workers", "must be between 1 and 512");
        }
        if !(1..=LONGEST_KEEP_ALIVE.0).contains(&self.keep_alive.0) {
            return invalid("keep_alive", "must be between 1s and 1h");
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return match self.tls_cert {
                Some(_) => invalid("tls_cert", "requires tls_key"),
                None => invalid("tls_key", "requires tls_cert"),
            };
        }
        if url.scheme() == "http" && self.tls_cert.is_some() {
            return invalid(
                "tls_cert",
                "requires an https issuer: every address in discovery begins with the issuer",
            );
        }
        Ok(self)
    }

    /// Default issuer: the name of this machine and the actual port.
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

    /// Whether only this machine can reach the server.
    pub fn listens_on_loopback(&self) -> bool {
        self.listen
            .rsplit_once(':')
            .is_some_and(|(host, _)| is_loopback_host(host) || host == "::1")
    }

    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    pub fn is_dev(&self) -> bool {
        self.mode == Mode::Dev
    }
}
