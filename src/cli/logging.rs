//! Logging to stderr, as lines for people or as JSON.

use std::{
    io::{self, IsTerminal, stderr},
    panic,
};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, writer::OptionalWriter},
};

use crate::{
    app::log_queue::LogWriter,
    clock::OncePerSecond,
    concurrency::descriptors::{self, NONE_FREE},
    config::LogFormat,
    http::connections::ACCEPTING,
};

static NOT_ACCEPTED: OncePerSecond = OncePerSecond::new();

/// Begins to log. `KEYFOB_LOG` filters it, in the syntax of `tracing_subscriber`.
pub(super) fn start(format: LogFormat) -> io::Result<()> {
    let filter = EnvFilter::try_from_env("KEYFOB_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn,actix_http=off"));
    let writer = LogWriter::start().map_err(io::Error::other)?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // Reporting on stderr that stderr cannot be written would panic.
        .log_internal_errors(false)
        .with_writer(Writers(writer));
    match format {
        LogFormat::Pretty => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    // In the format of the log, without waiting for stderr.
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        let reason = panicked.payload_as_str();
        tracing::error!(place, reason, "thread panicked");
    }));
    Ok(())
}

struct Writers(LogWriter);

impl MakeWriter<'_> for Writers {
    type Writer = OptionalWriter<LogWriter>;

    fn make_writer(&self) -> Self::Writer {
        OptionalWriter::some(self.0)
    }

    /// One line per second for connections that were not accepted, with the reason.
    fn make_writer_for(&self, event: &Metadata<'_>) -> Self::Writer {
        if event.target() != ACCEPTING || *event.level() != Level::ERROR {
            return self.make_writer();
        }
        match NOT_ACCEPTED.admit() {
            Some(unlogged) if !descriptors::is_one_free() => {
                tracing::error!(unlogged, "connection not accepted: {NONE_FREE}");
                OptionalWriter::none()
            }
            Some(_) => self.make_writer(),
            None => OptionalWriter::none(),
        }
    }
}
