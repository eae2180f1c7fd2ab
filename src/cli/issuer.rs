//! The server's identity, for the commands that speak in its name.

use std::sync::Arc;

use super::{
    Failure,
    common::{self, Common},
    settings::env_variable,
};
use crate::{
    app::{App, SharedApp},
    clock::SystemClock,
    config::{Config, settings::Settings},
    store::{Store, settings},
};

#[derive(Debug, Default, clap::Args)]
pub struct IssuerFlag {
    /// Issuer URL [env: KEYFOB_ISSUER] [default: the issuer the database was last served with]
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

/// Issuer of the settings, or the one that the database was last served with.
pub(super) fn of(store: &Store, flag: &IssuerFlag) -> Result<String, Failure> {
    let variable = env_variable("KEYFOB_ISSUER");
    let variable = variable.map(|issuer| issuer.to_string_lossy().into_owned());
    if let Some(issuer) = flag.issuer.clone().or(variable) {
        let config = Config {
            issuer,
            insecure_http: true,
            ..Config::default()
        };
        let config = config
            .check()
            .map_err(|error| Failure::Usage(format!("--issuer: {}", error.reason)))?;
        return Ok(config.issuer);
    }
    common::look(store, |tx| Ok(settings::get(tx, settings::ISSUER)?))?.ok_or_else(|| {
        Failure::other(
            "This database has not been served yet. Run keyfob serve once or pass --issuer",
        )
    })
}

/// Context of an operation, on a database that a server may be using.
pub(super) fn open_app(common: &Common, flag: &IssuerFlag) -> Result<SharedApp, Failure> {
    let store = common.open()?;
    let told = Settings {
        config: Config {
            issuer: of(&store, flag)?,
            database: common.database()?,
            ..Config::default()
        },
        ..common.settings()?
    };
    App::start(told, store, Arc::new(SystemClock)).map_err(Failure::other)
}
