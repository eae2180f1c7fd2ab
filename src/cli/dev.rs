//! `keyfob dev`: a server for development, which only this machine can reach.

use std::time::Instant;

use super::{
    Failure, dev_env,
    dev_server::Dev,
    scratch::Scratch,
    serve::serve,
    setting_flags::SettingFlags,
    settings::{self, named_here},
};
use crate::config::Mode;

pub(super) fn run(flags: SettingFlags) -> Result<(), Failure> {
    let began = Instant::now();
    let mut resolved = settings::resolve(&flags)?;
    resolved.settings.config.mode = Mode::Dev;
    if let Some(running) = dev_env::running() {
        return Err(Failure::other(running));
    }
    dev_env::remove_remains();
    let scratch = match named_here(&resolved.origin("database")) {
        true => None,
        false => Some(Scratch::make().map_err(Failure::other)?),
    };
    if let Some(scratch) = &scratch {
        resolved.settings.config.database = scratch.database();
    }
    serve(resolved, flags, Some(Dev::new(scratch)), began)
}
