//! Output of a server that is ready: for people, to the log, to a file.

use std::{
    fs,
    io::{self, IsTerminal, stderr},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use super::dev_server::Dev;
use crate::{
    app::{App, log_queue},
    config::{Config, LogFormat, Start, text_file},
    store::Store,
};

/// A server that takes requests.
pub(super) struct Ready<'a> {
    pub(super) app: &'a App,
    pub(super) addresses: &'a [SocketAddr],
    pub(super) took: Duration,
    /// Setup link for creating the first administrator, while there is none.
    pub(super) setup_link: Option<String>,
    pub(super) dev: Option<&'a Dev>,
}

impl Ready<'_> {
    /// The link gives access to the server: it is printed to a terminal, and to a log only if requested.
    pub(super) fn announce(&self, start: &Start) -> io::Result<()> {
        let Config {
            issuer, database, ..
        } = &self.app.config;
        let show_link = start.print_setup_url || stderr().is_terminal();
        let setup = self.setup_link.as_ref().map(|link| {
            if show_link {
                format!("{link} (valid once, for 60 minutes)")
            } else {
                let database = database.display();
                format!("Run keyfob setup-url --database {database}")
            }
        });
        let took = self.took.as_millis();
        if start.log_format == LogFormat::Json {
            let addresses = self.listening();
            tracing::info!(%issuer, %addresses, ready_ms = took, "ready");
            if let Some(setup) = setup {
                tracing::warn!(setup, "no administrator yet");
            }
            return Ok(());
        }
        let mode = self.dev.map_or("", |_| " · development mode");
        let version = env!("CARGO_PKG_VERSION");
        let mut text = format!("keyfob {version}{mode} · ready in {took} ms\n");
        let mut line = |name: &str, what: &str| text.push_str(&format!("  {name:9} {what}\n"));
        line("issuer", issuer);
        line("listening", &self.listening());
        let throw_away = self.dev.is_some_and(|dev| dev.throw_away);
        let kept = if throw_away {
            "  (deleted on exit)"
        } else {
            ""
        };
        line("database", &format!("{}{kept}", database.display()));
        if let Some(setup) = setup {
            line("set-up", &setup);
        }
        if let Some(dev) = self.dev {
            let lines = dev.lines(self.app).map_err(io::Error::other)?;
            lines.iter().for_each(|(name, what)| line(name, what));
        }
        log_queue::print(&text);
        Ok(())
    }

    fn listening(&self) -> String {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        addresses.join(", ")
    }

    /// URL of the server on this machine.
    fn url(&self) -> String {
        let Some(address) = self.addresses.first() else {
            return self.app.config.issuer.clone();
        };
        let scheme = match self.app.config.tls() {
            Some(_) => "https",
            None => "http",
        };
        if self.app.config.listen.starts_with("localhost:") {
            return format!("{scheme}://localhost:{}", address.port());
        }
        let mut address = *address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{scheme}://{address}")
    }
}

/// The file of `--ready-file`: `{"url": …, "issuer": …, "pid": …, "database": …}`. Dropping it removes it.
pub(super) struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Deletes the file of a server that was killed, which would report a stopped server as ready. The file of a
    /// running server, and one that no server wrote, is kept.
    pub(super) fn remove_stale(path: &Path) -> io::Result<()> {
        let Some((database, pid)) = described(path) else {
            return Ok(());
        };
        let runs = Store::server_of(&database).is_some_and(|server| server.pid == Some(pid));
        match runs {
            true => Ok(()),
            false => fs::remove_file(path),
        }
    }

    /// The file is written under another name and then renamed, so that it is always complete.
    pub(super) fn write(path: &Path, ready: &Ready) -> io::Result<Self> {
        let content = json!({
            "url": ready.url(),
            "issuer": ready.app.config.issuer,
            "pid": std::process::id(),
            "database": std::path::absolute(&ready.app.config.database)?,
        });
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        fs::write(&beside, format!("{content}\n"))
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| {
                let what = format!("Cannot write ready file {}: {error}", path.display());
                io::Error::new(error.kind(), what)
            })?;
        Ok(Self(path.to_owned()))
    }
}

/// Database and process of the server that wrote the file.
fn described(path: &Path) -> Option<(PathBuf, u32)> {
    let text = text_file::read(path).ok()?;
    let content: Value = serde_json::from_str(&text).ok()?;
    content.get("url")?.as_str()?;
    content.get("issuer")?.as_str()?;
    let database = content.get("database")?.as_str()?.into();
    Some((database, content.get("pid")?.as_u64()?.try_into().ok()?))
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::debug!(%error, "could not remove ready file");
        }
    }
}
