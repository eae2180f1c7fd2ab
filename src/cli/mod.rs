//! The command line: the only home of clap.

pub mod args;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Args, Command};
use crate::{config::InvalidConfig, store::OpenError};

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Config(#[from] InvalidConfig),
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// 1 failed, 3 the configuration is invalid; clap itself answers 2.
    fn exit_code(&self) -> u8 {
        match self {
            Failure::Config(_) => 3,
            Failure::Open(_) | Failure::Other(_) => 1,
        }
    }
}

/// Parses the arguments and runs the command. Data goes to stdout, all else to stderr.
pub fn run() -> ExitCode {
    let result = match Args::parse().command {
        Command::Serve(args) => serve::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("keyfob: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
