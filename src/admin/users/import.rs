//! Import of users from a CSV file (RFC 4180) whose first row has the names of the columns. The whole file is checked
//! first, and errors have line and column; then all users are created, or none.

use std::{collections::HashMap, fmt};

use csv::{ReaderBuilder, StringRecord, Trim};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckedUser, UserInput, check_whole, fresh};
use crate::{
    admin::{
        AdminError, Applied, By, Change, nearest, object,
        password_links::{self, NewLink},
    },
    config::text_file,
    domain::{
        name::{Subject, comparison_key},
        team::Membership,
        user::User,
    },
    store::{StoreError, Tx},
};

/// Maximum number of users in one file.
pub const MOST: usize = 1_000;
/// Maximum size of a file, in bytes.
pub const LONGEST: usize = 512 * 1024;

/// Maximum number of columns read, and of characters of a name in an error.
const MOST_COLUMNS: usize = 100;
const LONGEST_NAME: usize = 60;

/// Known columns. They can be in any order, and a file can leave columns out.
const COLUMNS: &[&str] = &[
    USERNAME,
    "email",
    "email_verified",
    "given_name",
    "family_name",
    "locale",
    "zoneinfo",
    "teams",
];
const USERNAME: &str = "username";

/// Error in an imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminImportError")]
pub struct Wrong {
    /// Counted from 1, the first row's own.
    pub line: u64,
    /// `null` if it is the whole row.
    pub column: Option<&'static str>,
    pub reason: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.reason),
            None => write!(f, "line {}: {}", self.line, self.reason),
        }
    }
}

/// Reason why no user was created.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{}", lines(.0))]
    Wrong(Vec<Wrong>),
    #[error("{0}")]
    Admin(AdminError),
}

impl From<AdminError> for Refused {
    fn from(error: AdminError) -> Self {
        Refused::Admin(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Admin(error.into())
    }
}

fn lines(wrong: &[Wrong]) -> String {
    let lines: Vec<_> = wrong.iter().map(Wrong::to_string).collect();
    lines.join("\n")
}

/// User in an imported file, before or after it is created.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminImportedUser")]
pub struct Imported {
    pub line: u64,
    pub username: String,
    pub email: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub teams: Vec<Membership>,
    /// Set after the user is created.
    pub sub: Option<Subject>,
    /// Returned only once, if it was requested.
    pub link: Option<NewLink>,
}

/// A parsed file.
pub struct File {
    users: Vec<(u64, CheckedUser)>,
    wrong: Vec<Wrong>,
}

impl File {
    /// Parses the file and finds the errors that can be found without the database.
    pub fn read(text: &str) -> Self {
        let mut file = Self {
            users: Vec::new(),
            wrong: Vec::new(),
        };
        if text.len() > LONGEST {
            let reason = format!("the file must be at most {} KiB", LONGEST / 1024);
            file.is_wrong(1, None, reason);
            return file;
        }
        let rows = rows(text);
        let Some(((at, names), rows)) = rows.split_first() else {
            file.is_wrong(
                1,
                None,
                "the file is empty. The first row must name the columns",
            );
            return file;
        };
        // RFC 4180 §2, rules 5 to 7: quotes come in pairs. The reader takes all that follows an open one for one value.
        if text.matches('"').count() % 2 == 1 {
            let at = rows.last().map_or(*at, |(last, _)| *last);
            file.is_wrong(at, None, "a quotation mark is opened here but not closed");
            return file;
        }
        let Some(columns) = file.columns(*at, names) else {
            return file;
        };
        let mut seen = HashMap::new();
        for (at, row) in rows.iter().take(MOST) {
            file.row(&columns, *at, row, &mut seen);
        }
        if let Some((at, _)) = rows.get(MOST) {
            let reason = format!("the file has more than {MOST} users. Split it");
            file.is_wrong(*at, None, reason);
        }
        if file.users.is_empty() && file.wrong.is_empty() {
            file.is_wrong(2, None, "the file contains no users");
        }
        file
    }

