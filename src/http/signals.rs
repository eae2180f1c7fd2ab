//! Signals of the operating system to a running server.

use std::io::{self, IsTerminal};

/// Meaning of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Stop(StopSignal),
    /// SIGHUP: reload the configuration file.
    Reload,
}

/// A signal that stops a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSignal {
    pub name: &'static str,
    /// Exit code of a program that it ends: 128 plus its number.
    pub exit_code: u8,
}

/// Signals are received as soon as this is created: from then on they do not end the program by themselves.
pub struct Signals {
    source: os::Source,
    had_terminal: bool,
}

impl Signals {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            source: os::Source::listen()?,
            had_terminal: io::stderr().is_terminal(),
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        match self.source.next().await {
            // Its window was closed: nobody can stop the server with Ctrl-C any more.
            Signal::Reload if self.had_terminal && !io::stderr().is_terminal() => {
                Signal::Stop(StopSignal {
                    name: "SIGHUP",
                    exit_code: 129,
                })
            }
            signal => signal,
        }
    }

    /// Waits for the next one that stops.
    pub async fn next_stop(&mut self) -> StopSignal {
        loop {
            if let Signal::Stop(stop) = self.next().await {
                return stop;
            }
        }
    }
}

/// Makes a write above the file size limit (`ulimit -f`, `LimitFSIZE`) an error, EFBIG, like a full disk. Without this,
/// SIGXFSZ ends the process.
#[cfg(unix)]
pub fn survive_file_size_limit() -> io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    const SIGXFSZ: i32 = 25;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _inside = runtime.enter();
    // Once heard, a signal is heard for as long as the process runs.
    signal(SignalKind::from_raw(SIGXFSZ)).map(drop)
}

#[cfg(not(unix))]
pub fn survive_file_size_limit() -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
mod os {
    use std::io;

    use actix_web::rt::signal::unix::{self, SignalKind, signal};

    use super::{Signal, StopSignal};

    pub(super) struct Source {
        interrupt: unix::Signal,
        terminate: unix::Signal,
        hang_up: unix::Signal,
    }

    impl Source {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        pub(super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::Stop(StopSignal { name: "SIGINT", exit_code: 130 }),
                _ = self.terminate.recv() => Signal::Stop(StopSignal { name: "SIGTERM", exit_code: 143 }),
                _ = self.hang_up.recv() => Signal::Reload,
            }
        }
    }
}

#[cfg(not(unix))]
mod os {
    use std::io;

    use super::{Signal, StopSignal};

    pub(super) struct Source;

    impl Source {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// A machine on which it cannot be heard is stopped in other ways.
        pub(super) async fn next(&mut self) -> Signal {
            if actix_web::rt::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Signal::Stop(StopSignal {
                name: "Ctrl-C",
                exit_code: 130,
            })
        }
    }
}
