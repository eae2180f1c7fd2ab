//! Startup checks of settings beyond single values: their files and folders, and whether the database accepts the
//! declarations. `keyfob serve`, `keyfob config check` and `keyfob config plan` run the same checks.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Failure, nearest::nearest, settings::Resolved};
use crate::{
    admin::{
        AdminError,
        settings::unregistered,
        state_file::{Outcome, Problems},
        users::UserInput,
    },
    app::backups::check_folder,
    clock::SystemClock,
    config::{
        InvalidConfig,
        settings::{SETTINGS, Settings, variable},
    },
    http::tls::Shown,
    store::{IfMissing, Store, trial::on_new_database},
};

/// Checks the settings against each other and against the machine, and on a database that does not exist yet what the
/// file would make of it. Changes nothing.
pub(super) fn check(resolved: &mut Resolved) -> Result<(), Failure> {
    check_settings(resolved)?;
    match resolved.settings.config.database.exists() {
        true => Ok(()),
        false => plan_for_new(resolved).map(drop),
    }
}

/// The same on any database, with the planned changes: the checks of `keyfob config check` and `plan`.
pub(super) fn plan(resolved: &mut Resolved) -> Result<Outcome, Failure> {
    check_settings(resolved)?;
    let database = &resolved.settings.config.database;
    if !database.exists() {
        Store::require_no_trace(database)?;
        return plan_for_new(resolved);
    }
    let store = Store::open(database, IfMissing::Refuse, Arc::new(SystemClock))?;
    resolved.with_page(&store)?;
    let live = &resolved.settings.live;
    let outcome = match &resolved.file {
        Some(file) => file.plan(&store, live)?,
        None => nothing_declared(store.read(|tx| unregistered(tx, live))?),
    };
    refuse_unregistered(resolved, outcome)
}

fn plan_for_new(resolved: &Resolved) -> Result<Outcome, Failure> {
    let live = &resolved.settings.live;
    let outcome = match &resolved.file {
        Some(file) => file.plan_for_new(&SystemClock, live)?,
        None => nothing_declared(on_new_database(&SystemClock, |tx| unregistered(tx, live))?),
    };
    refuse_unregistered(resolved, outcome)
}

fn nothing_declared(unregistered: Vec<InvalidConfig>) -> Outcome {
    Outcome {
        unregistered,
        ..Outcome::default()
    }
}

fn refuse_unregistered(resolved: &Resolved, outcome: Outcome) -> Result<Outcome, Failure> {
    let invalid = outcome.unregistered.iter();
    let problems: Vec<_> = invalid.flat_map(|one| resolved.blame(one).0).collect();
    match problems.is_empty() {
        true => Ok(outcome),
        false => Err(Problems(problems).into()),
    }
}

fn check_settings(resolved: &mut Resolved) -> Result<(), Failure> {
    let checked = resolved.settings.clone().check();
    resolved.settings = checked.map_err(|invalid| resolved.blame(&invalid))?;
    match on_this_machine(&resolved.settings) {
        Some(invalid) => Err(resolved.blame(&invalid).into()),
        None => Ok(()),
    }
}

fn on_this_machine(settings: &Settings) -> Option<InvalidConfig> {
    let Settings {
        config,
        start,
        live,
        ..
    } = settings;
    let invalid = |key, reason| Some(InvalidConfig { key, reason });
    if let Some(files) = config.tls()
        && let Err(error) = Shown::load(&files)
    {
        let (key, reason) = error.place();
        return invalid(key, reason.to_owned());
    }
    if let Some(password) = &start.admin_password {
        let administrator = UserInput {
            username: Some(
                start
                    .admin_username
                    .as_deref()
                    .unwrap_or("admin")
                    .to_owned(),
            ),
            password: Some(password.clone()),
            ..UserInput::default()
        };
        if let Err(AdminError::Invalid { field, reason }) = administrator.validate() {
            let is_name = field == "username";
            let key = if is_name {
                "admin_username"
            } else {
                "admin_password"
            };
            return invalid(key, reason);
        }
    }
    let files = [
        ("database", Some(&config.database)),
        ("ready_file", start.ready_file.as_ref()),
    ];
    for (key, path) in files {
        if let Some(folder) = path.and_then(|path| missing_folder(path)) {
            let reason = format!("the folder {} does not exist", folder.display());
            return invalid(key, reason);
        }
    }
    let folder = live.backup_folder.as_deref();
    let unusable = folder.and_then(|folder| check_folder(folder).err())?;
    invalid("backup_folder", unusable)
}

fn missing_folder(path: &Path) -> Option<PathBuf> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())?;
    (!folder.is_dir()).then(|| folder.to_owned())
}

/// Variables without a setting whose name is similar to that of one.
pub(super) fn misspelled_variables() -> Vec<String> {
    let known = variables();
    let given = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = given.filter(|name| !known.contains(name));
    unknown
        .filter_map(|name| {
            let key = name.strip_prefix("KEYFOB_")?;
            let keys = known
                .iter()
                .filter_map(|known| known.strip_prefix("KEYFOB_"));
            let near = nearest(key, keys)?;
            Some(format!(
                "{name} is not a setting and has no effect. Did you mean KEYFOB_{near}?"
            ))
        })
        .collect()
}

/// Every variable that this program reads.
fn variables() -> Vec<String> {
    let others = [
        "CONFIG",
        "LOG",
        "CLIENT_SECRET_FILE",
        "TOKEN_FILE",
        "PASSWORD_FILE",
    ];
    let of_settings = SETTINGS.iter().flat_map(|setting| {
        let file = setting.file_key().map(variable);
        std::iter::once(setting.variable()).chain(file)
    });
    of_settings.chain(others.map(variable)).collect()
}