    fn is_wrong(&mut self, line: u64, column: Option<&'static str>, reason: impl Into<String>) {
        self.wrong.push(Wrong {
            line,
            column,
            reason: reason.into(),
        });
    }

    /// Columns in the first row; `None` if one is unknown.
    fn columns(&mut self, at: u64, row: &StringRecord) -> Option<Vec<&'static str>> {
        let mut columns = Vec::new();
        // A file with more columns is not a list of users.
        for name in row.iter().take(MOST_COLUMNS) {
            let known = COLUMNS
                .iter()
                .find(|known| name.eq_ignore_ascii_case(known));
            match known {
                Some(known) if columns.contains(known) => {
                    self.is_wrong(at, Some(known), "appears twice");
                }
                Some(known) => columns.push(*known),
                None => self.is_wrong(at, None, unknown(name)),
            }
        }
        if self.wrong.is_empty() && !columns.contains(&USERNAME) {
            self.is_wrong(at, Some(USERNAME), "column is required");
        }
        self.wrong.is_empty().then_some(columns)
    }

    fn row(
        &mut self,
        columns: &[&'static str],
        at: u64,
        row: &StringRecord,
        seen: &mut HashMap<String, (u64, &'static str)>,
    ) {
        // Spreadsheets can add rows of only commas at the end.
        if row.iter().all(str::is_empty) {
            return;
        }
        if row.len() != columns.len() {
            let values = match row.len() {
                1 => "1 value".to_owned(),
                count => format!("{count} values"),
            };
            let reason = format!("has {values} for {} columns", columns.len());
            self.is_wrong(at, None, reason);
            return;
        }
        let before = self.wrong.len();
        let mut input = UserInput::default();
        for (column, text) in columns.iter().copied().zip(row) {
            if text.contains('\u{fffd}') {
                self.is_wrong(at, Some(column), "is not UTF-8. Save the file as UTF-8");
            } else if let Err(reason) = put(&mut input, column, text) {
                self.is_wrong(at, Some(column), reason);
            }
            if matches!(column, USERNAME | "email") && !text.is_empty() {
                // One namespace: no two users can share a sign-in name.
                let (first, of) = *seen.entry(comparison_key(text)).or_insert((at, column));
                if first != at && of == column {
                    self.is_wrong(at, Some(column), format!("is a duplicate of line {first}"));
                } else if first != at {
                    let reason = format!("is the {of} on line {first}");
                    self.is_wrong(at, Some(column), reason);
                }
            }
        }
        match input.check(None) {
            Ok(user) if self.wrong.len() == before => self.users.push((at, user)),
            Ok(_) => {}
            Err(AdminError::Invalid { field, reason }) => self.is_wrong(at, named(&field), reason),
            Err(other) => self.is_wrong(at, None, other.to_string()),
        }
    }

    /// All errors in the order of the lines: in the file itself, and conflicts with existing users.
    pub fn wrong(&self, tx: &Tx) -> Result<Vec<Wrong>, AdminError> {
        let mut wrong = self.wrong.clone();
        for (line, input) in &self.users {
            let (column, reason) = match check_whole(tx, &user(tx, input)) {
                Ok(()) => continue,
                Err(AdminError::Exists { .. }) => (Some(USERNAME), "is already in use".to_owned()),
                Err(AdminError::Invalid { field, reason }) => (named(&field), reason),
                Err(other) => return Err(other),
            };
            wrong.push(Wrong {
                line: *line,
                column,
                reason,
            });
        }
        wrong.sort_by_key(|wrong| wrong.line);
        Ok(wrong)
    }

    /// Users that the import would create.
    pub fn preview(&self, tx: &Tx) -> Vec<Imported> {
        let users = self.users.iter();
        users
            .map(|(line, input)| shown(*line, &user(tx, input)))
            .collect()
    }

    /// Creates all users, each with a link to set a first password if there is an `issuer` for it.
    pub fn create(
        self,
        tx: &Tx,
        by: &By,
        issuer: Option<&str>,
    ) -> Result<Applied<Vec<Imported>>, Refused> {
        let wrong = self.wrong(tx)?;
        if !wrong.is_empty() {
            return Err(Refused::Wrong(wrong));
        }
        let mut all = Vec::new();
        for (line, input) in self.users {
            let made: User = object::create(tx, by, input)?.value;
            let link = issuer.map(|issuer| password_links::make(tx, by, made.sub.as_str(), issuer));
            all.push(Imported {
                link: link.transpose()?.map(|made| made.value),
                sub: Some(made.sub.clone()),
                ..shown(line, &made)
            });
        }
        Ok(Applied::new(all, Change::Created))
    }
}

fn shown(line: u64, user: &User) -> Imported {
    Imported {
        line,
        username: user.username.clone(),
        email: user.profile.email.clone(),
        given_name: user.profile.given_name.clone(),
        family_name: user.profile.family_name.clone(),
        teams: user.teams.clone(),
        sub: None,
        link: None,
    }
}

/// User as it would be created.
fn user(tx: &Tx, input: &CheckedUser) -> User {
    let username = input.input.username.clone().unwrap_or_default();
    let user = fresh(Subject::trusted(""), username, tx.now_ms);
    input.clone().applied_to(user)
}

/// Rows with their line numbers. Empty lines are skipped.
fn rows(text: &str) -> Vec<(u64, StringRecord)> {
    let text = text_file::without_mark(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let (mut line, mut counted) = (1, 0);
    // With flexible row lengths, the parser accepts any UTF-8.
    let rows = reader.records().flatten().map(|row| {
        // The position of a row is the end of the previous one, before any empty lines.
        let ended = row.position().map_or(0, csv::Position::byte);
        let ended = usize::try_from(ended).unwrap_or(usize::MAX);
        let rest = text.get(ended..).unwrap_or_default();
        let begins = text.len() - rest.trim_start_matches('\n').len();
        let between = text.get(counted..begins).unwrap_or_default();
        line += between.matches('\n').count() as u64;
        counted = begins;
        (line, row)
    });
    rows.collect()
}

/// Column of a member, whose name can have an index.
fn named(field: &str) -> Option<&'static str> {
    let name = field.split(['[', '.']).next().unwrap_or_default();
    COLUMNS.iter().copied().find(|column| *column == name)
}

/// Error for a name in the first row.
fn unknown(name: &str) -> String {
    let name: String = name.chars().take(LONGEST_NAME).collect();
    let near = nearest(&name, COLUMNS.iter().copied());
    match near {
        _ if name.contains([';', '\t']) => {
            "columns must be separated by commas. Save the file as CSV (comma)".into()
        }
        Some(near) => format!("unknown column {name:?}. Did you mean {near:?}?"),
        None => format!("unknown column {name:?}. Allowed: {}", COLUMNS.join(", ")),
    }
}

fn put(input: &mut UserInput, column: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return match column {
            USERNAME => Err("is required".into()),
            _ => Ok(()),
        };
    }
    let given = Some(text.to_owned());
    match column {
        USERNAME => input.username = given,
        "email" => input.email = given,
        "email_verified" => input.email_verified = Some(truth(text)?),
        "given_name" => input.given_name = given,
        "family_name" => input.family_name = given,
        "locale" => input.locale = given,
        "zoneinfo" => input.zoneinfo = given,
        _ => {
            let teams = text
                .split(';')
                .map(str::trim)
                .filter(|team| !team.is_empty());
            let teams: Result<_, _> = teams.map(str::parse::<Membership>).collect();
            input.teams = Some(teams?);
        }
    }
    Ok(())
}

/// Spreadsheets write `TRUE`, people write `yes`.
fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}
