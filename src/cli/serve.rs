//! `keyfob serve`.

use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use super::{
    Failure,
    args::{LogFormat, Serve},
};
use crate::{
    app::App,
    clock::{SharedClock, SystemClock},
    config::Config,
    http::server,
    store::{IfMissing, Store},
};

pub(super) fn run(args: &Serve) -> Result<(), Failure> {
    start_logging(args.log_format);
    let defaults = Config::default();
    let mut config = Config {
        listen: args.listen.clone().unwrap_or(defaults.listen.clone()),
        database: args.database.clone(),
        insecure_http: args.insecure_http,
        workers: args.workers.unwrap_or(defaults.workers),
        ..defaults
    };
    if let Some(issuer) = &args.issuer {
        config.issuer = issuer.clone();
    }
    // Everything that can be wrong is found before the file is made or touched.
    let config = config.check()?;
    let cannot_listen = |error: std::io::Error| {
        Failure::Other(format!(
            "cannot listen on {}: {error}; name another address with --listen, port 0 takes a free one",
            args.listen.as_deref().unwrap_or("localhost:8080")
        ))
    };
    let listeners = server::listen(&config.listen).map_err(cannot_listen)?;
    let port = listeners
        .first()
        .and_then(|listener| listener.local_addr().ok())
        .map_or(8080, |address| address.port());
    let config = match &args.issuer {
        Some(_) => config,
        None => Config {
            issuer: format!("http://localhost:{port}"),
            ..config
        },
    };
    let failed = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let clock: SharedClock = Arc::new(SystemClock);
    let database = config.database.clone();
    let lock = Store::lock_for_serving(&database)?;
    let store = Store::open(&database, IfMissing::Create, clock.clone())?;
    let app = App::start(config, store, clock).map_err(|error| failed(&error))?;
    let issuer = app.config.issuer.clone();
    let served = server::run(app, listeners, |addresses| {
        for address in addresses {
            tracing::info!(%address, "listening");
        }
        eprintln!("keyfob {} · issuer {issuer}", env!("CARGO_PKG_VERSION"));
    });
    drop(lock);
    served.map_err(|error| failed(&error))
}

fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_env("KEYFOB_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}
