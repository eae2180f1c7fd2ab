//! Flags of all settings, generated from their table.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use crate::config::settings::{SETTINGS, Setting, Settings};

pub(super) const DATABASE: &str = "database";

/// Flags of all settings, generated from their table, and `--config`.
#[derive(Clone, Debug, Default)]
pub struct SettingFlags {
    pub config: Option<PathBuf>,
    values: BTreeMap<&'static str, String>,
}

impl SettingFlags {
    /// Only the file.
    pub(super) fn only(config: Option<PathBuf>) -> Self {
        Self {
            config,
            values: BTreeMap::new(),
        }
    }

    /// Value of the flag of this setting.
    pub(super) fn get(&self, setting: &Setting) -> Option<&String> {
        self.values.get(setting.key)
    }

    pub(super) fn with_database(mut self, database: Option<&Path>) -> Self {
        if let Some(path) = database {
            let path = path.to_string_lossy().into_owned();
            self.values.insert(DATABASE, path);
        }
        self
    }
}

impl clap::Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("Configuration file [default: keyfob.toml if it exists]");
        command.arg(config).args(SETTINGS.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let default = match setting.default {
        Some(default) => Some(default.to_owned()),
        None if setting.is_switch() => None,
        None => setting
            .show(&Settings::default())
            .map(|default| default.trim_matches('"').to_owned()),
    };
    let help = match default {
        Some(default) => format!("{} [default: {default}]", setting.help),
        None => setting.help.to_owned(),
    };
    let arg = Arg::new(setting.key).long(setting.flag()).help(help);
    if setting.is_switch() {
        arg.num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("BOOL")
            .action(ArgAction::Set)
    } else if setting.is_secret() {
        arg.value_name("FILE")
    } else {
        arg.value_name(setting.value_name)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.config = matches.get_one::<PathBuf>("config").cloned();
        for setting in SETTINGS {
            if let Some(text) = matches.get_one::<String>(setting.key) {
                self.values.insert(setting.key, text.clone());
            }
        }
        Ok(())
    }
}
