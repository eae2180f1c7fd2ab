//! Output of data: a table for people, JSON for programs. Data goes to stdout, everything else to stderr.

use std::io::{self, ErrorKind, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::Failure;
use crate::app::log_queue;

/// Rows that are read and printed at a time.
pub(super) const PAGE: u32 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Table for people
    Table,
    /// One JSON document: an object or an array
    Json,
    /// JSON Lines: one object per line
    Jsonl,
}

/// Columns of a list and their values.
pub(super) struct Table<T> {
    pub(super) columns: &'static [&'static str],
    pub(super) cells: fn(&T) -> Vec<String>,
}

/// Prints a list page by page: `next` gets the last row and returns those after it. At most `most` rows.
pub(super) fn list<T: Serialize>(
    format: Format,
    table: &Table<T>,
    most: Option<u32>,
    mut next: impl FnMut(Option<&T>, u32) -> Result<Vec<T>, Failure>,
) -> Result<(), Failure> {
    let mut left = most.unwrap_or(u32::MAX);
    let mut empty = true;
    let mut widths = Vec::new();
    let mut last: Option<T> = None;
    if format == Format::Json {
        print("[")?;
    }
    while left > 0 {
        let wanted = left.min(PAGE);
        let mut page = next(last.as_ref(), wanted)?;
        match format {
            Format::Table => print_page(table, &page, &mut widths, last.is_none())?,
            Format::Json => print_elements(&page, last.is_none())?,
            Format::Jsonl => page.iter().try_for_each(|row| line(&json(row)?))?,
        }
        empty &= page.is_empty();
        let full = page.len() == usize::try_from(wanted).unwrap_or(usize::MAX);
        left -= u32::try_from(page.len()).unwrap_or(left).min(left);
        match page.pop() {
            Some(row) if full => last = Some(row),
            _ => break,
        }
    }
    if format == Format::Json {
        line(if empty { "]" } else { "\n]" })?;
    }
    Ok(())
}

/// Headings are printed with the first page, whose rows determine the width of the columns.
fn print_page<T>(
    table: &Table<T>,
    page: &[T],
    widths: &mut Vec<usize>,
    first: bool,
) -> Result<(), Failure> {
    let mut rows: Vec<Vec<String>> = page.iter().map(table.cells).collect();
    if first {
        rows.insert(0, table.columns.iter().map(ToString::to_string).collect());
        *widths = (0..table.columns.len())
            .map(|column| {
                rows.iter()
                    .map(|row| width(&row[column]))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
    }
    rows.iter().try_for_each(|row| line(&padded(row, widths)))
}

fn padded(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, wide) in row.iter().zip(widths) {
        text.push_str(cell);
        text.extend(std::iter::repeat_n(
            ' ',
            wide.saturating_sub(width(cell)) + 2,
        ));
    }
    text.trim_end().to_owned()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn print_elements<T: Serialize>(page: &[T], first: bool) -> Result<(), Failure> {
    for (i, row) in page.iter().enumerate() {
        let comma = if first && i == 0 { "\n  " } else { ",\n  " };
        print(&format!("{comma}{}", json(row)?))?;
    }
    Ok(())
}

/// Prints one object: for people, one line per member with a value.
pub(super) fn object<T: Serialize>(format: Format, value: &T) -> Result<(), Failure> {
    let value = serde_json::to_value(value).map_err(Failure::other)?;
    match (format, value) {
        (Format::Table, Value::Object(members)) => {
            let shown = |value: &Value| match value {
                Value::Null => None,
                Value::Array(elements) if elements.is_empty() => None,
                Value::Object(members) if members.is_empty() => None,
                value => Some(cell(value)),
            };
            let rows: Vec<_> = members
                .iter()
                .filter_map(|(name, value)| Some((name, shown(value)?)))
                .collect();
            let widest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
            rows.iter()
                .try_for_each(|(name, value)| line(&format!("{name:widest$}  {value}")))
        }
        (Format::Json, value) => {
            line(&serde_json::to_string_pretty(&value).map_err(Failure::other)?)
        }
        (_, value) => line(&value.to_string()),
    }
}

/// A value in a table.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Array(elements) => elements.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let set = members.iter().filter(|(_, value)| !value.is_null());
            let member = |(name, value): (&String, &Value)| format!("{name}={}", cell(value));
            set.map(member).collect::<Vec<_>>().join(" ")
        }
        value => value.to_string(),
    }
}

/// An optional value in a table.
pub(super) fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}

fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::other)
}

/// Prints one line of data.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// The reader may stop early (`| head`): this ends the output and is not a failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::NobodyReads),
        Err(error) => Err(Failure::other(error)),
    }
}

/// Tells the user at the terminal what was done.
pub(super) fn note(text: &str) {
    log_queue::print(&format!("{text}\n"));
}
