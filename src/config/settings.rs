//! The settings, as one table: the flags and their help, the variables, the known keys of
//! `keyfob.toml` and `keyfob config show` are all made from it.

use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::Value;

pub use super::given::{Given, Origin};
use super::given::{count, lifetime, list, network, resource, scope, shown_list, switch, text};
use crate::{
    config::{Config, Flows, InvalidConfig, LogFormat, Metrics, Registration, Start},
    domain::{resource::ResourceUri, scope::ScopeSet, secret::Secret, time::Lifetime},
};

/// Everything that can be said to the server when it starts.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub config: Config,
    pub start: Start,
}

impl Settings {
    /// Checks every value against the others. Whatever passes needs no check later.
    pub fn check(self) -> Result<Self, InvalidConfig> {
        if self.start.admin_username.is_some() && self.start.admin_password.is_none() {
            return Err(InvalidConfig {
                key: "admin_username",
                reason: "needs admin_password beside it".into(),
            });
        }
        Ok(Self {
            config: self.config.check()?,
            start: self.start,
        })
    }
}

/// One scalar. For the key `log_format` the flag is `--log-format` and the variable
/// `KEYFOB_LOG_FORMAT`. A secret is no flag, since arguments are seen by all: it is in a file that the
/// flag, variable or key `…_file` names, or it is the variable or key itself.
pub struct Setting {
    pub key: &'static str,
    /// What stands for the value in the help.
    pub value_name: &'static str,
    /// The help text, without a full stop.
    pub help: &'static str,
    /// What the help says of the default, where it is not simply the default's text.
    pub default: Option<&'static str>,
    field: Field,
}

type Place<T> = fn(&mut Settings) -> &mut T;

