//! Failures of commands, with their exit codes.

use crate::{
    admin::state_file::Problems,
    http::signals::StopSignal,
    store::{OpenError, StoreError},
};

/// Failure of a command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is invalid.
    #[error("{0}\nerror: Invalid configuration. Nothing was changed")]
    Config(Problems),
    #[error("{0}")]
    Open(#[from] OpenError),
    /// Invalid usage.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    NotFound(String),
    /// A check did not pass.
    #[error("{0}")]
    Check(String),
    /// The reader of the output has stopped, so nothing is printed.
    #[error("output closed")]
    NobodyReads,
    /// A second signal, which skipped the graceful stop.
    #[error("Stopped immediately by {}", .0.name)]
    Stopped(StopSignal),
    /// A thread of the store has ended: a supervisor must restart the server.
    #[error("The database thread has stopped. Restart the server")]
    StoreEnded,
    /// The same for other background tasks.
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

    /// 1 failed, 2 usage, 3 invalid configuration, 4 not found, 5 a check did not pass, 70 (EX_SOFTWARE) the server
    /// cannot continue and must be restarted; clap itself also uses 2.
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
