//! The state file of a running server: applied at its start, and again when it is told to read it anew.

use super::{
    Failure,
    settings::{self, SettingFlags},
};
use crate::{
    admin::state_file::{NotApplied, Outcome, StateFile},
    app::SharedApp,
    config::settings::{SETTINGS, Settings},
};

impl From<NotApplied> for Failure {
    fn from(error: NotApplied) -> Self {
        match error {
            NotApplied::Invalid(problems) => Failure::Config(problems),
            changed @ NotApplied::Changed => Failure::other(changed),
            NotApplied::Store(error) => Failure::other(error),
        }
    }
}

/// Brings the database in line with the file, and the server with the database.
pub(super) fn apply(app: &SharedApp, file: &StateFile) -> Result<(), Failure> {
    let Outcome { steps, revoked } = file.apply(&app.store)?;
    app.directory.revoke(&revoked);
    app.refresh_directory().map_err(Failure::other)?;
    for step in steps {
        let (action, kind, name) = (step.action.as_str(), step.kind.as_str(), step.name);
        tracing::info!(action, kind, name, "applied from {}", file.source.shown());
        if let Some(note) = step.note {
            tracing::warn!(kind, name, "{note}");
        }
    }
    Ok(())
}

/// Reads the file anew; `before` are the settings with which the server was started. A bad one is refused as a whole, and what was read before stays.
pub(super) fn reload(app: &SharedApp, flags: &SettingFlags, before: &Settings) {
    let again = match settings::resolve(flags) {
        Ok(again) => again,
        Err(problems) => {
            tracing::error!(
                "the configuration is invalid, what was read before stays:\n{problems}"
            );
            return;
        }
    };
    for setting in SETTINGS {
        if setting.show(&again.settings) != setting.show(before) {
            tracing::warn!("{} has changed: that needs a restart", setting.key);
        }
    }
    match again.file.as_ref().map(|file| apply(app, file)) {
        None => tracing::warn!("there is no state file to read"),
        Some(Ok(())) => tracing::info!("read the state file anew"),
        Some(Err(error)) => {
            tracing::error!("the state file was not applied, what was read before stays:\n{error}");
        }
    }
}