enum Field {
    Text(Place<String>),
    OptionalText(Place<Option<String>>),
    Path(Place<PathBuf>),
    OptionalPath(Place<Option<PathBuf>>),
    Count(Place<usize>),
    Lifetime(Place<Lifetime>),
    Switch(Place<bool>),
    LogFormat(Place<LogFormat>),
    Metrics(Place<Metrics>),
    Flows(Place<Option<Flows>>),
    Registration(Place<Registration>),
    Scope(Place<ScopeSet>),
    Networks(Place<Vec<IpNet>>),
    Resources(Place<Vec<ResourceUri>>),
    /// With the key of the file that holds it.
    Secret(&'static str, Place<Option<Secret>>),
}

/// What the settings page can change: nothing on which the server listens, and no secret.
const ON_PAGE: &[&str] = &[
    "metrics",
    "flows",
    "access_token_lifetime",
    "id_token_lifetime",
    "refresh_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_retry_seconds",
    "authorization_code_lifetime",
    "session_lifetime",
    "session_idle_lifetime",
    "key_publish_ahead",
    "dpop_nonce",
    "registration",
    "registration_scope",
    "registration_resources",
    "client_metadata_documents",
    "registration_unused_lifetime",
];

const fn setting(
    key: &'static str,
    value_name: &'static str,
    help: &'static str,
    default: Option<&'static str>,
    field: Field,
) -> Setting {
    Setting {
        key,
        value_name,
        help,
        default,
        field,
    }
}

/// In the order of the help and of the README.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting("issuer", "URL", "The server's identity, without a slash at the end", Some("http://localhost:PORT"),
        Field::Text(|s| &mut s.config.issuer)),
    setting("listen", "HOST:PORT", "Address to listen on; localhost means 127.0.0.1 and ::1, port 0 takes a free one", None,
        Field::Text(|s| &mut s.config.listen)),
    setting("database", "FILE", "The SQLite file that holds everything", None,
        Field::Path(|s| &mut s.config.database)),
    setting("insecure_http", "", "Serve an http issuer off loopback: passwords and tokens then travel in the clear", None,
        Field::Switch(|s| &mut s.config.insecure_http)),
    setting("tls_cert", "FILE", "Serve TLS with this certificate chain, in PEM; read anew when it changes", None,
        Field::OptionalPath(|s| &mut s.config.tls_cert)),
    setting("tls_key", "FILE", "The private key of tls_cert, in PEM", None,
        Field::OptionalPath(|s| &mut s.config.tls_key)),
    setting("trusted_proxies", "NETWORKS", "Reverse proxies whose X-Forwarded-For is believed, as in 127.0.0.1 or 10.1.0.0/16", None,
        Field::Networks(|s| &mut s.config.trusted_proxies)),
    setting("workers", "N", "Threads that serve requests", Some("one a core"),
        Field::Count(|s| &mut s.config.workers)),
    setting("log_format", "pretty|json", "How log lines are written", None,
        Field::LogFormat(|s| &mut s.start.log_format)),
    setting("metrics", "off|loopback|admin", "Who may read /metrics, the counters in OpenMetrics form: nobody, also this machine, those who may use the admin API", None,
        Field::Metrics(|s| &mut s.config.metrics)),
    setting("flows", "off|errors|all", "Which exchanges an administrator can look at afterwards: none, sign-ins and refusals, also what machines get", Some("errors; in dev mode all"),
        Field::Flows(|s| &mut s.config.flows)),
    setting("ready_file", "FILE", "Write url and pid here as JSON once the server is ready; removed when it stops", None,
        Field::OptionalPath(|s| &mut s.start.ready_file)),
    setting("print_setup_url", "", "Print the one-time set-up link even where the log is no terminal", None,
        Field::Switch(|s| &mut s.start.print_setup_url)),
    setting("admin_username", "NAME", "The first administrator's name, if admin_password is given", Some("admin"),
        Field::OptionalText(|s| &mut s.start.admin_username)),
    setting("admin_password", "PASSWORD", "The first administrator's password; looked at only while there is none", None,
        Field::Secret("admin_password_file", |s| &mut s.start.admin_password)),
    setting("access_token_lifetime", "TIME", "How long an access token is good, at most 1d", None,
        Field::Lifetime(|s| &mut s.config.access_token_lifetime)),
    setting("id_token_lifetime", "TIME", "How long an ID token is good, at most 1d", None,
        Field::Lifetime(|s| &mut s.config.id_token_lifetime)),
    setting("refresh_token_lifetime", "TIME", "How long a login can be refreshed, however often it is used", None,
        Field::Lifetime(|s| &mut s.config.refresh_token_lifetime)),
    setting("refresh_token_idle_lifetime", "TIME", "How long one refresh token may lie unused", None,
        Field::Lifetime(|s| &mut s.config.refresh_token_idle_lifetime)),
    setting("refresh_retry_seconds", "TIME", "How long a retry of the very last refresh gets the same answer; 0 switches it off", None,
        Field::Lifetime(|s| &mut s.config.refresh_retry)),
    setting("authorization_code_lifetime", "TIME", "How long an authorization code is good, at most 10m", None,
        Field::Lifetime(|s| &mut s.config.authorization_code_lifetime)),
    setting("session_lifetime", "TIME", "How long a browser stays signed in", None,
        Field::Lifetime(|s| &mut s.config.session_lifetime)),
    setting("session_idle_lifetime", "TIME", "How long a browser stays signed in without being used", None,
        Field::Lifetime(|s| &mut s.config.session_idle_lifetime)),
    setting("key_publish_ahead", "TIME", "How long a new signing key is published before it signs", None,
        Field::Lifetime(|s| &mut s.config.key_publish_ahead)),
    setting("dpop_nonce", "", "Demand a nonce of this server in every DPoP proof", None,
        Field::Switch(|s| &mut s.config.dpop_nonce)),
    setting("registration", "off|token|open", "Who may register a client over HTTP (RFC 7591): nobody, whoever has registration_token, anybody", None,
        Field::Registration(|s| &mut s.config.registration)),
    setting("registration_token", "TOKEN", "The initial access token for that, of at least 16 characters", None,
        Field::Secret("registration_token_file", |s| &mut s.config.registration_token)),
    setting("registration_scope", "SCOPES", "The scopes that clients may have which nobody registered by hand", None,
        Field::Scope(|s| &mut s.config.registration_scope)),
    setting("registration_resources", "URIS", "The resources that such clients may ask for, and their scopes with them", None,
        Field::Resources(|s| &mut s.config.registration_resources)),
    setting("client_metadata_documents", "", "Let clients be known by the URL of a metadata document, as MCP clients are", Some("true"),
        Field::Switch(|s| &mut s.config.client_metadata_documents)),
    setting("registration_unused_lifetime", "TIME", "How long a client that anybody registered is kept while nobody uses it", None,
        Field::Lifetime(|s| &mut s.config.registration_unused_lifetime)),
    setting("outbound_allow", "NETWORKS", "Internal networks that the server may fetch from for its clients, as in 10.1.0.0/16", None,
        Field::Networks(|s| &mut s.config.outbound_allow)),
    setting("outbound_ca_file", "FILE", "Further roots, in PEM, for the certificates of what the server fetches from", None,
        Field::OptionalPath(|s| &mut s.config.outbound_ca_file)),
    setting("backup_folder", "FOLDER", "Make backups here by itself; they hold the signing keys", None,
        Field::OptionalPath(|s| &mut s.config.backup_folder)),
    setting("backup_every", "TIME", "How often, at least 1m", None,
        Field::Lifetime(|s| &mut s.config.backup_every)),
    setting("backup_keep", "N", "How many of them are kept", None,
        Field::Count(|s| &mut s.config.backup_keep)),
];

