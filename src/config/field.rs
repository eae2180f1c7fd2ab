//! Kinds of settings: storage, parsing and display.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ipnet::IpNet;
use serde_json::Value;

use super::{
    LogFormat, Metrics, Registration, Traces,
    given::{
        FOREVER, Given, algorithm, count, kept, lifetime, list, network, resource, scheme, scope,
        shown_list, switch, text,
    },
    input_file,
    values::Settings,
};
use crate::{
    branding::{self, Accent, InvalidColor, LARGEST_LOGO, Logo},
    crypto::keys::Algorithm,
    domain::{resource::ResourceUri, scope::ScopeSet, secret::Secret, time::Lifetime},
};

/// Location of a setting.
type Place<T> = fn(&mut Settings) -> &mut T;

pub(super) enum Field {
    Text(Place<String>),
    OptionalText(Place<Option<String>>),
    Path(Place<PathBuf>),
    OptionalPath(Place<Option<PathBuf>>),
    Count(Place<usize>),
    Lifetime(Place<Lifetime>),
    /// Without one it is for ever.
    Kept(Place<Option<Lifetime>>),
    Switch(Place<bool>),
    LogFormat(Place<LogFormat>),
    Metrics(Place<Metrics>),
    Traces(Place<Option<Traces>>),
    Registration(Place<Registration>),
    Algorithm(Place<Algorithm>),
    Scope(Place<ScopeSet>),
    Networks(Place<Vec<IpNet>>),
    Resources(Place<Vec<ResourceUri>>),
    Schemes(Place<Vec<String>>),
    Name(Place<Option<String>>),
    Accent(Place<Option<Arc<Accent>>>),
    Logo(Place<Option<Arc<Logo>>>),
    /// With the key for its file.
    Secret(&'static str, Place<Option<Secret>>),
}

impl Field {
    /// Stores the value, or returns why it is invalid.
    pub(super) fn set(&self, settings: &mut Settings, given: &Given) -> Result<(), String> {
        match self {
            Field::Text(place) => *place(settings) = text(given)?,
            Field::OptionalText(place) => *place(settings) = Some(text(given)?),
            Field::Path(place) => *place(settings) = text(given)?.into(),
            Field::OptionalPath(place) => *place(settings) = Some(text(given)?.into()),
            Field::Count(place) => *place(settings) = count(given)?,
            Field::Lifetime(place) => *place(settings) = lifetime(given)?,
            Field::Kept(place) => *place(settings) = kept(given)?,
            Field::Switch(place) => *place(settings) = switch(given)?,
            Field::LogFormat(place) => *place(settings) = text(given)?.parse()?,
            Field::Metrics(place) => *place(settings) = text(given)?.parse()?,
            Field::Traces(place) => *place(settings) = Some(text(given)?.parse()?),
            Field::Registration(place) => *place(settings) = text(given)?.parse()?,
            Field::Algorithm(place) => *place(settings) = algorithm(given)?,
            Field::Scope(place) => *place(settings) = scope(given)?,
            Field::Networks(place) => *place(settings) = list(given, "networks", network)?,
            Field::Resources(place) => *place(settings) = list(given, "resources", resource)?,
            Field::Schemes(place) => *place(settings) = list(given, "schemes", scheme)?,
            Field::Name(place) => *place(settings) = Some(branding::server_name(&text(given)?)?),
            Field::Accent(place) => {
                let color = text(given)?.parse();
                let color = color.map_err(|error: InvalidColor| error.to_string())?;
                *place(settings) = Some(Arc::new(Accent::new(color)));
            }
            Field::Logo(place) => {
                *place(settings) = Some(Arc::new(logo(text(given)?.as_ref())?));
            }
            Field::Secret(_, place) => *place(settings) = Some(Secret::new(text(given)?)),
        }
        Ok(())
    }

    /// The same for a value of the settings page, which contains an upload instead of a file name.
    pub(super) fn set_on_page(&self, settings: &mut Settings, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Field::Logo(place), Value::String(url)) => {
                *place(settings) = Some(Arc::new(Logo::from_data_url(url)?));
                Ok(())
            }
            (_, value) => match Given::from_json(value) {
                Some(given) => self.set(settings, &given),
                None => {
                    Err("must be a string, a number, true or false, or a list of strings".into())
                }
            },
        }
    }

    /// The value as `keyfob.toml` would have it; `None` if it is not set. A secret is not shown.
    pub(super) fn show(&self, settings: &Settings) -> Option<String> {
        // The table has one accessor for each setting, which needs `&mut`, so a copy is read.
        let settings = &mut settings.clone();
        let quoted = |text: &str| format!("{text:?}");
        match self {
            Field::Text(place) => Some(quoted(place(settings))),
            Field::OptionalText(place) => place(settings).as_deref().map(quoted),
            Field::Path(place) => Some(quoted(&place(settings).to_string_lossy())),
            Field::OptionalPath(place) => {
                let path = place(settings).as_ref();
                path.map(|path| quoted(&path.to_string_lossy()))
            }
            Field::Count(place) => Some(place(settings).to_string()),
            Field::Lifetime(place) => Some(quoted(&place(settings).to_string())),
            Field::Kept(place) => Some(quoted(&match place(settings) {
                Some(kept) => kept.to_string(),
                None => FOREVER.to_owned(),
            })),
            Field::Switch(place) => Some(place(settings).to_string()),
            Field::LogFormat(place) => Some(quoted(place(settings).as_str())),
            Field::Metrics(place) => Some(quoted(place(settings).as_str())),
            Field::Traces(place) => place(settings).map(|traces| quoted(traces.as_str())),
            Field::Registration(place) => Some(quoted(place(settings).as_str())),
            Field::Algorithm(place) => Some(quoted(place(settings).as_str())),
            Field::Scope(place) => Some(quoted(&place(settings).to_string())),
            Field::Networks(place) => shown_list(place(settings)),
            Field::Resources(place) => shown_list(place(settings)),
            Field::Schemes(place) => shown_list(place(settings)),
            Field::Name(place) => place(settings).as_deref().map(quoted),
            Field::Accent(place) => {
                let accent = place(settings).as_ref();
                accent.map(|accent| quoted(&accent.color.to_string()))
            }
            Field::Logo(place) => place(settings).as_ref().map(|logo| match &logo.file {
                Some(path) => quoted(&path.to_string_lossy()),
                None => quoted("(uploaded)"),
            }),
            Field::Secret(_, place) => place(settings).as_ref().map(|_| quoted("(set)")),
        }
    }
}

/// The picture in a file.
fn logo(path: &Path) -> Result<Logo, String> {
    let logo = input_file::read_start(path, LARGEST_LOGO + 1).and_then(Logo::new);
    Ok(Logo {
        file: Some(path.to_owned()),
        ..logo.map_err(|reason| format!("{}: {reason}", path.display()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_that_is_too_large_is_refused_with_the_name_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.resize(LARGEST_LOGO + 1, 0);
        std::fs::write(&path, &png).unwrap();
        let refusal = logo(&path).unwrap_err();
        assert!(
            refusal.ends_with("logo.png: must be at most 64 KB"),
            "{refusal}"
        );
        std::fs::write(&path, &png[..100]).unwrap();
        assert_eq!(logo(&path).unwrap().file, Some(path));
    }
}
