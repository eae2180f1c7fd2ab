//! Checks of `keyfob doctor` that need only the settings and the database.

use serde::Serialize;

use crate::{
    admin::{keys, overview},
    app::backups::{check_folder, newest},
    config::{Config, Live, Registration, Traces},
    crypto::keys::Algorithm,
    domain::{
        audit::{Outcome, SCHEDULE},
        signing_key::KeyState,
        time::Lifetime,
    },
    store::{
        StoreError, Tx,
        audit_events::{self, Filter},
        users,
    },
};

/// Maximum time that an event can be ahead of this clock, since the clocks of two machines differ.
const AHEAD: Lifetime = Lifetime::minutes(1);

/// Name of the check of scheduled backups.
const BACKUPS: &str = "backup_folder";

/// Result of one check.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the check; for a setting, its key.
    pub check: &'static str,
    pub state: State,
    /// Finding, and what to do about it.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Allowed, and seldom meant.
    Warning,
    Failed,
}

impl Finding {
    pub fn new(check: &'static str, state: State, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { check, state, text }
    }
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        }
    }
}

/// Runs all checks. With `production`, also those for development settings.
pub fn examine(
    tx: &Tx,
    config: &Config,
    live: &Live,
    production: bool,
) -> Result<Vec<Finding>, StoreError> {
    let mut found = vec![administrator(tx)?, signing(tx)?, clock(tx)?];
    let warnings = overview::warnings(config, live).into_iter();
    found.extend(warnings.map(|it| Finding::new(it.setting, State::Warning, it.text)));
    found.retain(|one| one.check != BACKUPS);
    found.push(backups(tx, live)?);
    if production {
        let mut further = relaxations(config, live);
        further.retain(|one| found.iter().all(|known| known.check != one.check));
        found.extend(further);
        found.push(personas(tx)?);
    }
    Ok(found)
}

fn administrator(tx: &Tx) -> Result<Finding, StoreError> {
    let (state, text) = match users::has_admin(tx)? {
        true => (State::Ok, "at least one administrator"),
        false => (
            State::Warning,
            "No administrator. Run keyfob setup-url to get the setup link",
        ),
    };
    Ok(Finding::new("administrator", state, text))
}

fn signing(tx: &Tx) -> Result<Finding, StoreError> {
    let all = keys::list(tx)?;
    let default = Algorithm::Es256.as_str();
    let signs = |key: &&keys::KeyView| key.alg == default && key.state == KeyState::Active;
    Ok(match all.iter().find(signs) {
        Some(key) => Finding::new(
            "keys",
            State::Ok,
            format!("{default} key {} is active", key.kid),
        ),
        None => Finding::new(
            "keys",
            State::Warning,
            format!("No active {default} key. The server creates one when it starts"),
        ),
    })
}

fn clock(tx: &Tx) -> Result<Finding, StoreError> {
    let latest = audit_events::page(tx, &Filter::default(), None, 1)?;
    let latest = latest.first().map(|event| event.at);
    Ok(match latest.filter(|at| *at > tx.now + AHEAD) {
        Some(at) => Finding::new(
            "clock",
            State::Failed,
            format!(
                "The latest audit event is from {}, but the clock says {}. Tokens and sessions may expire too early \
                 or too late. Correct the system clock",
                at.rfc3339(),
                tx.now.rfc3339()
            ),
        ),
        None => Finding::new("clock", State::Ok, "not behind the audit log"),
    })
}

/// Settings that help in development and are wrong or useless in production.
fn relaxations(config: &Config, live: &Live) -> Vec<Finding> {
    let checks = [
        (
            !config.is_https(),
            "issuer",
            State::Failed,
            "The issuer uses http, so passwords and tokens can be read in transit. Serve https or use a TLS proxy",
        ),
        (
            live.registration == Registration::Open,
            "registration",
            State::Warning,
            "Anyone can register a client (registration = \"open\")",
        ),
        (
            live.traces == Some(Traces::All),
            "traces",
            State::Warning,
            "Machine-to-machine traces are recorded too and use memory (traces = \"all\")",
        ),
    ];
    let so = checks.into_iter().filter(|(is_so, ..)| *is_so);
    so.map(|(_, check, state, text)| Finding::new(check, state, text))
        .collect()
}

/// Checks whether scheduled backups are on, and the age of the newest one.
fn backups(tx: &Tx, live: &Live) -> Result<Finding, StoreError> {
    let finding = |state, text: String| Ok(Finding::new(BACKUPS, state, text));
    let Some(folder) = &live.backup_folder else {
        let text = "No scheduled backups. Set backup_folder";
        return finding(State::Warning, text.to_owned());
    };
    if let Err(reason) = check_folder(folder) {
        return finding(State::Failed, format!("Cannot create backups: {reason}"));
    }
    let filter = Filter {
        event: Some("backup.created".to_owned()),
        actor: Some(SCHEDULE.to_owned()),
        ..Filter::default()
    };
    let last = audit_events::page(tx, &filter, None, 1)?.into_iter().next();
    if let Some(failed) = last.filter(|last| last.outcome != Outcome::Ok.as_str()) {
        let (at, reason) = (failed.at, failed.reason.unwrap_or_default());
        return finding(
            State::Failed,
            format!("The last scheduled backup, at {at}, failed: {reason}"),
        );
    }
    match newest(folder) {
        Ok(Some(at)) => {
            let age = rough(tx.now.since(at));
            finding(State::Ok, format!("newest backup is {age} old"))
        }
        Ok(None) => {
            let text = "No backup yet. The running server creates one";
            finding(State::Warning, text.to_owned())
        }
        Err(error) => finding(
            State::Failed,
            format!("Cannot read {}: {error}", folder.display()),
        ),
    }
}

/// A span in its largest unit, rounded down: `3h`.
fn rough(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let unit = units.iter().find(|(unit, _)| seconds >= *unit);
    let (unit, letter) = unit.unwrap_or(&(1, "s"));
    format!("{}{letter}", seconds / unit)
}

fn personas(tx: &Tx) -> Result<Finding, StoreError> {
    let personas = users::personas(tx)?;
    let names: Vec<_> = personas.iter().map(|user| user.username.as_str()).collect();
    Ok(match names.as_slice() {
        [] => Finding::new("personas", State::Ok, "no users with one-click sign-in"),
        names => Finding::new(
            "personas",
            State::Failed,
            format!(
                "Development users with one-click sign-in exist: {}. Delete them or set persona = false",
                names.join(", ")
            ),
        ),
    })
}
