//! `keyfob doctor`: whether a server is set up as it should be.

use std::{path::Path, sync::Arc};

use super::{
    Failure, config_show, dev_env,
    healthcheck::local_address,
    output::{self, Format, Table},
    setting_flags::SettingFlags,
    settings::Origin,
};
use crate::{
    admin::doctor::{self, Finding, State},
    app::untrusted_proxy::UNTRUSTED_PROXY,
    clock::{Clock, SystemClock},
    config::settings::Settings,
    domain::shell,
    http::tls::Shown,
    outbound,
    store::{BackupError, IfMissing, Store, backup, location, private_file},
};

/// Bytes for which there must be room.
const ROOM: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also check for development-only settings
    #[arg(long)]
    production: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut resolved = config_show::resolve(&args.settings)?;
    resolved.settle_issuer(None);
    let (database, dev) = match resolved.origin("database") {
        Origin::Default => dev_env::unnamed(),
        _ => (location::resolve(&resolved.settings.config.database), None),
    };
    if let Some(dev) = dev {
        resolved.adopt_dev(&dev.issuer);
    }
    let mut found = Vec::new();
    if database.exists() {
        // Pages are only checked in a file with Keyfob's schema, and further checks of a damaged file are useless.
        let foreign = foreign_schema(&database);
        found.push(foreign.unwrap_or_else(|| whole(&database)));
        found.push(private(&database));
        found.extend(owner(&database));
        if found[0].state == State::Failed {
            return print(args.output, found);
        }
        found.insert(1, Finding::new("schema", State::Ok, "matches this version"));
        found.push(room(&database));
        found.extend(copies(&database));
    }
    let store = Store::open(&database, IfMissing::Refuse, Arc::new(SystemClock))?;
    resolved.with_page(&store)?;
    let settings = &resolved.settings;
    let production = args.production;
    found.extend(
        store.read(|tx| doctor::examine(tx, &settings.config, &settings.live, production))?,
    );
    found.extend(certificate(settings));
    found.extend(ready(settings));
    found.push(answers(settings));
    if let Some(warning) = untrusted_proxy(settings) {
        found.retain(|finding| finding.check != warning.check);
        found.push(warning);
    }
    print(args.output, found)
}

fn print(format: Format, found: Vec<Finding>) -> Result<(), Failure> {
    let failed: Vec<_> = found
        .iter()
        .filter(|finding| finding.state == State::Failed)
        .map(|finding| finding.check)
        .collect();
    let table = Table {
        columns: &["CHECK", "STATE", "RESULT"],
        cells: |finding: &Finding| {
            let (check, state) = (finding.check, finding.state.as_str());
            vec![check.to_owned(), state.to_owned(), finding.text.clone()]
        },
    };
    let failure = (!failed.is_empty())
        .then(|| Failure::Check(format!("Failed checks: {}", failed.join(", "))));
    let mut all = Some(found);
    output::list(format, &table, None, |_, _| {
        Ok(all.take().unwrap_or_default())
    })?;
    failure.map_or(Ok(()), Err)
}

/// Reads every page of the file.
fn whole(database: &Path) -> Finding {
    let text = match backup::inspect(database) {
        Ok(_) => return Finding::new("database", State::Ok, "no damage found"),
        Err(BackupError::Unsound(reason)) => {
            let reason = reason.replace('\n', " ");
            format!(
                "{} is damaged: {reason}. Stop the server and restore a backup with keyfob restore",
                database.display()
            )
        }
        Err(BackupError::File { path, reason }) => format!(
            "{} {reason}. Restore a backup with keyfob restore",
            path.display()
        ),
        Err(error) => error.to_string(),
    };
    Finding::new("database", State::Failed, text)
}

/// Checks whether there is space for the next writes of the server. A disk with space for only a few bytes is full.
fn room(database: &Path) -> Finding {
    match private_file::probe_room(database, ROOM) {
        Ok(()) => Finding::new("disk", State::Ok, "enough free space"),
        Err(error) => Finding::new(
            "disk",
            State::Failed,
            format!(
                "Cannot write {} MB to the database folder: {error}",
                ROOM >> 20
            ),
        ),
    }
}

/// Copies that nothing removes by itself: each holds the signing keys.
fn copies(database: &Path) -> Option<Finding> {
    let (state, text) = match location::kept_copies(database) {
        Ok(copies) if copies.is_empty() => return None,
        Ok(copies) => {
            let shown = copies.iter().map(|(path, bytes)| {
                let path = shell::quoted(&path.display().to_string());
                format!("{path} ({} KB)", bytes.div_ceil(1024))
            });
            let shown: Vec<_> = shown.collect();
            let text = format!(
                "Previous databases are kept in the database folder, with their signing keys: {}. Delete those you do \
                 not need with rm",
                shown.join(", ")
            );
            (State::Warning, text)
        }
        Err(error) => (
            State::Failed,
            format!("Cannot read the database folder: {error}"),
        ),
    };
    Some(Finding::new("kept_copies", state, text))
}

