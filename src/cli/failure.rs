//! Why a command failed, and the exit code that says so.

use crate::{
    admin::state_file::Problems,
    http::signals::StopSignal,
    store::{OpenError, StoreError},
};

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is invalid.
    #[error("{0}\nerror: Invalid configuration. Nothing was changed")]
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
    #[error("output closed")]
    NobodyReads,
    /// A second signal, which did not wait for a graceful end.
    #[error("Stopped immediately by {}", .0.name)]
    Stopped(StopSignal),
    /// A thread without which nothing can be stored has ended: a supervisor starts the server again.
    #[error("The database thread has stopped. Restart the server")]
    StoreEnded,
    /// The same for other work in the background.
    #[error("{0} has stopped unexpectedly. Restart the server")]
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
    pub(super) fn other(error: impl std::fmt::Display) -> Self {
        Failure::Other(error.to_string())
    }

    /// 1 failed, 2 usage, 3 the configuration is invalid, 4 not found, 5 a check did not pass, 70 (EX_SOFTWARE)
    /// the server cannot go on and is to be started again; clap itself answers 2, too.
    pub(super) fn exit_code(&self) -> u8 {
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
