//! The settings, as the settings page shows and changes them. What it changes is kept in the database,
//! below flags, variables and the file, and counts from the next start.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{AdminError, Applied, By, Change, record};
use crate::{
    config::{
        Config, Start,
        settings::{Given, SETTINGS, Setting, Settings},
    },
    store::{StoreError, Tx, settings as stored},
};

/// What only the start of the server looks at; nobody knows it afterwards.
const AT_START: &[&str] = &[
    "log_format",
    "ready_file",
    "print_setup_url",
    "admin_username",
    "admin_password",
];

#[derive(Debug, Serialize)]
pub struct SettingsView {
    pub items: Vec<SettingView>,
    pub dev: bool,
    pub version: &'static str,
    pub database: String,
}

#[derive(Debug, Serialize)]
pub struct SettingView {
    pub key: &'static str,
    /// Where it stands on the page: `general`, `sign-in`, `tokens` or `registration`.
    pub group: &'static str,
    pub help: &'static str,
    /// `text`, `switch`, `list` or `choice`.
    pub kind: &'static str,
    pub options: Vec<&'static str>,
    /// What counts now.
    pub value: Option<Value>,
    pub default: Option<Value>,
    /// `default`, `page`, or the flag, variable or line of the file that has it.
    pub origin: String,
    /// Whether it is one that the page can change at all.
    pub on_page: bool,
    /// Whether the page can change it here: nobody said it elsewhere.
    pub editable: bool,
    /// What counts from the next start, where that is something else.
    pub next: Option<Value>,
    pub pending: bool,
}

/// The settings as they count, and as they will.
pub fn view(tx: &Tx, config: &Config) -> Result<SettingsView, AdminError> {
    let next = with_page(config, &kept(tx)?)?;
    let now = settings(config);
    let shown = SETTINGS
        .iter()
        .filter(|setting| !AT_START.contains(&setting.key));
    let items = shown.map(|setting| {
        let origin = config.origin(setting.key);
        let (value, later) = (setting.json(&now), setting.json(&next));
        let pending = value != later;
        SettingView {
            key: setting.key,
            group: group(setting.key),
            help: setting.help,
            kind: kind(setting),
            options: options(setting),
            value,
            default: setting.json(&Settings::default()),
            origin: origin.shown().to_owned(),
            on_page: setting.is_on_page(),
            editable: setting.is_on_page() && origin.yields_to_page(),
            next: later.filter(|_| pending),
            pending,
        }
    });
    Ok(SettingsView {
        items: items.collect(),
        dev: config.is_dev(),
        version: env!("CARGO_PKG_VERSION"),
        database: config.database.display().to_string(),
    })
}

/// Keeps each value for the next start; `null` gives the default back. All of them are checked as the file's
/// are, one by one and against each other, and against what was said elsewhere.
pub fn update(
    tx: &Tx,
    by: &By,
    config: &Config,
    changes: &Map<String, Value>,
) -> Result<Applied<()>, AdminError> {
    let mut page = kept(tx)?;
    let before = page.clone();
    for (key, value) in changes {
        let setting = Setting::find(key).filter(|setting| setting.is_on_page());
        let Some(setting) = setting else {
            let reason = "is nothing that the settings page can change";
            return Err(AdminError::invalid(key, reason));
        };
        let origin = config.origin(setting.key);
        if !origin.yields_to_page() {
            let reason = format!("is said by {}: change it there", origin.shown());
            return Err(AdminError::invalid(key, reason));
        }
        match value {
            Value::Null => page.remove(key),
            value => page.insert(key.clone(), value.clone()),
        };
    }
    with_page(config, &page)?
        .check()
        .map_err(|invalid| AdminError::invalid(invalid.key, invalid.reason))?;
    let differs = |key: &&String| before.get(key.as_str()) != page.get(key.as_str());
    let changed: Vec<_> = changes.keys().filter(differs).cloned().collect();
    if changed.is_empty() {
        return Ok(Applied::new((), Change::Unchanged));
    }
    for key in &changed {
        let text = page.get(key).map(Value::to_string);
        stored::put_on_page(tx, key, text.as_deref())?;
    }
    record(tx, by.event("settings.changed"), &changed)?;
    Ok(Applied::new((), Change::Updated))
}

/// What the page keeps, by key.
fn kept(tx: &Tx) -> Result<Map<String, Value>, StoreError> {
    let rows = stored::on_page(tx)?.into_iter().map(|(key, text)| {
        let value = serde_json::from_str(&text);
        let value = value.map_err(|error| StoreError::Failed(format!("{key}: {error}")))?;
        Ok((key, value))
    });
    rows.collect()
}

fn settings(config: &Config) -> Settings {
    Settings {
        config: config.clone(),
        start: Start::default(),
    }
}

/// The settings as they are at the next start with this page, if nobody says anything else.
fn with_page(config: &Config, page: &Map<String, Value>) -> Result<Settings, AdminError> {
    let mut next = settings(config);
    let open = SETTINGS
        .iter()
        .filter(|setting| setting.is_on_page() && config.origin(setting.key).yields_to_page());
    for setting in open {
        let set = match page.get(setting.key) {
            None => setting.reset(&mut next),
            Some(value) => match Given::from_json(value) {
                Some(given) => setting.set(&mut next, &given),
                None => Err("must be a text, a number, true or false, or a list of texts".into()),
            },
        };
        set.map_err(|reason| AdminError::invalid(setting.key, reason))?;
    }
    Ok(next)
}

fn kind(setting: &Setting) -> &'static str {
    if setting.is_switch() {
        "switch"
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
        "session_lifetime" | "session_idle_lifetime" | "authorization_code_lifetime" => "sign-in",
        "dpop_nonce" | "key_publish_ahead" | "refresh_retry_seconds" => "tokens",
        "client_metadata_documents" => "registration",
        key if key.starts_with("registration") => "registration",
        key if key.contains("_token_") => "tokens",
        _ => "general",
    }
}