impl Setting {
    pub fn find(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Whether the settings page can change it.
    pub fn is_on_page(&self) -> bool {
        ON_PAGE.contains(&self.key)
    }

    pub fn is_list(&self) -> bool {
        matches!(self.field, Field::Networks(_) | Field::Resources(_))
    }

    /// The value as JSON; `None` if it is not set.
    pub fn json(&self, settings: &Settings) -> Option<Value> {
        let shown = self.show(settings)?;
        Some(serde_json::from_str(&shown).unwrap_or(Value::String(shown)))
    }

    /// Puts the default back.
    pub fn reset(&self, settings: &mut Settings) -> Result<(), String> {
        if let Field::Flows(place) = &self.field {
            *place(settings) = None;
            return Ok(());
        }
        let default = self.json(&Settings::default());
        let given = default.as_ref().and_then(Given::from_json);
        self.set(settings, &given.unwrap_or(Given::List(Vec::new())))
    }

    pub fn is_secret(&self) -> bool {
        matches!(self.field, Field::Secret(..))
    }

    /// The key of the file that holds a secret.
    pub fn file_key(&self) -> Option<&'static str> {
        match self.field {
            Field::Secret(key, _) => Some(key),
            _ => None,
        }
    }

    pub fn is_switch(&self) -> bool {
        matches!(self.field, Field::Switch(_))
    }

    /// Whether the value names a file: one in `keyfob.toml` is meant from that file's folder on.
    pub fn is_path(&self) -> bool {
        matches!(self.field, Field::Path(_) | Field::OptionalPath(_))
    }

    /// The flag without its dashes: `log-format`; of a secret, the flag of the file that holds it.
    pub fn flag(&self) -> String {
        self.file_key().unwrap_or(self.key).replace('_', "-")
    }

    pub fn variable(&self) -> String {
        variable(self.key)
    }

