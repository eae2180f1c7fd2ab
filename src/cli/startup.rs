//! What a start needs of its settings beyond each value: the files and folders that they name, and declarations that a
//! new server can apply. `keyfob serve` and `keyfob config check` ask the same.

use std::path::{Path, PathBuf};

use super::{Failure, nearest::nearest, settings::Resolved};
use crate::{
    admin::{AdminError, users::UserInput},
    config::{
        InvalidConfig,
        settings::{SETTINGS, Settings, variable},
    },
    http::tls::Shown,
};

/// Checks the settings against each other and against the machine. Changes nothing.
pub(super) fn check(resolved: &mut Resolved) -> Result<(), Failure> {
    let checked = resolved.settings.clone().check();
    resolved.settings = checked.map_err(|invalid| resolved.blame(&invalid))?;
    if let Some(invalid) = on_this_machine(&resolved.settings) {
        return Err(resolved.blame(&invalid).into());
    }
    match &resolved.file {
        Some(file) if !resolved.settings.config.database.exists() => Ok(file.check_for_empty()?),
        _ => Ok(()),
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
    let folder = live.backup_folder.as_ref();
    if let Some(file) = folder.filter(|folder| folder.exists() && !folder.is_dir()) {
        let reason = format!("{} is a file, not a folder", file.display());
        return invalid("backup_folder", reason);
    }
    None
}

fn missing_folder(path: &Path) -> Option<PathBuf> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())?;
    (!folder.is_dir()).then(|| folder.to_owned())
}

/// Variables that no setting has, and whose name is nearly that of one.
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
                "{name} is not a setting and has no effect; did you mean KEYFOB_{near}?"
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
