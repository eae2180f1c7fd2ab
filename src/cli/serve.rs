//! `keyfob serve`, and what `keyfob dev` has in common with it.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Instant,
};

use super::{
    Failure,
    args::Serve,
    dev_server::Dev,
    logging,
    ready::{Ready, ReadyFile},
    restoring::{self, Restoring},
    setting_flags::SettingFlags,
    settings::{self, Resolved},
    startup, state,
};
use crate::{
    admin::first_administrator,
    app::{App, SharedApp, backups, jumps::ClockMemory},
    clock::{SharedClock, SystemClock},
    config::{Config, Start, settings::Settings},
    http::server::{self, Ended, Hooks},
    login::setup,
    store::{BackupError, IfMissing, OpenError, Store, StoreError, backup, settings as stored},
};

pub(super) fn run(args: &Serve) -> Result<(), Failure> {
    let began = Instant::now();
    let resolved = settings::resolve(&args.settings)?;
    serve(resolved, args.settings.clone(), None, began)
}

/// All errors that do not depend on the file are found before it is created or changed.
pub(super) fn serve(
    mut resolved: Resolved,
    flags: SettingFlags,
    dev: Option<Dev>,
    began: Instant,
) -> Result<(), Failure> {
    if let Some(path) = &resolved.settings.start.ready_file {
        let stale = ReadyFile::remove_stale(path);
        stale.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    }
    startup::check(&mut resolved)?;
    logging::start(resolved.settings.start.log_format).map_err(Failure::other)?;
    for warning in startup::misspelled_variables() {
        tracing::warn!("{warning}");
    }
    let listeners = listen(&resolved.settings.config)?;
    let first = listeners.first().and_then(|first| first.local_addr().ok());
    let port = first.map(|address| address.port());
    resolved.settle_issuer(port);
    if let Some(pinned) = resolved.follow_port(port) {
        let issuer = &resolved.settings.config.issuer;
        tracing::warn!(%issuer, "the setting issuer is {pinned}, but the system chose the port; using the issuer with \
        that port");
    }
    let Settings { config, start, .. } = resolved.settings.clone();
    let lock = Store::lock_for_serving(&config.database)?;
    let database = lock.database().to_owned();
    if let Err(error) = backups::remove_half_done(&lock, &database) {
        tracing::warn!(%error, "could not remove leftover temporary files");
    }
    let clock: SharedClock = Arc::new(SystemClock);
    let mut began = began;
    let mut restore_failed = None;
    loop {
        let (app, setup_link) = begin(&resolved, &database, dev.as_ref(), &clock)?;
        app.store.keep_lock(&lock);
        lock.mark_served().map_err(Failure::other)?;
        if let Some(reason) = restore_failed.take() {
            app.backups.restore_failed(reason);
        }
        let ready = {
            let (app, dev, start) = (app.clone(), dev.as_ref(), &start);
            move |addresses: &[SocketAddr]| {
                let ready = Ready {
                    app: &app,
                    addresses,
                    took: began.elapsed(),
                    setup_link,
                    dev,
                };
                // First, so that what reads the log finds the file.
                let path = start.ready_file.as_deref();
                let file = path
                    .map(|path| ReadyFile::write(path, &ready))
                    .transpose()?;
                ready.announce(start)?;
                Ok(file)
            }
        };
        let reload = {
            let (app, flags) = (app.clone(), flags.clone());
            move || state::reload(&app, &flags)
        };
        // The sockets stay open during a restore: new connections wait.
        let sockets: io::Result<Vec<_>> = listeners.iter().map(TcpListener::try_clone).collect();
        let sockets = sockets.map_err(Failure::other)?;
        match server::run(app.clone(), sockets, Hooks { ready, reload }).map_err(Failure::other)? {
            Ended::Gracefully => return app.store.settle().map_err(Failure::other),
            Ended::AtOnce(signal) => return Err(Failure::Stopped(signal)),
            Ended::WithoutStore => return Err(Failure::StoreEnded),
            Ended::WithoutTask(task) => return Err(Failure::TaskEnded(task)),
            Ended::ForRestore(wanted) => {
                began = Instant::now();
                // Settings and declarations that were reloaded in the meantime are kept.
                let told = app.directory.told();
                resolved.settings.live.clone_from(&told.live);
                resolved.settings.origins.clone_from(&told.origins);
                resolved.file = None;
                let anew = restoring::read_anew(&resolved, &flags, &app.config);
                let restored = anew.and_then(|anew| {
                    let restoring = Restoring {
                        lock: &lock,
                        database: &database,
                        clock: &clock,
                    };
                    let try_out = |path: &Path| Ok(begin(&anew, path, dev.as_ref(), &clock)?.0);
                    restoring.restore(app, &wanted, try_out)?;
                    Ok(anew)
                });
                match restored {
                    Ok(anew) => resolved = anew,
                    Err(failure) => restore_failed = Some(restoring::told(&failure)),
                }
            }
        }
    }
}

