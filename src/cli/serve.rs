//! `keyfob serve`.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Instant,
};

use super::{
    Failure,
    args::Serve,
    logging,
    ready::{Ready, ReadyFile},
    settings::{self, Origin, Resolved},
};
use crate::{
    admin::first_administrator,
    app::{App, SharedApp},
    clock::{SharedClock, SystemClock},
    config::{Config, Start, settings::Settings},
    http::{
        server::{self, Ended, Hooks},
        tls,
    },
    login::setup,
    store::{IfMissing, OpenError, Store, StoreError, settings as stored},
};

pub(super) fn run(args: &Serve) -> Result<(), Failure> {
    let began = Instant::now();
    let resolved = settings::resolve(&args.settings)?;
    serve(resolved, began)
}

/// Everything that can be wrong is found before the file is made or touched.
fn serve(resolved: Resolved, began: Instant) -> Result<(), Failure> {
    let settings = resolved.settings.clone().check();
    let Settings { config, start } = settings.map_err(|invalid| resolved.blame(&invalid))?;
    logging::start(start.log_format);
    if let Some(files) = config.tls() {
        tls::Shown::load(&files).map_err(Failure::other)?;
    }
    let listeners = listen(&config)?;
    let port = listeners.first().and_then(|first| first.local_addr().ok());
    let config = match (resolved.origin("issuer"), port) {
        (Origin::Default, Some(address)) => config.with_local_issuer(address.port()),
        _ => config,
    };
    let database = config.database.clone();
    let _lock = Store::lock_for_serving(&database)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let store = Store::open(&database, IfMissing::Create, clock.clone())?;
    let app = App::start(config, store, clock).map_err(Failure::other)?;
    let setup_link = prepare(&app, &start)?;
    let ready = {
        let app = app.clone();
        move |addresses: &[SocketAddr]| {
            let ready = Ready {
                config: &app.config,
                addresses,
                took: began.elapsed(),
                setup_link,
            };
            ready.announce(&start);
            let path = start.ready_file.as_deref();
            path.map(|path| ReadyFile::write(path, &ready)).transpose()
        }
    };
    let reload = || tracing::info!("there is no state file to read");
    let store = app.store.clone();
    match server::run(app, listeners, Hooks { ready, reload }).map_err(Failure::other)? {
        Ended::Gracefully => store.settle().map_err(Failure::other),
        Ended::AtOnce(signal) => Err(Failure::Stopped(signal)),
    }
}

fn listen(config: &Config) -> Result<Vec<TcpListener>, Failure> {
    server::listen(&config.listen).map_err(|error| {
        if error.kind() != ErrorKind::AddrInUse {
            return Failure::Other(format!("cannot listen on {}: {error}", config.listen));
        }
        // The likeliest holder of the port is the server of the same file.
        match Store::lock_for_serving(&config.database) {
            Err(served @ OpenError::AlreadyServed { .. }) => served.into(),
            _ => Failure::Other(format!(
                "cannot listen on {}: another program has this port. Name another one with --listen; \
                 --listen localhost:0 takes a free one",
                config.listen
            )),
        }
    })
}

/// What is done before the first request: the command line learns the issuer, and while nobody can
/// administer the server there is a link on which somebody can begin to.
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
            tracing::info!(username, "made the first administrator");
        }
    }
    if app.directory.snapshot().has_admin {
        return Ok(None);
    }
    setup::new_link(&app.store, &app.config.issuer)
        .map(Some)
        .map_err(Failure::other)
}
