//! `keyfob.dev.env`: values for an app during development, and for the next start and commands in the same folder.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{output, scratch::Scratch};
use crate::{
    config::{settings::Settings, text_file},
    domain::{secret::Secret, shell},
    store::{Store, location},
};

/// Name of the file, in the folder in which the server was started.
pub(super) const ENV_FILE: &str = "keyfob.dev.env";
/// The demo client that has a secret, and the one that has none.
pub(super) const JOB: &str = "demo-job";
pub(super) const WEB: &str = "demo-web";

const ISSUER_LINE: &str = "ISSUER=";
const SECRET_LINE: &str = "CLIENT_SECRET=";
const DATABASE_LINE: &str = "KEYFOB_DATABASE=";

/// The secret of an earlier start: what was pasted into other programs stays true.
pub(super) fn known_secret(path: &Path) -> Option<Secret> {
    let text = text_file::read(path).ok()?;
    let secret = text
        .lines()
        .find_map(|line| line.strip_prefix(SECRET_LINE))?;
    let is_ours = secret.len() == 43
        && secret
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    is_ours.then(|| Secret::new(secret))
}

/// A server that serves the database of the folder.
pub(super) struct RunningDev {
    pub(super) issuer: String,
    pid: Option<u32>,
    pub(super) database: PathBuf,
}

impl fmt::Display for RunningDev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let process = self.pid.map(|pid| format!(", process {pid}"));
        write!(
            f,
            "A server is already running in this folder: {}{}. Use it, stop it, or start another one in a different \
             folder. {ENV_FILE} can describe only one",
            self.issuer,
            process.unwrap_or_default()
        )
    }
}

/// The server that the file describes, if it still runs: then it holds the lock on its database.
pub(super) fn running() -> Option<RunningDev> {
    let database = known_database()?;
    let server = Store::server_of(&database)?;
    Some(RunningDev {
        issuer: known_line(ISSUER_LINE).unwrap_or_default(),
        pid: server.pid,
        database,
    })
}

/// The database where nothing names one: the default, or that of a server for development that runs in this folder.
pub(super) fn unnamed_database() -> PathBuf {
    unnamed().0
}

/// The same, with the development server of the database.
pub(super) fn unnamed() -> (PathBuf, Option<RunningDev>) {
    let default = location::resolve(&Settings::default().config.database);
    match running() {
        Some(running) if !default.is_file() => {
            output::note(&format!(
                "Using the database of keyfob dev, {} ({})",
                running.database.display(),
                ENV_FILE
            ));
            (running.database.clone(), Some(running))
        }
        _ => (default, None),
    }
}

fn known_line(name: &str) -> Option<String> {
    let text = text_file::read(Path::new(ENV_FILE)).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.to_owned())
}

/// Deletes the temporary database of a server that was killed; it contains the signing keys.
pub(super) fn remove_remains() {
    // While holding the lock, since a missing server can have another reason.
    if let Some(database) = known_database()
        && let Some(scratch) = Scratch::of(&database)
        && let Ok(lock) = Store::lock_for_serving(&database)
    {
        drop((scratch, lock));
    }
}

/// The database of the server for development that runs, or ran, in this folder, if it is still there.
fn known_database() -> Option<PathBuf> {
    let path = PathBuf::from(shell::unquoted(&known_line(DATABASE_LINE)?));
    path.is_file().then_some(path)
}

/// Writes it with mode 0600, also if the file exists. Without a `secret` there are no demo clients.
pub(super) fn write(
    path: &Path,
    issuer: &str,
    secret: Option<&Secret>,
    database: &Path,
) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let database = shell::quoted(&database.display().to_string());
    writeln!(
        file,
        "# Created by keyfob dev for local development. Do not commit. The secret is kept on the next start.\n{ISSUER_LINE}{issuer}"
    )?;
    if let Some(secret) = secret {
        let secret = secret.expose();
        writeln!(
            file,
            "CLIENT_ID={JOB}\n{SECRET_LINE}{secret}\nWEB_CLIENT_ID={WEB}"
        )?;
    }
    writeln!(file, "{DATABASE_LINE}{database}")
}