    /// Puts the value where it belongs, or says why it cannot be one. A secret never comes back.
    pub fn set(&self, settings: &mut Settings, given: &Given) -> Result<(), String> {
        match &self.field {
            Field::Text(place) => *place(settings) = text(given)?,
            Field::OptionalText(place) => *place(settings) = Some(text(given)?),
            Field::Path(place) => *place(settings) = text(given)?.into(),
            Field::OptionalPath(place) => *place(settings) = Some(text(given)?.into()),
            Field::Count(place) => *place(settings) = count(given)?,
            Field::Lifetime(place) => *place(settings) = lifetime(given)?,
            Field::Switch(place) => *place(settings) = switch(given)?,
            Field::LogFormat(place) => *place(settings) = text(given)?.parse()?,
            Field::Metrics(place) => *place(settings) = text(given)?.parse()?,
            Field::Flows(place) => *place(settings) = Some(text(given)?.parse()?),
            Field::Registration(place) => *place(settings) = text(given)?.parse()?,
            Field::Scope(place) => *place(settings) = scope(given)?,
            Field::Networks(place) => *place(settings) = list(given, "networks", network)?,
            Field::Resources(place) => *place(settings) = list(given, "resources", resource)?,
            Field::Secret(_, place) => *place(settings) = Some(Secret::new(text(given)?)),
        }
        Ok(())
    }

    /// The value as `keyfob.toml` would have it; `None` if it is not set. A secret is not shown.
    pub fn show(&self, settings: &Settings) -> Option<String> {
        // The table holds one way to each place, which asks for `&mut`: a copy is read.
        let settings = &mut settings.clone();
        let quoted = |text: &str| format!("{text:?}");
        match &self.field {
            Field::Text(place) => Some(quoted(place(settings))),
            Field::OptionalText(place) => place(settings).as_deref().map(quoted),
            Field::Path(place) => Some(quoted(&place(settings).to_string_lossy())),
            Field::OptionalPath(place) => {
                let path = place(settings).as_ref();
                path.map(|path| quoted(&path.to_string_lossy()))
            }
            Field::Count(place) => Some(place(settings).to_string()),
            Field::Lifetime(place) => Some(quoted(&place(settings).to_string())),
            Field::Switch(place) => Some(place(settings).to_string()),
            Field::LogFormat(place) => Some(quoted(place(settings).as_str())),
            Field::Metrics(place) => Some(quoted(place(settings).as_str())),
            Field::Flows(place) => place(settings).map(|flows| quoted(flows.as_str())),
            Field::Registration(place) => Some(quoted(place(settings).as_str())),
            Field::Scope(place) => Some(quoted(&place(settings).to_string())),
            Field::Networks(place) => shown_list(place(settings)),
            Field::Resources(place) => shown_list(place(settings)),
            Field::Secret(_, place) => place(settings).as_ref().map(|_| quoted("(set)")),
        }
    }
}

/// The variable of a key: `KEYFOB_LOG_FORMAT` of `log_format`.
pub fn variable(key: &str) -> String {
    format!("KEYFOB_{}", key.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_stands_once_and_shows_what_was_set() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            let again = SETTINGS[at + 1..]
                .iter()
                .any(|other| other.key == setting.key);
            assert!(!again, "{}", setting.key);
            let mut settings = Settings::default();
            let before = setting.show(&settings);
            let given = match setting.field {
                Field::Count(_) => "77",
                Field::Lifetime(_) => "77s",
                Field::Switch(_) if before.as_deref() == Some("true") => "false",
                Field::Switch(_) => "true",
                Field::LogFormat(_) => "json",
                Field::Metrics(_) => "admin",
                Field::Flows(_) => "all",
                Field::Networks(_) => "10.0.0.0/8",
                Field::Registration(_) => "open",
                Field::Resources(_) => "https://api.example/mcp",
                _ => "given",
            };
            setting
                .set(&mut settings, &Given::Text(Secret::new(given)))
                .unwrap();
            let shown = setting.show(&settings).unwrap();
            assert_ne!(Some(&shown), before.as_ref(), "{}", setting.key);
            if setting.is_secret() {
                assert_eq!(shown, "\"(set)\"");
            } else {
                assert!(shown.contains(given), "{}: {shown}", setting.key);
            }
            let elsewhere = SETTINGS.iter().filter(|other| other.key != setting.key);
            for other in elsewhere {
                let default = other.show(&Settings::default());
                assert_eq!(
                    other.show(&settings),
                    default,
                    "{} set {}",
                    setting.key,
                    other.key
                );
            }
        }
    }
}
