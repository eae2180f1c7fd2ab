//! Settings as the settings page shows and changes them. Its changes are stored in the database, apply immediately, and
//! have lower precedence than flags, variables and the file.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{AdminError, Applied, By, Change, object::Deleted, record, resources};
use crate::{
    branding::{Accent, InvalidColor, Shades},
    config::{
        Config, InvalidConfig, Live,
        settings::{SETTINGS, Setting, Settings},
    },
    domain::{
        object::Object,
        resource::{Resource, is_same_uri},
        scope::Scope,
    },
    store::{StoreError, Tx, objects::Stored, settings as stored},
};

/// Values of the settings page, by key.
pub fn on_page(tx: &Tx) -> Result<Map<String, Value>, StoreError> {
    stored::on_page(tx)
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminSettings")]
pub struct SettingsView {
    pub items: Vec<SettingView>,
    pub dev: bool,
    pub version: &'static str,
    pub database: String,
    /// URL of the logo, if there is one.
    pub logo: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminSetting")]
pub struct SettingView {
    pub key: &'static str,
    /// Name of the setting on the page.
    pub label: &'static str,
    /// Group on the page: `general`, `branding`, `sign-in`, `tokens` or `registration`.
    pub group: &'static str,
    pub help: &'static str,
    /// `text`, `switch`, `list`, `choice`, `color` or `picture`.
    #[schemars(extend("enum" = ["text", "switch", "list", "choice", "color", "picture"]))]
    pub kind: &'static str,
    pub options: Vec<&'static str>,
    /// The current value.
    pub value: Option<Value>,
    pub default: Option<Value>,
    /// `default`, `page`, or the flag, variable or line of the file that sets it.
    pub origin: String,
    /// Whether the settings page has a field for it.
    pub on_page: bool,
    /// Whether it can be changed here: it is not set anywhere else.
    pub editable: bool,
    /// Whether a new value applies without a restart.
    pub at_once: bool,
    /// Value after the next restart, if the configuration file has changed.
    pub next: Option<Value>,
    pub pending: bool,
}

/// Current and next values of the settings: `running` is what the server was started with, `said` the latest
/// configuration, `logo` the URL of its logo.
pub fn view(running: &Config, said: &Settings, logo: Option<String>) -> SettingsView {
    let now = Settings {
        config: running.clone(),
        ..said.clone()
    };
    let default = Settings::default();
    let shown = SETTINGS.iter().filter(|setting| !setting.is_forgotten());
    let items = shown.map(|setting| {
        let origin = said.origin(setting.key);
        let (value, later) = (setting.json(&now), setting.json(said));
        let pending = value != later;
        SettingView {
            key: setting.key,
            label: setting.label,
            group: group(setting.key),
            help: setting.help,
            kind: kind(setting),
            options: options(setting),
            value,
            default: setting.json(&default),
            origin: origin.shown().to_owned(),
            on_page: setting.is_on_page(),
            editable: setting.is_on_page() && origin.yields_to_page(),
            at_once: setting.counts_at_once(),
            next: later.filter(|_| pending),
            pending,
        }
    });
    SettingsView {
        items: items.collect(),
        dev: running.is_dev(),
        version: env!("CARGO_PKG_VERSION"),
        database: running.database.display().to_string(),
        logo,
    }
}

/// Stores each value; `null` resets it to the default. Values are checked like those of the file: one by one, against
/// each other, and against values set elsewhere.
pub fn update(
    tx: &Tx,
    by: &By,
    told: &Settings,
    changes: &Map<String, Value>,
) -> Result<Applied<()>, AdminError> {
    let mut page = stored::on_page(tx)?;
    let before = page.clone();
    for (key, value) in changes {
        let setting = Setting::find(key).filter(|setting| setting.is_on_page());
        let Some(setting) = setting else {
            let reason = "cannot be changed on the settings page";
            return Err(AdminError::invalid(key, reason));
        };
        let origin = told.origin(setting.key);
        if !origin.yields_to_page() {
            let reason = format!("is set by {}. Change it there", origin.shown());
            return Err(AdminError::invalid(key, reason));
        }
        match value {
            Value::Null => page.remove(key),
            value => page.insert(key.clone(), value.clone()),
        };
    }
    let refused = |invalid: InvalidConfig| AdminError::invalid(invalid.key, invalid.reason);
    let all = told.with_page(&page).map_err(refused)?;
    let mut unregistered = unregistered(tx, &all.live)?.into_iter();
    if let Some(invalid) = unregistered.find(|invalid| changes.contains_key(invalid.key)) {
        return Err(refused(invalid));
    }
    let differs = |key: &&String| before.get(key.as_str()) != page.get(key.as_str());
    let changed: Vec<_> = changes.keys().filter(differs).cloned().collect();
    if changed.is_empty() {
        return Ok(Applied::new((), Change::Unchanged));
    }
    for key in &changed {
        let text = page.get(key).map(Value::to_string);
        stored::put_on_page(tx, key, text.as_deref())?;
    }
    record(tx, by.event("settings.updated"), &changed)?;
    Ok(Applied::new((), Change::Updated))
}

/// Removes the name of a deleted object from the settings of the page. Otherwise, clients that register themselves
/// would get access to the next object with this name.
pub(super) fn forget(tx: &Tx, by: &By, deleted: Deleted<'_>) -> Result<(), AdminError> {
    let key = match deleted.kind {
        Scope::KIND => "registration_scope",
        Resource::KIND => "registration_resources",
        _ => return Ok(()),
    };
    let is_kept = |name: &str| match deleted.kind {
        Scope::KIND => name != deleted.name,
        _ => !is_same_uri(name, deleted.name),
    };
    let Some(before) = stored::on_page(tx)?.remove(key) else {
        return Ok(());
    };
    let after = match &before {
        Value::String(text) => {
            let kept = text.split_whitespace().filter(|name| is_kept(name));
            Value::from(kept.collect::<Vec<_>>().join(" "))
        }
        Value::Array(names) => {
            let is_kept = |name: &&Value| name.as_str().is_none_or(is_kept);
            names.iter().filter(is_kept).cloned().collect()
        }
        other => other.clone(),
    };
    if after != before {
        stored::put_on_page(tx, key, Some(&after.to_string()))?;
        record(tx, by.event("settings.updated"), &[key.to_owned()])?;
    }
    Ok(())
}

/// Settings that refer to a scope or resource that is not registered.
pub fn unregistered(tx: &Tx, live: &Live) -> Result<Vec<InvalidConfig>, StoreError> {
    let mut invalid = Vec::new();
    for name in live.registration_scope.iter().map(|name| name.as_str()) {
        if Scope::get(tx, name)?.is_none() {
            let reason = format!("scope {name:?} not found");
            let key = "registration_scope";
            invalid.push(InvalidConfig { key, reason });
        }
    }
    for uri in &live.registration_resources {
        if resources::find(tx, uri.as_str())?.is_none() {
            let reason = format!("API {:?} not found", uri.as_str());
            let key = "registration_resources";
            invalid.push(InvalidConfig { key, reason });
        }
    }
    Ok(invalid)
}

/// Shades that the hosted pages derive from a color, in light and in dark.
pub fn accent(color: &str) -> Result<[Shades; 2], AdminError> {
    let color = color.parse();
    let color =
        color.map_err(|error: InvalidColor| AdminError::invalid("color", error.to_string()))?;
    Ok(Accent::shades(color))
}

fn kind(setting: &Setting) -> &'static str {
    if setting.is_switch() {
        "switch"
    } else if setting.is_color() {
        "color"
    } else if setting.is_picture() {
        "picture"
    } else if setting.is_list() {
        "list"
    } else if !options(setting).is_empty() {
        "choice"
    } else {
        "text"
    }
}

/// The help's `off|token|open`.
fn options(setting: &Setting) -> Vec<&'static str> {
    match setting.value_name.contains('|') {
        true => setting.value_name.split('|').collect(),
        false => Vec::new(),
    }
}

fn group(key: &str) -> &'static str {
    match key {
        "session_lifetime"
        | "session_idle_lifetime"
        | "authorization_code_lifetime"
        | "allow_insecure_redirects" => "sign-in",
        "dpop_nonce" | "key_publish_ahead" | "refresh_retry_lifetime" | "userinfo_nulls" => {
            "tokens"
        }
        "client_metadata_documents" => "registration",
        "server_name" | "accent_color" | "logo" => "branding",
        key if key.starts_with("registration") => "registration",
        key if key.contains("_token_") => "tokens",
        _ => "general",
    }
}
