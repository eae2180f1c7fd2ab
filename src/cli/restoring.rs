//! Restoring a backup while a server runs: it replaces the database after a server could start with it. Until then
//! nothing changes, and the previous server continues.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    Failure,
    setting_flags::SettingFlags,
    settings::{self, Resolved},
};
use crate::{
    admin::{
        By,
        backup::{self, Sessions},
    },
    app::{
        SharedApp,
        backups::{self, Wanted},
    },
    clock::SharedClock,
    config::{Config, settings::Settings},
    store::{self, BackupError, ServerLock},
};

/// Time that the last requests of a server can use its database, in steps.
const PATIENCE: u32 = 200;
const STEP: Duration = Duration::from_millis(25);

/// Current settings and declarations of flags, variables and the configuration file, which may have changed since the
/// start. Settings that need a restart keep their values.
pub(super) fn read_anew(
    before: &Resolved,
    flags: &SettingFlags,
    running: &Config,
) -> Result<Resolved, Failure> {
    let mut anew = settings::resolve(flags)?;
    anew.stay(running);
    let checked = anew.settings.clone().check();
    let Settings { live, origins, .. } = checked.map_err(|invalid| anew.blame(&invalid))?;
    let settings = Settings {
        live,
        origins,
        ..before.settings.clone()
    };
    Ok(Resolved {
        settings,
        file: anew.file,
    })
}

/// Logs why a backup was not restored, and returns the reason for the admin page.
pub(super) fn told(failure: &Failure) -> String {
    let reason = reason(failure);
    tracing::error!(reason, "restore failed; database unchanged");
    reason
}

fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Config(problems) => problems.to_string(),
        other => other.to_string(),
    }
}

/// The database that is to be replaced, and the right to do so.
pub(super) struct Restoring<'a> {
    pub lock: &'a ServerLock,
    pub database: &'a Path,
    pub clock: &'a SharedClock,
}

impl Restoring<'_> {
    /// Replaces the database of `app` with the backup, after `begin` has started a server with it at its path. On
    /// failure the old one stays.
    pub(super) fn restore(
        &self,
        app: SharedApp,
        wanted: &Wanted,
        begin: impl FnOnce(&Path) -> Result<SharedApp, Failure>,
    ) -> Result<(), Failure> {
        // Nothing must write to the old file after the new one is in place.
        close(app)?;
        let by = By::administrator(&wanted.actor, wanted.address);
        let sessions = match wanted.sign_out_all {
            true => Sessions::End,
            false => Sessions::Keep,
        };
        let try_out = |path: &Path| {
            let tried = begin(path).and_then(|app| {
                // They are not created now, in a file that is about to be moved.
                app.make_missing_keys(None)?;
                close(app)
            });
            tried.map_err(|failure| BackupError::NotServed(reason(&failure)))
        };
        let restored = backup::restore(
            self.lock,
            &wanted.source,
            self.database,
            self.clock.clone(),
            &by,
            sessions,
            try_out,
        );
        let aside = restored.map_err(Failure::other)?;
        let aside = aside.as_deref().map(|path| path.display().to_string());
        tracing::info!(aside, "backup restored; previous database kept");
        if wanted.source == backups::upload_path(self.database) {
            store::backup::remove(&wanted.source);
        }
        Ok(())
    }
}

/// Closes a server's database, when nothing else uses it.
fn close(mut app: SharedApp) -> Result<(), Failure> {
    for _ in 0..PATIENCE {
        match Arc::try_unwrap(app) {
            Ok(_last) => return Ok(()),
            Err(held) => app = held,
        }
        std::thread::sleep(STEP);
    }
    Err(Failure::Other(
        "The database is still in use. Nothing was changed".into(),
    ))
}
