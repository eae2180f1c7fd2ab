//! One `[[…]]` table of the file: its members with their lines, parsed into the input of the object's module.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value as Json, json};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::document::{Source, Value, integer, unknown_key};
use crate::domain::time::Lifetime;

/// Lines of the members of one object.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// Line of the table itself.
    pub(super) table: usize,
    members: BTreeMap<String, MemberLines>,
}

#[derive(Clone, Debug)]
struct MemberLines {
    key: usize,
    elements: Vec<usize>,
}

impl Lines {
    /// Line of `redirect_uris[1]` or of `scope`; without such a member, the line of the table.
    pub(super) fn of(&self, member: &str) -> usize {
        let (name, index) = member.split_once('[').unwrap_or((member, ""));
        let index = index.split(']').next().and_then(|index| index.parse().ok());
        let Some(lines) = self.members.get(name) else {
            return self.table;
        };
        index
            .and_then(|index: usize| lines.elements.get(index))
            .map_or(lines.key, |line| *line)
    }

    pub(super) fn has(&self, member: &str) -> bool {
        self.members.contains_key(member)
    }
}

/// An unparsed table.
pub(super) struct Entry {
    pub(super) members: Map<String, Json>,
    pub(super) lines: Lines,
}

impl Entry {
    pub(super) fn new(source: &Source, table: &DeTable, line: usize) -> Self {
        let mut members = Map::new();
        let mut lines = BTreeMap::new();
        for (key, value) in table {
            let elements = value.get_ref().as_array().map(|elements| {
                let line = |element: &Value| source.line(element.span().start);
                elements.iter().map(line).collect()
            });
            let member = MemberLines {
                key: source.line(key.span().start),
                elements: elements.unwrap_or_default(),
            };
            lines.insert(key.get_ref().to_string(), member);
            members.insert(key.get_ref().to_string(), plain(value.get_ref()));
        }
        Self {
            members,
            lines: Lines {
                table: line,
                members: lines,
            },
        }
    }

    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.members.get(member)?.as_str()
    }

    /// Parses the object, or reports every member that is unknown or has the wrong type. Values are never quoted: they
    /// may be secrets.
    pub(super) fn read<T: DeserializeOwned>(
        mut self,
        known: &[&str],
    ) -> Result<(T, Lines), Vec<(usize, String)>> {
        let mut problems = Vec::new();
        for (key, value) in &mut self.members {
            if !known.contains(&key.as_str()) {
                let problem = unknown_key(key, known.iter().copied());
                problems.push((self.lines.of(key), problem));
                continue;
            }
            if let (true, Some(text)) = (key.ends_with("_lifetime"), value.as_str()) {
                match text.parse::<Lifetime>() {
                    Ok(lifetime) => *value = lifetime.0.into(),
                    Err(error) => {
                        problems.push((self.lines.of(key), format!("{key}: {error}")));
                        continue;
                    }
                }
            }
            if let Err(error) = serde_json::from_value::<T>(json!({ key: &*value })) {
                let is_list = serde_json::from_value::<T>(json!({ key: [] })).is_ok();
                let reason = reason(&error.to_string(), is_list);
                problems.push((self.lines.of(key), format!("{key}: {reason}")));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        match serde_json::from_value(Json::Object(self.members)) {
            Ok(object) => Ok((object, self.lines)),
            Err(error) => Err(vec![(self.lines.table, reason(&error.to_string(), false))]),
        }
    }
}

/// Error of serde, without the value that it quotes.
fn reason(message: &str, is_list: bool) -> String {
    let Some((_, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "a string" if is_list => "a list of strings",
        "a string" => "a string",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u32" => "an integer",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a list of tables",
        other => other,
    };
    format!("must be {}", expected.replace('`', ""))
}

/// The same value without its positions.
fn plain(value: &DeValue) -> Json {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        // A number that JSON cannot express is not valid for any member.
        DeValue::Integer(number) => {
            integer(value).map_or_else(|| number.as_str().into(), Json::from)
        }
        DeValue::Float(number) => {
            let finite = number.as_str().parse().ok().and_then(Number::from_f64);
            finite.map_or_else(|| number.as_str().into(), Json::Number)
        }
        DeValue::Boolean(on) => (*on).into(),
        DeValue::Datetime(moment) => moment.to_string().into(),
        DeValue::Array(elements) => elements
            .iter()
            .map(|value| plain(value.get_ref()))
            .collect(),
        DeValue::Table(table) => {
            let member = |(key, value): (&Spanned<DeString>, &Value)| {
                (key.get_ref().to_string(), plain(value.get_ref()))
            };
            table.iter().map(member).collect()
        }
    }
}
