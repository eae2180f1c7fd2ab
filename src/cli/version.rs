//! `keyfob version`.

use serde::Serialize;

use super::{
    Failure,
    output::{self, Format},
};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

/// Build information of this program.
#[derive(Serialize)]
struct Version {
    version: &'static str,
    /// Commit of the build, if it was set in KEYFOB_COMMIT.
    commit: Option<&'static str>,
    target: String,
    sqlite: &'static str,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let version = Version {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("KEYFOB_COMMIT"),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        sqlite: Store::sqlite_version(),
    };
    output::object(args.output, &version)
}
