//! All settings as one table, which generates the flags and their help, the variables, the known keys of `keyfob.toml`,
//! `keyfob config show` and the settings page.

use serde_json::Value;

use self::Counts::{AtOnce, AtStart, FromStart};
use super::{field::Field, given::Given, values::Settings};

/// One scalar. For the key `log_format` the flag is `--log-format` and the variable `KEYFOB_LOG_FORMAT`. A secret is
/// not a flag, since all users can see arguments: it is in the file of the flag, variable or key `…_file`, or in the
/// variable or key itself.
pub struct Setting {
    pub key: &'static str,
    /// Its name on the settings page.
    pub label: &'static str,
    /// Placeholder of the value in the help.
    pub value_name: &'static str,
    /// The help text, without a full stop.
    pub help: &'static str,
    /// Text for the default in the help, if it differs from the default itself.
    pub default: Option<&'static str>,
    counts: Counts,
    pub(super) field: Field,
}

/// Time at which a new value applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    AtOnce,
    /// After a restart.
    FromStart,
    /// Read only at startup.
    AtStart,
}

const fn setting(
    counts: Counts,
    key: &'static str,
    label: &'static str,
    value_name: &'static str,
    help: &'static str,
    default: Option<&'static str>,
    field: Field,
) -> Setting {
    Setting {
        key,
        label,
        value_name,
        help,
        default,
        counts,
        field,
    }
}

/// Settings that the settings page can change: not those on which the server listens, and no secrets.
const ON_PAGE: &[&str] = &[
    "metrics",
    "traces",
    "access_token_lifetime",
    "id_token_lifetime",
    "id_token_alg",
    "refresh_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_retry_lifetime",
    "authorization_code_lifetime",
    "session_lifetime",
    "session_idle_lifetime",
    "key_publish_ahead",
    "dpop_nonce",
    "userinfo_nulls",
    "registration",
    "registration_scope",
    "registration_resources",
    "registration_redirect_schemes",
    "allow_insecure_redirects",
    "client_metadata_documents",
    "registration_unused_lifetime",
    "event_retention",
    "server_name",
    "accent_color",
    "logo",
];

