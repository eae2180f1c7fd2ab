//! `keyfob.toml`: the server's settings and the objects it declares.
//!
//! Owns the structure of the file, and reports errors with file, line and key. The module of each object decides which
//! values are valid.

mod apply;
mod by_kind;
mod checked;
mod declared;
mod document;
mod entry;
mod export;
mod file;
mod outcome;
mod problems;
mod stop;
mod together;
mod unmanage;

use std::path::Path;

use toml::de::DeArray;

pub use self::{
    apply::NotApplied,
    declared::Declarations,
    document::Source,
    export::{export, table},
    file::{Scalar, StateFile},
    outcome::{Action, MemberChange, Outcome, Step},
    problems::Problems,
};
use self::{
    declared::Reader,
    document::{Document, Value, integer, kind, unknown_key},
};
use crate::{
    admin::register,
    config::{
        settings::{Given, SETTINGS},
        text_file,
    },
    domain::secret::Secret,
};

/// Maximum number of passwords and client secrets in an uploaded text. Hashing each takes 30 ms, in which users who
/// sign in may wait; a `password_hash` takes no time.
const MOST_SECRETS: usize = 100;

impl StateFile {
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let text = text_file::read(path).map_err(Problems::one)?;
        Self::from(Document::parse(path, &text)?)
    }

    /// One setting of a file, which may contain errors elsewhere.
    pub fn read_setting(path: &Path, key: &str) -> Result<Self, Problems> {
        let text = text_file::read(path).map_err(Problems::one)?;
        let mut document = Document::parse(path, &text)?;
        let root = document.root.into_iter();
        document.root = root.filter(|(name, _)| name.get_ref() == key).collect();
        Self::from(document)
    }

    /// The same for a text without a file; `name` is used as the file name.
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        Self::from(Document::parse(Path::new(name), text)?)
    }

    /// The same for an uploaded text: it cannot refer to files of this machine.
    pub fn pasted(name: &str, text: &str) -> Result<Self, Problems> {
        let mut document = Document::parse(Path::new(name), text)?;
        document.source = document.source.pasted();
        let file = Self::from(document)?;
        let secrets = file.declarations.secrets();
        if secrets > MOST_SECRETS {
            return Err(Problems::one(format!(
                "{name}: contains {secrets} passwords and client secrets; the limit here is {MOST_SECRETS}. Use \
                 password_hash, split the file, or run keyfob config apply"
            )));
        }
        Ok(file)
    }

    fn from(document: Document) -> Result<Self, Problems> {
        let source = document.source;
        let mut scalars = Vec::new();
        let mut reader = Reader {
            source: &source,
            declarations: Declarations::default(),
            problems: Vec::new(),
        };
        for (key, value) in document.root {
            let line = source.line(key.span().start);
            let key = key.into_inner().into_owned();
            if reader.read(&key, line, &value) {
                continue;
            }
            match scalar(&key, &value) {
                Ok(given) => scalars.push(Scalar { key, line, given }),
                Err(problem) => reader.problems.push((line, problem)),
            }
        }
        let (declarations, mut problems) = (reader.declarations, reader.problems);
        problems.extend(together::check(&declarations));
        if problems.is_empty() {
            return Ok(Self {
                source,
                scalars,
                declarations,
            });
        }
        Err(source.problems(problems))
    }
}

fn scalar(key: &str, value: &Value) -> Result<Given, String> {
    let objects = register::kinds();
    let keys = || {
        let files = SETTINGS.iter().filter_map(|setting| setting.file_key());
        let scalars = SETTINGS.iter().map(|setting| setting.key);
        scalars
            .chain(files)
            .chain(objects.iter().map(|kind| kind.as_str()))
    };
    if !keys().any(|known| known == key) {
        return Err(unknown_key(key, keys()));
    }
    let value = value.get_ref();
    if let Some(text) = value.as_str() {
        return Ok(Given::Text(Secret::new(text)));
    }
    if let Some(number) = integer(value) {
        return Ok(Given::Integer(number));
    }
    if let Some(on) = value.as_bool() {
        return Ok(Given::Switch(on));
    }
    let texts = |values: &DeArray| -> Option<Vec<String>> {
        let text = |value: &Value| value.get_ref().as_str().map(str::to_owned);
        values.iter().map(text).collect()
    };
    match value.as_array().and_then(texts) {
        Some(texts) => Ok(Given::List(texts)),
        None => Err(format!("{key}: cannot be {}", kind(value))),
    }
}
