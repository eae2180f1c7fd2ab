//! Configuration file of a running server: applied at startup, and again on a reload.

use super::{
    Failure,
    setting_flags::SettingFlags,
    settings::{self, Origin},
};
use crate::{
    admin::{
        settings::unregistered,
        state_file::{NotApplied, Outcome, StateFile},
    },
    app::SharedApp,
    config::settings::SETTINGS,
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
    let Outcome { steps, .. } = match app.config.is_dev() {
        true => {
            let mut file = file.clone();
            file.declarations.derive_subs();
            file.apply(&app.store)?
        }
        false => file.apply(&app.store)?,
    };
    for step in steps {
        let (action, kind, name) = (step.action.as_str(), step.kind.as_str(), step.name);
        tracing::info!(action, kind, name, "applied from {}", file.source.shown());
        if let Some(note) = step.note {
            tracing::warn!(kind, name, "{note}");
        }
    }
    Ok(())
}

/// Logs settings that refer to unregistered objects: they may have been deleted since, which must not prevent a start.
pub(super) fn warn_of_unregistered(app: &SharedApp) -> Result<(), Failure> {
    let live = app.live();
    for invalid in app.store.read(|tx| unregistered(tx, &live))? {
        tracing::warn!("{invalid}");
    }
    Ok(())
}

/// Reloads settings and declarations. If there is an error, nothing is changed.
pub(super) fn reload(app: &SharedApp, flags: &SettingFlags) {
    match read_anew(app, flags) {
        Ok(true) => tracing::info!("configuration reloaded"),
        Ok(false) => tracing::warn!("no configuration file to reload"),
        Err(Failure::Config(problems)) => {
            tracing::error!("invalid configuration; keeping the previous one:\n{problems}");
        }
        Err(error) => {
            tracing::error!("configuration not applied; keeping the previous one:\n{error}");
        }
    }
}

/// Whether a file was used.
fn read_anew(app: &SharedApp, flags: &SettingFlags) -> Result<bool, Failure> {
    let mut again = settings::resolve(flags)?;
    // A file that is being replaced, or whose folder is not mounted, must not reset everything to defaults.
    let before = app.directory.told();
    let is_of_file = |origin: &Origin| matches!(origin, Origin::File(_));
    if again.file.is_none() && before.origins.values().any(is_of_file) {
        return Err(Failure::other(
            "configuration file not found; keeping the previous one",
        ));
    }
    again.stay(&app.config);
    let checked = again.settings.clone().check();
    again.settings = checked.map_err(|invalid| again.blame(&invalid))?;
    again.clone().with_page(&app.store)?;
    if let Some(file) = &again.file {
        apply(app, file)?;
    }
    let changed = SETTINGS
        .iter()
        .filter(|setting| setting.show(&again.settings) != setting.show(&before));
    for setting in changed {
        match setting.counts_at_once() {
            true => tracing::info!("{} changed; applied", setting.key),
            false => tracing::warn!("{} changed; applies after a restart", setting.key),
        }
    }
    app.tell(again.settings).map_err(Failure::other)?;
    warn_of_unregistered(app)?;
    Ok(again.file.is_some())
}