/// In the order of the help and of the README.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting(FromStart, "issuer", "Issuer URL", "URL", "Issuer URL of the server, without a trailing slash", Some("http://localhost:PORT"),
        Field::Text(|s| &mut s.config.issuer)),
    setting(FromStart, "listen", "Listen address", "HOST:PORT", "Address to listen on; localhost is 127.0.0.1 and ::1, port 0 picks a \
    free port", None,
        Field::Text(|s| &mut s.config.listen)),
    setting(FromStart, "database", "Database file", "FILE", "Database file (SQLite)", None,
        Field::Path(|s| &mut s.config.database)),
    setting(FromStart, "insecure_http", "Unencrypted HTTP", "", "Allow an http issuer outside localhost; passwords and tokens are sent \
    unencrypted", None,
        Field::Switch(|s| &mut s.config.insecure_http)),
    setting(FromStart, "tls_cert", "TLS certificate", "FILE", "TLS certificate chain (PEM); reloaded when the file changes", None,
        Field::OptionalPath(|s| &mut s.config.tls_cert)),
    setting(FromStart, "tls_key", "TLS private key", "FILE", "Private key of tls_cert (PEM)", None,
        Field::OptionalPath(|s| &mut s.config.tls_key)),
    setting(FromStart, "trusted_proxies", "Trusted proxies", "NETWORKS", "Reverse proxies whose X-Forwarded-For or Forwarded is trusted, such as 127.0.0.1 or 10.1.0.0/16", None,
        Field::Networks(|s| &mut s.config.trusted_proxies)),
    setting(FromStart, "workers", "Worker threads", "N", "Number of worker threads", Some("one per CPU core"),
        Field::Count(|s| &mut s.config.workers)),
    setting(FromStart, "keep_alive", "Idle connection timeout", "DURATION", "How long an idle connection is kept open; set it longer than the proxy in front of the server does", None,
        Field::Lifetime(|s| &mut s.config.keep_alive)),
    setting(AtStart, "log_format", "Log format", "pretty|json", "Log format", None,
        Field::LogFormat(|s| &mut s.start.log_format)),
    setting(AtOnce, "metrics", "Metrics access", "off|loopback|admin", "Access to /metrics (OpenMetrics): off, loopback (this machine \
    and admin API access) or admin (admin API access only)", None,
        Field::Metrics(|s| &mut s.live.metrics)),
    setting(AtOnce, "traces", "Recorded traces", "off|errors|all", "Traces to record: off, errors (sign-ins and failed requests) or all \
    (also machine-to-machine)", Some("errors; all in development mode"),
        Field::Traces(|s| &mut s.live.traces)),
    setting(AtStart, "ready_file", "Ready file", "FILE", "JSON file with url, issuer, pid and database, written when the server is ready and removed when it stops", None,
        Field::OptionalPath(|s| &mut s.start.ready_file)),
    setting(AtStart, "print_setup_url", "Print setup link", "", "Print the setup link even if stderr is not a terminal", None,
        Field::Switch(|s| &mut s.start.print_setup_url)),
    setting(AtStart, "admin_username", "Username of the first administrator", "NAME", "Username of the first administrator, with admin_password",
    Some("admin"),
        Field::OptionalText(|s| &mut s.start.admin_username)),
    setting(AtStart, "admin_password", "Password of the first administrator", "PASSWORD", "Password of the first administrator; used only while there is \
    none", None,
        Field::Secret("admin_password_file", |s| &mut s.start.admin_password)),
    setting(AtOnce, "access_token_lifetime", "Access token lifetime", "DURATION", "Access token lifetime, at most 1d", None,
        Field::Lifetime(|s| &mut s.live.access_token_lifetime)),
    setting(AtOnce, "id_token_lifetime", "ID token lifetime", "DURATION", "ID token lifetime, at most 1d", None,
        Field::Lifetime(|s| &mut s.live.id_token_lifetime)),
    setting(AtOnce, "id_token_alg", "ID token signing algorithm", "RS256|ES256|EdDSA", "Default algorithm that signs ID tokens: RS256, ES256 or EdDSA", None,
        Field::Algorithm(|s| &mut s.live.id_token_alg)),
    setting(AtOnce, "refresh_token_lifetime", "Refresh token lifetime", "DURATION", "Refresh token lifetime, counted from sign-in", None,
        Field::Lifetime(|s| &mut s.live.refresh_token_lifetime)),
    setting(AtOnce, "refresh_token_idle_lifetime", "Refresh token idle lifetime", "DURATION", "Refresh token idle lifetime: expires if unused this \
    long", None,
        Field::Lifetime(|s| &mut s.live.refresh_token_idle_lifetime)),
    setting(AtOnce, "refresh_retry_lifetime", "Refresh retry grace period", "DURATION", "Grace period in which repeating the last refresh returns the \
    same tokens; 0 turns it off", None,
        Field::Lifetime(|s| &mut s.live.refresh_retry)),
    setting(AtOnce, "authorization_code_lifetime", "Authorization code lifetime", "DURATION", "Authorization code lifetime, at most 10m", None,
        Field::Lifetime(|s| &mut s.live.authorization_code_lifetime)),
    setting(AtOnce, "session_lifetime", "Session lifetime", "DURATION", "Session lifetime", None,
        Field::Lifetime(|s| &mut s.live.session_lifetime)),
    setting(AtOnce, "session_idle_lifetime", "Session idle lifetime", "DURATION", "Session idle lifetime: signed out if unused this long", None,
        Field::Lifetime(|s| &mut s.live.session_idle_lifetime)),
    setting(AtOnce, "key_publish_ahead", "Key publication lead time", "DURATION", "How long a new signing key is published before it becomes active",
    None,
        Field::Lifetime(|s| &mut s.live.key_publish_ahead)),
    setting(AtOnce, "dpop_nonce", "Require a DPoP nonce", "", "Require a server nonce in every DPoP proof", None,
        Field::Switch(|s| &mut s.live.dpop_nonce)),
    setting(AtOnce, "userinfo_nulls", "UserInfo with null", "", "Send given_name, family_name and email of UserInfo as null if they have no \
    value; otherwise they are left out", None,
        Field::Switch(|s| &mut s.live.userinfo_nulls)),
    setting(AtOnce, "registration", "Dynamic client registration", "off|token|open", "Dynamic client registration (RFC 7591): off, token (with \
    registration_token) or open (anyone)", None,
        Field::Registration(|s| &mut s.live.registration)),
    setting(AtOnce, "registration_token", "Initial access token", "TOKEN", "Initial access token for client registration, at least 16 \
    characters", None,
        Field::Secret("registration_token_file", |s| &mut s.live.registration_token)),
    setting(AtOnce, "registration_scope", "Scopes for registered clients", "SCOPES", "Scopes allowed for dynamically registered clients", None,
        Field::Scope(|s| &mut s.live.registration_scope)),
    setting(AtOnce, "registration_resources", "APIs for registered clients", "URIS", "APIs allowed for dynamically registered clients, with their \
    scopes", None,
        Field::Resources(|s| &mut s.live.registration_resources)),
    setting(AtOnce, "registration_redirect_schemes", "Redirect schemes for registered clients", "SCHEMES", "Redirect URI schemes without a dot that dynamically \
    registered clients can use", None,
        Field::Schemes(|s| &mut s.live.registration_redirect_schemes)),
    setting(AtOnce, "allow_insecure_redirects", "Insecure redirect URIs", "", "Allow http redirect URIs on private networks, *.localhost, *.test \
    and host.docker.internal; codes are sent unencrypted", Some("false; true in development mode"),
        Field::Switch(|s| &mut s.live.allow_insecure_redirects)),
    setting(AtOnce, "client_metadata_documents", "Client ID metadata documents", "", "Accept client ID metadata documents: a URL as client_id, as MCP \
    clients use", Some("true"),
        Field::Switch(|s| &mut s.live.client_metadata_documents)),
    setting(AtOnce, "registration_unused_lifetime", "Unused client retention", "DURATION", "How long an unused dynamically registered client is \
    kept", None,
        Field::Lifetime(|s| &mut s.live.registration_unused_lifetime)),
    setting(AtOnce, "outbound_allow", "Allowed internal networks", "NETWORKS", "Internal networks the server may fetch from (jwks_uri, logout, \
    metadata), such as 10.1.0.0/16", None,
        Field::Networks(|s| &mut s.live.outbound_allow)),
    setting(AtOnce, "outbound_ca_file", "Additional CA certificates", "FILE", "Additional CA certificates (PEM) for outbound requests", None,
        Field::OptionalPath(|s| &mut s.live.outbound_ca_file)),
    setting(AtOnce, "backup_folder", "Backup folder", "FOLDER", "Folder for scheduled backups; they contain the signing keys", None,
        Field::OptionalPath(|s| &mut s.live.backup_folder)),
    setting(AtOnce, "backup_interval", "Backup interval", "DURATION", "Time between scheduled backups, at least 1m", None,
        Field::Lifetime(|s| &mut s.live.backup_interval)),
    setting(AtOnce, "backup_retention", "Backups to keep", "N", "Number of scheduled backups to keep", None,
        Field::Count(|s| &mut s.live.backup_retention)),
    setting(AtOnce, "event_retention", "Event retention", "DURATION", "How long audit events are kept, at least 1d", None,
        Field::Kept(|s| &mut s.live.event_retention)),
    setting(AtOnce, "server_name", "Server name", "NAME", "Server name on sign-in and account pages, at most 60 characters", None,
        Field::Name(|s| &mut s.live.server_name)),
    setting(AtOnce, "accent_color", "Accent color", "#RRGGBB", "Color of buttons and links on sign-in and account pages; adjusted where contrast is too low", None,
        Field::Accent(|s| &mut s.live.accent_color)),
    setting(AtOnce, "logo", "Logo", "FILE", "Logo on sign-in and account pages: PNG, WebP, JPEG or SVG, at most 64 KB", None,
        Field::Logo(|s| &mut s.live.logo)),
];

