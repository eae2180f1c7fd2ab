//! A TOML file in which everything knows its line.

use std::path::{Path, PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Problems;
use crate::{admin::nearest, config::text_file};

pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Source of a text: its name and the offsets of its lines.
#[derive(Clone, Debug)]
pub struct Source {
    shown: String,
    name: String,
    /// `None` for a text that is in no file of this machine.
    folder: Option<PathBuf>,
    newlines: Vec<usize>,
}

/// A text that is TOML.
pub(super) struct Document<'t> {
    pub(super) source: Source,
    pub(super) root: DeTable<'t>,
}

impl Source {
    fn new(path: &Path, text: &str) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self {
            shown: path.display().to_string(),
            name: name.to_string_lossy().into_owned(),
            folder: Some(path.parent().map(Path::to_owned).unwrap_or_default()),
            newlines: text.match_indices('\n').map(|(at, _)| at).collect(),
        }
    }

    /// The same for an uploaded text.
    pub(super) fn pasted(mut self) -> Self {
        self.folder = None;
        self
    }

    pub(super) fn is_pasted(&self) -> bool {
        self.folder.is_none()
    }

    /// The file as the operator named it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The file's name without its folder: by it is known what manages an object.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A path in the file is meant from the file's folder on.
    pub fn resolve(&self, path: &str) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join(path),
            None => path.into(),
        }
    }

    /// Line number of the byte.
    pub(super) fn line(&self, at: usize) -> usize {
        self.newlines.partition_point(|newline| *newline < at) + 1
    }

    /// All errors, in the order of the lines.
    pub(super) fn problems(&self, mut problems: Vec<(usize, String)>) -> Problems {
        problems.sort();
        let place = |(line, problem)| format!("{}: {problem}", self.place(line));
        Problems(problems.into_iter().map(place).collect())
    }

    /// `keyfob.toml:12`, for a message.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.shown)
    }
}

impl<'t> Document<'t> {
    /// TOML syntax error, without the line itself, which may contain a secret.
    pub(super) fn parse(path: &Path, text: &'t str) -> Result<Self, Problems> {
        let text = text_file::without_mark(text);
        let source = Source::new(path, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        // One mistake causes further errors of the parser.
        if let Some(error) = errors.first() {
            let span = error.span().unwrap_or_default();
            let place = source.place(source.line(span.start));
            let key = text.get(span).unwrap_or_default();
            return Err(Problems::one(match error.message() {
                message @ "duplicate key" => format!("{place}: {key}: {message}"),
                message => format!("{place}: {message}"),
            }));
        }
        Ok(Self {
            source,
            root: root.into_inner(),
        })
    }
}

/// Type of a value, for an error message.
pub(super) fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn integer(value: &DeValue) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Error for an unknown key, with the known key that was probably meant.
pub(super) fn unknown_key<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(key, known) {
        Some(near) => format!("{key}: unknown key. Did you mean {near}?"),
        None => format!("{key}: unknown key"),
    }
}
