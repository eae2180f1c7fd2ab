//! Settings of the server and their sources, in order of precedence: flag, variable, file, default.

use std::{
    env,
    ffi::OsString,
    mem,
    path::{Path, PathBuf},
};

use url::Url;

use super::{
    Failure, dev_env,
    setting_flags::{DATABASE, SettingFlags},
};
use crate::{
    admin::state_file::{Problems, StateFile},
    config::{
        Config, InvalidConfig, Mode,
        settings::{Given, SETTINGS, Setting, Settings, variable},
        text_file,
    },
    domain::{redirect_uri::is_loopback_host, secret::Secret},
    store::{Store, location, settings as stored},
};

pub(super) use crate::config::settings::Origin;

/// The file that is read when none is named, if it is there.
const DEFAULT_FILE: &str = "keyfob.toml";

/// Settings with valid types, not yet checked against each other.
#[derive(Clone)]
pub(super) struct Resolved {
    pub(super) settings: Settings,
    pub(super) file: Option<StateFile>,
}

impl Resolved {
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.settings.origin(key)
    }

    /// If flags, variables and the file set no database, the one that other commands use: of `config` or keyfob.toml,
    /// otherwise the default.
    pub(super) fn settle_database(&mut self, config: Option<&Path>) -> Result<(), Problems> {
        let database = match self.origin(DATABASE) {
            Origin::Default => {
                named_database(config, None)?.unwrap_or_else(dev_env::unnamed_database)
            }
            _ => location::resolve(&self.settings.config.database),
        };
        self.settings.config.database = database;
        Ok(())
    }

    /// Adds the values of the settings page in the database, which only have precedence over defaults.
    pub(super) fn with_page(&mut self, store: &Store) -> Result<(), Failure> {
        let kept = store.read(stored::on_page)?;
        let all = self.settings.with_page(&kept);
        // Without the page the settings were valid, so the page has caused the error.
        self.settings = all.map_err(|invalid| match self.origin(invalid.key) {
            Origin::Default => blame(&Origin::Page, &invalid),
            origin => blame(&origin, &invalid),
        })?;
        Ok(())
    }

    /// Default issuer: the name of this machine with the actual port, or the configured one.
    pub(super) fn settle_issuer(&mut self, port: Option<u16>) {
        let config = &self.settings.config;
        let asked = || {
            config
                .listen
                .rsplit_once(':')
                .and_then(|(_, port)| port.parse().ok())
        };
        if let (Origin::Default, Some(port)) = (self.origin("issuer"), port.or_else(asked)) {
            self.settings.config.issuer = config.local_issuer(port);
        }
    }

    /// In development mode, an issuer on this machine follows a port that the system chose: nothing would respond at
    /// the port of the file. Returns the previous issuer if it was changed.
    pub(super) fn follow_port(&mut self, port: Option<u16>) -> Option<String> {
        let config = &mut self.settings.config;
        let mut issuer = Url::parse(&config.issuer).ok()?;
        let is_chosen = config.is_dev() && config.listen.ends_with(":0");
        let is_local = is_loopback_host(issuer.host_str()?);
        if !is_chosen || !is_local || issuer.port_or_known_default() == port {
            return None;
        }
        issuer.set_port(port).ok()?;
        let followed = issuer.as_str().trim_end_matches('/').to_owned();
        Some(mem::replace(&mut config.issuer, followed))
    }

    /// Settings that the development server of the database has chosen itself.
    pub(super) fn adopt_dev(&mut self, issuer: &str) {
        let (issuer_said, listen_said) = (self.origin("issuer"), self.origin("listen"));
        let config = &mut self.settings.config;
        config.mode = Mode::Dev;
        if !named_here(&listen_said)
            && let Some((_, address)) = issuer.split_once("://")
        {
            config.listen = address.to_owned();
        }
        if !named_here(&issuer_said) {
            config.issuer = issuer.to_owned();
        }
    }

    /// Settings that the running server has determined itself, or got only for this run.
    pub(super) fn stay(&mut self, running: &Config) {
        let (issuer, database) = (self.origin("issuer"), self.origin(DATABASE));
        let config = &mut self.settings.config;
        config.mode = running.mode;
        // A development server may have followed its actual port.
        if issuer == Origin::Default || (running.is_dev() && config.listen.ends_with(":0")) {
            config.issuer.clone_from(&running.issuer);
        }
        if running.is_dev() && !named_here(&database) {
            config.database.clone_from(&running.database);
        }
    }

    /// Adds the location of the invalid value.
    pub(super) fn blame(&self, invalid: &InvalidConfig) -> Problems {
        let origin = self.origin(invalid.key);
        // A missing value has no location; the one that requires it has.
        let words = invalid
            .reason
            .split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let asking = words
            .map(|word| self.origin(word))
            .find(|origin| *origin != Origin::Default);
        match (origin, asking) {
            (Origin::Default, Some(Origin::File(place))) => {
                Problems::one(format!("{place}: {invalid}"))
            }
            (Origin::Default, Some(Origin::Variable(name) | Origin::Flag(name))) => {
                Problems::one(format!("{name}: {invalid}"))
            }
            (origin, _) => blame(&origin, invalid),
        }
    }
}

