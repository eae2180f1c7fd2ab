//! Shared parts of commands that work on the database.

use std::{
    fmt,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Failure, dev_env, nearest, output::Format, setting_flags::SettingFlags, settings};
use crate::{
    admin::{AdminError, By},
    app::log_queue,
    clock::SystemClock,
    config::{input_file, settings::Settings, text_file},
    domain::secret::Secret,
    store::{IfMissing, Store, Tx},
};

/// The heading of these flags in each command's help.
const EVERYWHERE: &str = "Database options";

/// The flags of every command that works on the database file.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Database file [default: KEYFOB_DATABASE, else database in keyfob.toml, else keyfob.db]
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub database: Option<PathBuf>,
    /// Configuration file to read the database path from [default: keyfob.toml if it exists]
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub config: Option<PathBuf>,
    /// Output format
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "table",
        help_heading = EVERYWHERE
    )]
    pub output: Format,
}

impl Common {
    /// Opens the database, which must exist. A server can run on it: it sees changes within a second.
    pub(super) fn open(&self) -> Result<Store, Failure> {
        Ok(Store::open(
            &self.database()?,
            IfMissing::Refuse,
            Arc::new(SystemClock),
        )?)
    }

    /// Settings of a server started here, from variables and the file.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let flags = SettingFlags::only(self.config.clone());
        Ok(settings::resolve(&flags)?.settings)
    }

    /// Path of the database.
    pub(super) fn database(&self) -> Result<PathBuf, Failure> {
        let named = settings::named_database(self.config.as_deref(), self.database.as_deref())?;
        Ok(named.unwrap_or_else(dev_env::unnamed_database))
    }
}

/// Runs one change as the operator at the command line. `names` has the flags of input members, if they are not
/// `--member-with-hyphens`.
pub(super) fn change<T: Send + 'static>(
    store: &Store,
    names: &[(&str, &str)],
    job: impl FnOnce(&Tx, &By) -> Result<T, AdminError> + Send + 'static,
) -> Result<T, Failure> {
    store
        .write_blocking(move |tx| job(tx, &By::command_line()))
        .map_err(|error| explain(store, error, names))
}

/// Runs a read, with the same errors.
pub(super) fn look<T>(
    store: &Store,
    job: impl FnOnce(&Tx) -> Result<T, AdminError>,
) -> Result<T, Failure> {
    store.read(job).map_err(|error| explain(store, error, &[]))
}

/// The error in the words of the command line: the flag that is wrong, the name that was meant.
pub(super) fn explain(store: &Store, error: AdminError, names: &[(&str, &str)]) -> Failure {
    match error {
        AdminError::Invalid { field, reason } => invalid(&field, &reason, names),
        AdminError::NotFound { kind, name } => {
            let hint = nearest::hint(store, kind, &name);
            Failure::NotFound(format!("{} {name:?} not found{hint}", kind.label()))
        }
        other => Failure::other(other),
    }
}

pub(super) fn invalid(field: &str, reason: &str, names: &[(&str, &str)]) -> Failure {
    let (name, index) = field.split_once('[').unwrap_or((field, ""));
    let shown = match names.iter().find(|(member, _)| *member == name) {
        Some((_, shown)) => (*shown).to_owned(),
        None => format!("--{}", name.replace('_', "-")),
    };
    match index.trim_end_matches(']').parse::<usize>() {
        Ok(index) => Failure::Usage(format!("{shown} (value {}): {reason}", index + 1)),
        Err(_) => Failure::Usage(format!("{shown}: {reason}")),
    }
}

/// The file that a flag names, else a variable.
pub(super) fn file_or_variable(flag: Option<&PathBuf>, name: &str) -> Option<PathBuf> {
    flag.cloned()
        .or_else(|| settings::env_variable(name).map(PathBuf::from))
}

/// Asks for confirmation before something that cannot be undone, at a terminal.
pub(super) fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    if yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    log_queue::print(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Failure::other)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::other("Canceled. Nothing was changed"))
}

/// Reads a secret from stdin, without the line end.
pub(super) fn secret_from_stdin() -> Result<Secret, Failure> {
    let at = |reason: &dyn fmt::Display| Failure::other(format!("stdin: {reason}"));
    let bytes = input_file::read_stdin().map_err(|reason| at(&reason))?;
    let text = text_file::decode(bytes).map_err(|reason| at(&reason))?;
    Ok(Secret::new(text_file::value(&text)))
}

/// Reads a secret from a file, without the line end.
pub(super) fn secret_from_file(path: &Path) -> Result<Secret, Failure> {
    text_file::read_secret(path).map_err(Failure::other)
}

/// Prompts for a secret twice, at a terminal. An empty one is treated as none.
pub(super) fn prompt(what: &str) -> Result<Option<Secret>, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt)
            .map(Secret::new)
            .map_err(Failure::other)
    };
    let first = ask(format!("{what}: "))?;
    if first.is_empty() {
        return Ok(None);
    }
    if ask(format!("Confirm {what}: "))? != first {
        return Err(Failure::other(
            "The two entries do not match. Nothing was changed",
        ));
    }
    Ok(Some(first))
}
