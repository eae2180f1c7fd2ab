//! The log: on stderr, as lines for people or as JSON.

use std::{
    io::{self, IsTerminal, stderr},
    panic,
};

use tracing_subscriber::EnvFilter;

use crate::{app::log_queue::LogWriter, config::LogFormat};

/// Begins to log. `KEYFOB_LOG` filters it, in the syntax of `tracing_subscriber`.
pub(super) fn start(format: LogFormat) -> io::Result<()> {
    let filter = EnvFilter::try_from_env("KEYFOB_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn,actix_http=off"));
    let writer = LogWriter::start()?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // What is reported on stderr because stderr cannot be written ends in a panic.
        .log_internal_errors(false)
        .with_writer(move || writer);
    match format {
        LogFormat::Pretty => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    // In the log's form, and without waiting for stderr.
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        let reason = panicked.payload_as_str();
        tracing::error!(place, reason, "a thread panicked");
    }));
    Ok(())
}
