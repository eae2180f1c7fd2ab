//! A backup in the place of the database that was served, once a server could begin with it. Until then
//! nothing changes, and what was there goes on.

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

/// How long what a server still had under way may hold its database, in steps.
const PATIENCE: u32 = 200;
const STEP: Duration = Duration::from_millis(25);

/// Settings and declarations as flags, variables and the state file say them now: the file may have changed
/// since the start. What needs a restart stays as the server was started with it.
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

/// Tells in the log why a backup was not restored, and gives the reason for the admin page.
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
    /// Puts the backup in the place of the database that `app` had, after `begin` has begun a server with it
    /// at the path that it gets. On failure the old one is still there.
    pub(super) fn restore(
        &self,
        app: SharedApp,
        wanted: &Wanted,
        begin: impl FnOnce(&Path) -> Result<SharedApp, Failure>,
    ) -> Result<(), Failure> {
        // Nobody may write to the old file any more once the new one is there.
        close(app)?;
        let by = By::administrator(&wanted.actor, wanted.address);
        let sessions = match wanted.sign_out_all {
            true => Sessions::End,
            false => Sessions::Keep,
        };
        let try_out = |path: &Path| {
            let tried = begin(path).and_then(|app| {
                // They are not made aside, in a file that is about to be moved.
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

/// Closes a server's database, once nobody else is at it.
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
