//! The command line: the only home of clap.

pub mod args;
mod backup;
mod client;
mod client_flags;
mod common;
mod completions;
mod config;
mod config_show;
mod dev;
mod dev_env;
mod doctor;
mod events;
mod healthcheck;
mod inspection;
mod issuer;
mod key;
mod logging;
mod nearest;
mod output;
mod ready;
mod resource;
mod restoring;
mod scope;
mod scratch;
mod serve;
mod session;
mod settings;
mod setup_url;
mod state;
mod team;
mod token;
mod trusted_issuer;
mod user;
mod user_flags;
mod user_import;
mod version;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Args, Command};
use crate::{
    admin::state_file::Problems,
    app::log_queue,
    http::signals::StopSignal,
    store::{OpenError, StoreError},
};

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is invalid.
    #[error("{0}\nkeyfob: the configuration is invalid; nothing was changed")]
    Config(Problems),
    #[error("{0}")]
    Open(#[from] OpenError),
    /// What was said on the command line cannot be.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    NotFound(String),
    /// What was looked at is not as it should be.
    #[error("{0}")]
    Check(String),
    /// Whoever read our output has stopped: there is nothing to say and nobody to say it to.
    #[error("nobody reads the output")]
    NobodyReads,
    /// A second signal, which did not wait for a graceful end.
    #[error("stopped at once by {}", .0.name)]
    Stopped(StopSignal),
    /// A thread without which nothing can be stored has ended: a supervisor starts the server again.
    #[error("the database's thread has ended: start the server again")]
    StoreEnded,
    /// The same for other work in the background.
    #[error("{0} has ended, which must go on: start the server again")]
    TaskEnded(&'static str),
    #[error("{0}")]
    Other(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::other(error)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Failure::Config(problems)
    }
}

impl Failure {
    fn other(error: impl std::fmt::Display) -> Self {
        Failure::Other(error.to_string())
    }

    /// 1 failed, 2 usage, 3 the configuration is invalid, 4 not found, 5 a check did not pass, 70 (EX_SOFTWARE)
    /// the server cannot go on and is to be started again; clap itself answers 2, too.
    fn exit_code(&self) -> u8 {
        match self {
            Failure::NobodyReads => 0,
            Failure::Stopped(signal) => signal.exit_code,
            Failure::Open(_) | Failure::Other(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Config(_) => 3,
            Failure::NotFound(_) => 4,
            Failure::Check(_) => 5,
            Failure::StoreEnded | Failure::TaskEnded(_) => 70,
        }
    }
}

/// Parses the arguments and runs the command. Data goes to stdout, all else to stderr.
pub fn run() -> ExitCode {
    let result = match Args::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Dev(args) => dev::run(args.settings),
        Command::Config(args) => config::run(args),
        Command::User(args) => user::run(args),
        Command::Team(args) => team::run(args),
        Command::Scope(args) => scope::run(args),
        Command::Resource(args) => resource::run(args),
        Command::TrustedIssuer(args) => trusted_issuer::run(args),
        Command::Client(args) => client::run(args),
        Command::Key(args) => key::run(args),
        Command::Session(args) => session::run(args),
        Command::Token(args) => token::run(args),
        Command::Events(args) => events::run(args),
        Command::SetupUrl(args) => setup_url::run(args),
        Command::Backup(args) => backup::back_up(args),
        Command::Restore(args) => backup::restore(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Healthcheck(args) => healthcheck::run(args),
        Command::Completions(args) => completions::run(&args),
        Command::Version(args) => version::run(&args),
    };
    let code = match result {
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                // Each line begins with file and line, as editors want it.
                Failure::Config(_) => output::note(&failure.to_string()),
                _ => output::note(&format!("keyfob: {failure}")),
            }
            ExitCode::from(failure.exit_code())
        }
    };
    log_queue::flush();
    code
}