/// The database of the file may be a real one: development mode uses it only if it is set explicitly.
pub(super) fn named_here(origin: &Origin) -> bool {
    matches!(origin, Origin::Flag(_) | Origin::Variable(_))
}

fn blame(origin: &Origin, invalid: &InvalidConfig) -> Problems {
    Problems::one(match origin {
        Origin::Default => invalid.to_string(),
        Origin::Page => format!(
            "settings page: {invalid}. Override it with a flag, an environment variable or keyfob.toml"
        ),
        Origin::File(place) => format!("{place}: {invalid}"),
        Origin::Variable(name) | Origin::Flag(name) => format!("{name}: {}", invalid.reason),
    })
}

/// Reads the file, the variables and the flags.
pub(super) fn resolve(flags: &SettingFlags) -> Result<Resolved, Problems> {
    let file = read_file(flags.config.as_deref())?;
    let mut merge = Merge::default();
    if let Some(file) = &file {
        for setting in SETTINGS {
            merge.file_setting(file, setting);
        }
    }
    for setting in SETTINGS {
        merge.variable(setting);
    }
    for setting in SETTINGS {
        merge.flag(setting, flags);
    }
    if !merge.problems.is_empty() {
        return Err(Problems(merge.problems));
    }
    Ok(Resolved {
        settings: merge.settings,
        file,
    })
}

/// The file that `--config` or `KEYFOB_CONFIG` names, else the one that is there.
fn read_file(flag: Option<&Path>) -> Result<Option<StateFile>, Problems> {
    file_at(flag).map(|path| StateFile::read(&path)).transpose()
}

fn file_at(flag: Option<&Path>) -> Option<PathBuf> {
    let variable = || env_variable("KEYFOB_CONFIG");
    let named = flag
        .map(Path::to_owned)
        .or_else(|| variable().map(PathBuf::from));
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists());
    named.or_else(default)
}

/// The database file, for the commands that work on it: found as a server finds it, but no other setting
/// is looked at. `None` if nothing names it.
pub(super) fn named_database(
    config: Option<&Path>,
    flag: Option<&Path>,
) -> Result<Option<PathBuf>, Problems> {
    if let Some(path) = flag {
        return Ok(Some(location::resolve(path)));
    }
    if let Some(path) = env_variable(&variable(DATABASE)) {
        return Ok(Some(location::resolve(Path::new(&path))));
    }
    let mut merge = Merge::default();
    // Whatever else is wrong with the file is for those to say who use it.
    let file = file_at(config).map(|path| StateFile::read_setting(&path, DATABASE));
    if let (Some(file), Some(setting)) = (file.transpose()?, Setting::find(DATABASE)) {
        merge.file_setting(&file, setting);
    }
    if !merge.problems.is_empty() {
        return Err(Problems(merge.problems));
    }
    let is_named = merge.settings.origin(DATABASE) != Origin::Default;
    Ok(is_named.then(|| location::resolve(&merge.settings.config.database)))
}