/// State reported by the running server, if there is one.
fn ready(settings: &Settings) -> Option<Finding> {
    let url = format!("{}/readyz", local_address(&settings.config));
    let ca_file = settings.live.outbound_ca_file.as_deref();
    let (status, text) = outbound::answer_of(&url, ca_file).ok()?;
    let first = text.lines().next().unwrap_or_default();
    (status == 503).then(|| Finding::new("readiness", State::Failed, format!("{url}: {first}")))
}

/// Foreign schema objects run in every transaction: a trigger can disable the audit log.
fn foreign_schema(database: &Path) -> Option<Finding> {
    match backup::check_schema(database) {
        Err(BackupError::Foreign { reason, .. }) => Some(Finding::new(
            "schema",
            State::Failed,
            format!("{reason}. Stop the server and restore a backup with keyfob restore"),
        )),
        // Other errors of the file are found when all of it is read.
        _ => None,
    }
}

/// Files that belong to another user than the running server's, as commands run by root leave them.
#[cfg(unix)]
fn owner(database: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let beside = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    // Created by the server and deleted when it stops.
    let server = std::fs::metadata(beside("-lock")).ok()?.uid();
    let others = ["", "-wal", "-shm"].into_iter().filter_map(|suffix| {
        let path = beside(suffix);
        let owner = std::fs::metadata(&path).ok()?.uid();
        (owner != server).then(|| format!("{} to user {owner}", path.display()))
    });
    let others: Vec<_> = others.collect();
    Some(match others.is_empty() {
        true => Finding::new(
            "database_owner",
            State::Ok,
            "files are owned by the user of the server",
        ),
        false => Finding::new(
            "database_owner",
            State::Failed,
            format!(
                "The server runs as user {server}, but some files are owned by another user: {}. Run chown {server} \
                 on each",
                others.join(", ")
            ),
        ),
    })
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<Finding> {
    None
}

/// The file contains the signing keys: other users of this machine must not be able to read it.
#[cfg(unix)]
fn private(database: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt as _;
    let name = database.display();
    match std::fs::metadata(database).map(|file| file.permissions().mode() & 0o077) {
        Ok(0) => Finding::new("database_mode", State::Ok, "readable by its owner only"),
        Ok(_) => Finding::new(
            "database_mode",
            State::Failed,
            format!("Other users of this machine can read the signing keys. Run: chmod 600 {name}"),
        ),
        Err(error) => Finding::new("database_mode", State::Failed, format!("{name}: {error}")),
    }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Finding {
    Finding::new(
        "database_mode",
        State::Ok,
        "not checked on this platform; protected by folder permissions",
    )
}

/// The server's own certificate, where it has one.
fn certificate(settings: &Settings) -> Option<Finding> {
    let shown = Shown::load(&settings.config.tls()?).map_err(|error| error.to_string());
    let (state, text) = match shown.map(|shown| shown.refusal(SystemClock.now())) {
        Ok(None) => (State::Ok, "certificate is valid now".to_owned()),
        Ok(Some(problem)) => (State::Failed, format!("{problem}. Clients reject it")),
        Err(problem) => (State::Failed, problem),
    };
    Some(Finding::new("tls_cert", state, text))
}

/// Untrusted proxies seen by the running server, if there is one.
fn untrusted_proxy(settings: &Settings) -> Option<Finding> {
    let url = format!("{}/readyz", local_address(&settings.config));
    let text = outbound::text_of(&url, settings.live.outbound_ca_file.as_deref()).ok()?;
    let advice = text
        .lines()
        .find_map(|line| line.strip_prefix(UNTRUSTED_PROXY))?;
    Some(Finding::new("trusted_proxies", State::Warning, advice))
}

/// RFC 8414 §3.3: what the issuer's metadata is found under must be the issuer that it names, or no client
/// believes it.
fn answers(settings: &Settings) -> Finding {
    let issuer = &settings.config.issuer;
    let url = format!("{issuer}/.well-known/openid-configuration");
    let found = outbound::document_of(&url, settings.live.outbound_ca_file.as_deref());
    let (state, text) = match found {
        Ok(metadata) => match metadata["issuer"].as_str() {
            Some(named) if named == issuer => (State::Ok, format!("{issuer} responds")),
            named => (
                State::Failed,
                format!(
                    "{url} returns a different issuer: {}. Clients reject it (RFC 8414 §3.3). Use the same issuer for \
                     the server and this command",
                    named.unwrap_or("nobody")
                ),
            ),
        },
        Err(error) => (
            State::Warning,
            format!("No usable response from {url}: {error}"),
        ),
    };
    Finding::new("issuer_answers", state, text)
}
