//! `keyfob completions`: shell completions of commands and flags.

use clap::Command;
use clap_complete::Shell;

use super::{Failure, output};

#[derive(Debug, clap::Args)]
pub struct Args {
    shell: Shell,
}

pub(super) fn run(args: &Args, keyfob: &mut Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, keyfob, "keyfob", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}