impl Setting {
    pub fn find(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Whether a new value applies while the server runs.
    pub fn counts_at_once(&self) -> bool {
        self.counts == AtOnce
    }

    /// Whether it is read only at startup and not known afterwards.
    pub fn is_forgotten(&self) -> bool {
        self.counts == AtStart
    }

    /// Whether the settings page can change it.
    pub fn is_on_page(&self) -> bool {
        ON_PAGE.contains(&self.key)
    }

    pub fn is_list(&self) -> bool {
        matches!(
            self.field,
            Field::Networks(_) | Field::Resources(_) | Field::Schemes(_)
        )
    }

    /// The value as JSON; `None` if it is not set.
    pub fn json(&self, settings: &Settings) -> Option<Value> {
        let shown = self.show(settings)?;
        Some(serde_json::from_str(&shown).unwrap_or(Value::String(shown)))
    }

    pub fn is_color(&self) -> bool {
        matches!(self.field, Field::Accent(_))
    }

    /// Whether the settings page uploads an image for it, instead of a path.
    pub fn is_picture(&self) -> bool {
        matches!(self.field, Field::Logo(_))
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

    /// Whether the value is a file name: one in `keyfob.toml` is relative to that file's folder.
    pub fn is_path(&self) -> bool {
        matches!(
            self.field,
            Field::Path(_) | Field::OptionalPath(_) | Field::Logo(_)
        )
    }

    /// The flag without its dashes: `log-format`; of a secret, the flag of the file that holds it.
    pub fn flag(&self) -> String {
        self.file_key().unwrap_or(self.key).replace('_', "-")
    }

    pub fn variable(&self) -> String {
        variable(self.key)
    }

    /// Stores the value in `settings`, or returns why it is invalid. The reason never contains a secret.
    pub fn set(&self, settings: &mut Settings, given: &Given) -> Result<(), String> {
        self.field.set(settings, given)
    }

    /// Stores a value of the settings page.
    pub(super) fn set_on_page(&self, settings: &mut Settings, value: &Value) -> Result<(), String> {
        self.field.set_on_page(settings, value)
    }

    /// The value as `keyfob.toml` would have it; `None` if it is not set. A secret is not shown.
    pub fn show(&self, settings: &Settings) -> Option<String> {
        self.field.show(settings)
    }
}

/// The variable of a key: `KEYFOB_LOG_FORMAT` of `log_format`.
pub fn variable(key: &str) -> String {
    format!("KEYFOB_{}", key.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    #[test]
    fn each_key_stands_once_and_shows_what_was_set() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            let again = SETTINGS[at + 1..]
                .iter()
                .any(|other| other.key == setting.key);
            assert!(!again, "{}", setting.key);
            let same_label = SETTINGS[at + 1..]
                .iter()
                .any(|other| other.label == setting.label);
            assert!(!same_label, "{}", setting.label);
            let mut settings = Settings::default();
            let before = setting.show(&settings);
            let given = match setting.field {
                Field::Count(_) => "77",
                Field::Lifetime(_) | Field::Kept(_) => "77s",
                Field::Accent(_) => "#0a7d4f",
                Field::Logo(_) => concat!(env!("CARGO_MANIFEST_DIR"), "/assets/logo.svg"),
                Field::Switch(_) if before.as_deref() == Some("true") => "false",
                Field::Switch(_) => "true",
                Field::LogFormat(_) => "json",
                Field::Metrics(_) => "admin",
                Field::Traces(_) => "all",
                Field::Networks(_) => "10.0.0.0/8",
                Field::Registration(_) => "open",
                Field::Algorithm(_) => "EdDSA",
                Field::Resources(_) => "https://api.example/mcp",
                Field::Schemes(_) => "notes",
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
            // Where a value is kept is when it counts.
            let is_same =
                |kept: fn(&Settings) -> String| kept(&settings) == kept(&Settings::default());
            let parts = [
                is_same(|settings| format!("{:?}", settings.live)),
                is_same(|settings| format!("{:?}", settings.config)),
                is_same(|settings| format!("{:?}", settings.start)),
            ];
            let expected = [AtOnce, FromStart, AtStart].map(|counts| counts != setting.counts);
            assert_eq!(parts, expected, "{}", setting.key);
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
