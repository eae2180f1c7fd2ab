//! `keyfob healthcheck`: checks whether a server responds and can read its database.

use std::path::PathBuf;

use super::{Failure, output, setting_flags::SettingFlags, settings};
use crate::{config::Config, outbound};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Server URL [default: the listen address; with TLS, the issuer]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Configuration file [default: keyfob.toml if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let told = settings::resolve(&SettingFlags::only(args.config))?.settings;
    let server = match args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => local_address(&told.config),
    };
    let url = format!("{server}/readyz");
    match outbound::status_of(&url, told.live.outbound_ca_file.as_deref()) {
        Ok(200) => {
            output::note(&format!("{server} is ready"));
            Ok(())
        }
        Ok(status) => Err(Failure::Check(format!("{url} returned status {status}"))),
        Err(error) => Err(Failure::Check(format!("{url}: {error}"))),
    }
}

/// A server that listens on all addresses is reached on this machine.
pub(super) fn local_address(config: &Config) -> String {
    if config.tls_cert.is_some() {
        return config.issuer.clone();
    }
    match config.listen.rsplit_once(':') {
        Some(("0.0.0.0", port)) => format!("http://127.0.0.1:{port}"),
        Some(("[::]", port)) => format!("http://[::1]:{port}"),
        _ => format!("http://{}", config.listen),
    }
}