/// An environment variable. An empty one is treated as absent, as in the settings: files for containers often leave it
/// empty.
pub(super) fn env_variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[derive(Default)]
struct Merge {
    settings: Settings,
    problems: Vec<String>,
}

impl Merge {
    fn file_setting(&mut self, file: &StateFile, setting: &'static Setting) {
        let find = |key: &str| file.scalars.iter().find(|scalar| scalar.key == key);
        let (value, in_file) = (find(setting.key), setting.file_key().and_then(find));
        if let (Some(_), Some(in_file)) = (value, in_file) {
            let place = file.source.place(in_file.line);
            let problem = format!(
                "{place}: {}: cannot be combined with {}",
                in_file.key, setting.key
            );
            return self.problems.push(problem);
        }
        let Some(scalar) = value.or(in_file) else {
            return;
        };
        let place = file.source.place(scalar.line);
        let named = format!("{place}: {}", scalar.key);
        let given = match &scalar.given {
            Given::Text(path) if setting.is_path() && !path.is_empty() => {
                let path = file.source.resolve(path.expose());
                Given::Text(Secret::new(path.to_string_lossy()))
            }
            Given::Text(path) if in_file.is_some() => {
                match text_file::read_secret(&file.source.resolve(path.expose())) {
                    Ok(secret) => Given::Text(secret),
                    Err(problem) => return self.problems.push(format!("{named}: {problem}")),
                }
            }
            given => given.clone(),
        };
        self.set(setting, &named, &given, Origin::File(place));
    }

    /// An empty variable is treated as absent: files for containers often leave it empty.
    fn variable(&mut self, setting: &'static Setting) {
        let name = setting.variable();
        let file_name = setting.file_key().map(variable);
        let get = env_variable;
        let value = get(&name);
        let file = file_name.as_deref().and_then(get);
        let (name, text) = match (value, file, file_name) {
            (Some(_), Some(_), Some(file_name)) => {
                self.problems
                    .push(format!("{file_name}: cannot be combined with {name}"));
                return;
            }
            (None, Some(path), Some(file_name)) => match text_file::read_secret(Path::new(&path)) {
                Ok(secret) => (file_name, secret),
                Err(problem) => {
                    self.problems.push(format!("{file_name}: {problem}"));
                    return;
                }
            },
            (Some(value), ..) => match value.into_string() {
                Ok(text) => (name, Secret::new(text)),
                Err(_) => {
                    self.problems.push(format!("{name}: must be UTF-8"));
                    return;
                }
            },
            (None, ..) => return,
        };
        self.set(
            setting,
            &name,
            &Given::Text(text),
            Origin::Variable(name.clone()),
        );
    }

    fn flag(&mut self, setting: &'static Setting, flags: &SettingFlags) {
        let Some(text) = flags.get(setting) else {
            return;
        };
        let name = format!("--{}", setting.flag());
        let text = if setting.is_secret() {
            match text_file::read_secret(Path::new(text)) {
                Ok(secret) => secret,
                Err(problem) => {
                    self.problems.push(format!("{name}: {problem}"));
                    return;
                }
            }
        } else {
            Secret::new(text.clone())
        };
        self.set(
            setting,
            &name,
            &Given::Text(text),
            Origin::Flag(name.clone()),
        );
    }

    fn set(&mut self, setting: &'static Setting, named: &str, given: &Given, origin: Origin) {
        match setting.set(&mut self.settings, given) {
            Ok(()) => {
                self.settings.origins.insert(setting.key, origin);
            }
            Err(reason) => self.problems.push(format!("{named}: {reason}")),
        }
    }
}
