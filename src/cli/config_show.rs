//! `keyfob config check` and `keyfob config show`: settings, without creating or changing anything.

use std::{path::PathBuf, sync::Arc};

use serde_json::{Value, json};

use super::{
    Failure,
    output::{self, Format, line},
    setting_flags::SettingFlags,
    settings::{self, Resolved},
    startup,
};
use crate::{
    clock::SystemClock,
    config::settings::SETTINGS,
    store::{IfMissing, Store},
};

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Configuration file [default: --config, KEYFOB_CONFIG or keyfob.toml]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags,
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Also print the source of each value: flag, environment, file, settings page or default
    #[arg(long)]
    origin: bool,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn check(args: &Check) -> Result<(), Failure> {
    let mut flags = args.settings.clone();
    let beside = flags.config.take();
    flags.config = args.file.clone().or(beside.clone());
    let mut resolved = settings::resolve(&flags)?;
    resolved.settle_database(beside.as_deref())?;
    startup::plan(&mut resolved)?;
    startup::misspelled_variables()
        .iter()
        .for_each(|warning| output::note(warning));
    line(&match &resolved.file {
        None => "Settings are valid. No keyfob.toml in this folder".to_owned(),
        Some(file) => {
            let counts = file.declarations.count();
            let counts = counts.iter().map(|(kind, count)| match count {
                1 => format!("1 {kind}"),
                count => format!("{count} {kind}s"),
            });
            let counts = counts.collect::<Vec<_>>().join(", ");
            format!("{} is valid: {counts}", file.source.shown())
        }
    })
}

/// The settings, checked against each other.
pub(super) fn resolve(flags: &SettingFlags) -> Result<Resolved, Failure> {
    let mut resolved = settings::resolve(flags)?;
    let checked = resolved.settings.clone().check();
    resolved.settings = checked.map_err(|invalid| resolved.blame(&invalid))?;
    Ok(resolved)
}

pub(super) fn show(args: &Show) -> Result<(), Failure> {
    let mut resolved = resolve(&args.settings)?;
    resolved.settle_issuer(None);
    let database = &resolved.settings.config.database;
    if database.exists() {
        let store = Store::open(database, IfMissing::Refuse, Arc::new(SystemClock))?;
        resolved.with_page(&store)?;
    }
    let rows = SETTINGS.iter().map(|setting| {
        let origin = resolved.origin(setting.key);
        (setting.key, setting.show(&resolved.settings), origin)
    });
    match args.output {
        Format::Table => rows.into_iter().try_for_each(|(key, value, origin)| {
            let text = match value {
                Some(value) => format!("{key} = {value}"),
                None => format!("# {key} is not set"),
            };
            line(&match (args.origin, &origin) {
                (false, _) => text,
                (true, origin) => format!("{text}  # {}", origin.shown()),
            })
        }),
        format => {
            let rows: Vec<Value> = rows
                .map(|(key, value, origin)| {
                    let value = value
                        .map(|value| serde_json::from_str(&value).unwrap_or(Value::String(value)));
                    json!({ "key": key, "value": value, "origin": origin.shown() })
                })
                .collect();
            match format {
                Format::Jsonl => rows.iter().try_for_each(|row| output::object(format, row)),
                _ => output::object(format, &rows),
            }
        }
    }
}