/// All steps before the first request. Returns the setup link while there is no administrator.
fn begin(
    told: &Resolved,
    database: &Path,
    dev: Option<&Dev>,
    clock: &SharedClock,
) -> Result<(SharedApp, Option<String>), Failure> {
    warn_of_foreign_schema(database);
    let store = Store::open(database, IfMissing::Create, clock.clone())?;
    warn_of_clock_behind(&store, clock)?;
    // Anew each time: a backup that was restored has a settings page of its own.
    told.clone().with_page(&store)?;
    let app = App::start(told.settings.clone(), store, clock.clone()).map_err(Failure::other)?;
    if let Some(file) = &told.file {
        state::apply(&app, file)?;
    }
    state::warn_of_unregistered(&app)?;
    if let Some(dev) = dev {
        dev.prepare(&app)?;
    }
    let setup_link = prepare(&app, &told.settings.start)?;
    Ok((app, setup_link))
}

/// Expiry depends on the clock: one that is behind keeps codes, tokens and sessions valid for longer.
fn warn_of_clock_behind(store: &Store, clock: &SharedClock) -> Result<(), StoreError> {
    let (now, memory) = (clock.now(), ClockMemory::load(store)?);
    if let Some(written) = store.written_before()
        && ClockMemory::shows_clock_behind(memory, written, now)
    {
        tracing::warn!(
            now = %now.rfc3339(), written = %written.rfc3339(),
            "system clock is earlier than the last change in the database; tokens and sessions may expire too early or \
             too late. Correct the system clock"
        );
    }
    Ok(())
}

/// It runs in every transaction: a trigger can disable the audit log.
fn warn_of_foreign_schema(database: &Path) {
    if database.exists()
        && let Err(BackupError::Foreign { reason, .. }) = backup::check_schema(database)
    {
        tracing::warn!(
            database = %database.display(),
            "unexpected schema in the database: {reason}. Stop the server and restore a backup with keyfob restore"
        );
    }
}

fn listen(config: &Config) -> Result<Vec<TcpListener>, Failure> {
    server::listen(&config.listen).map_err(|error| {
        if error.kind() != ErrorKind::AddrInUse {
            return Failure::Other(format!("Cannot listen on {}: {error}", config.listen));
        }
        // The likeliest holder of the port is the server of the same file.
        match Store::lock_for_serving(&config.database) {
            Err(served @ OpenError::AlreadyServed { .. }) => served.into(),
            _ => Failure::Other(format!(
                "Cannot listen on {}: the port is in use. Choose another with --listen, or use --listen localhost:0 \
                 for a free port",
                config.listen
            )),
        }
    })
}

/// Steps before the first request: the issuer is stored for the command line, and a setup link is created while there
/// is no administrator.
fn prepare(app: &SharedApp, start: &Start) -> Result<Option<String>, Failure> {
    let issuer = app.config.issuer.clone();
    app.store
        .write_blocking(move |tx| match stored::get(tx, stored::ISSUER)? {
            Some(known) if known == issuer => Ok(()),
            _ => stored::set(tx, stored::ISSUER, &issuer),
        })
        .map_err(|error: StoreError| Failure::other(error))?;
    if let Some(password) = &start.admin_password {
        let username = start.admin_username.as_deref().unwrap_or("admin");
        if first_administrator::ensure(app, username, password.clone()).map_err(Failure::other)? {
            tracing::info!(username, "first administrator created");
        }
    }
    if app.directory.snapshot().has_admin {
        return Ok(None);
    }
    setup::new_link(&app.store, &app.config.issuer)
        .map(Some)
        .map_err(Failure::other)
}
