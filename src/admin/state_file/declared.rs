//! The objects that a file declares: `[[scope]]`, `[[team]]`, `[[user]]` and so on.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{
    by_kind::ByKind,
    document::{Source, Value, kind},
    entry::{Entry, Lines},
};
use crate::{
    admin::{AdminError, Kind, object::Managed, register::each_kind},
    config::text_file,
    domain::{object::Object, user::User},
};

/// An object, with the places of its members.
#[derive(Clone, Debug)]
pub(super) struct Declared<T> {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) input: T,
    lines: Lines,
    /// The file that a member such as `client_secret_file` names.
    secret_file: Option<String>,
}

/// Everything that a file declares, in its order.
#[derive(Clone, Default)]
pub struct Declarations(ByKind);

/// Location and text of an error.
pub(super) type Problem = (usize, String);

impl Declarations {
    pub(super) fn of<M: Managed>(&self) -> &[Declared<M::Input>] {
        self.0.of(M::KIND)
    }

    /// Derives the `sub` of each new user without one from the username.
    pub fn derive_subs(&mut self) {
        let mut users = self.of::<User>().to_vec();
        for user in &mut users {
            user.input.derives_sub = true;
        }
        self.0.put(User::KIND, users);
    }
}

impl<T> Declared<T> {
    /// Line of the object.
    pub(super) fn line(&self) -> usize {
        self.lines.table
    }

    /// The same object, after the next parsing step.
    pub(super) fn with<U>(&self, input: U) -> Declared<U> {
        Declared {
            kind: self.kind,
            name: self.name.clone(),
            input,
            lines: self.lines.clone(),
            secret_file: self.secret_file.clone(),
        }
    }

    /// Location of a client's declared secret: `keyfob.toml:12`, and the secret file named there.
    pub(super) fn secret_place(&self, file: &str) -> Option<String> {
        if let Some(path) = &self.secret_file {
            let line = self.lines.of("client_secret_file");
            return Some(format!("{file}:{line} (client_secret_file {path:?})"));
        }
        let line = self.lines.of("client_secret");
        let has = self.lines.has("client_secret");
        has.then(|| format!("{file}:{line} (client_secret)"))
    }

    /// Error of the object, with its line in the file.
    pub(super) fn problem(&self, error: &AdminError) -> Problem {
        let (line, what) = match error {
            AdminError::Invalid { field, reason } => {
                (self.lines.of(field), format!("{field}: {reason}"))
            }
            other => (self.lines.table, other.to_string()),
        };
        (line, format!("{} {:?}: {what}", self.kind, self.name))
    }

    pub(super) fn member_problem(&self, member: &str, reason: &str) -> Problem {
        let what = format!("{} {:?}: {member}: {reason}", self.kind, self.name);
        (self.lines.of(member), what)
    }
}

impl Declarations {
    pub fn is_empty(&self) -> bool {
        self.count().iter().all(|(_, count)| *count == 0)
    }

    /// Number of passwords and client secrets to hash.
    pub(super) fn secrets(&self) -> usize {
        let mut count = 0;
        each_kind!(M => {
            let objects = self.of::<M>().iter();
            count += objects.filter(|object| M::has_secret(&object.input)).count();
        });
        count
    }

    /// Number of objects of each kind.
    pub fn count(&self) -> Vec<(Kind, usize)> {
        let mut counts = Vec::new();
        each_kind!(M => { counts.push((M::KIND, self.of::<M>().len())) });
        counts
    }
}

/// Reads the tables and checks all that needs no database.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) declarations: Declarations,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads the objects under `key`, and returns whether it is a key for objects.
    pub(super) fn read(&mut self, key: &str, line: usize, value: &Value) -> bool {
        each_kind!(M => {
            if key == M::KIND.as_str() {
                let objects = self.objects::<M>(value, line);
                for object in &objects {
                    if let Err(error) = M::validate(&object.input) {
                        self.problems.push(object.problem(&error));
                    }
                }
                self.declarations.0.put(M::KIND, objects);
                return true;
            }
        });
        false
    }

    /// The objects of one kind. Each has a name of its own.
    fn objects<M: Managed>(&mut self, value: &Value, line: usize) -> Vec<Declared<M::Input>> {
        let (object, name_key, known) = (M::KIND, M::DECLARED_NAME, M::declared_members());
        let Some(tables) = value.get_ref().as_array() else {
            let what = format!(
                "{object}: must be [[{object}]], not {}",
                kind(value.get_ref())
            );
            self.problems.push((line, what));
            return Vec::new();
        };
        let mut objects = Vec::new();
        let mut names = HashMap::new();
        for element in tables {
            let line = self.source.line(element.span().start);
            let Some(table) = element.get_ref().as_table() else {
                let what = format!("{object}: must be a table, not {}", kind(element.get_ref()));
                self.problems.push((line, what));
                continue;
            };
            let mut entry = Entry::new(self.source, table, line);
            let Some(name) = entry.text(name_key).map(str::to_owned) else {
                let reason = match entry.lines.has(name_key) {
                    true => "must be a string",
                    false => "is required",
                };
                let at = entry.lines.of(name_key);
                self.problems
                    .push((at, format!("{object}: {name_key}: {reason}")));
                continue;
            };
            let label = |problem: Problem| (problem.0, format!("{object} {name:?}: {}", problem.1));
            if let Some(first) = names.insert(M::declared_key(&name), line) {
                let reason = format!("{name_key}: already declared in line {first}");
                self.problems
                    .push(label((entry.lines.of(name_key), reason)));
                continue;
            }
            let secrets = self.read_secret_file(&mut entry);
            let read = secrets.and_then(|file| Ok((file, entry.read(&known)?)));
            match read {
                Ok((secret_file, (input, lines))) => objects.push(Declared {
                    kind: object,
                    name,
                    input,
                    lines,
                    secret_file,
                }),
                Err(problems) => self.problems.extend(problems.into_iter().map(label)),
            }
        }
        objects
    }

    /// Reads the file of `password_file` or `client_secret_file` into `password` or `client_secret`, without the final
    /// line break. Returns the file's name.
    fn read_secret_file(&self, entry: &mut Entry) -> Result<Option<String>, Vec<Problem>> {
        let mut named = None;
        for member in ["password", "client_secret"] {
            let file = format!("{member}_file");
            let line = entry.lines.of(&file);
            let problem = |what: String| Err(vec![(line, format!("{file}: {what}"))]);
            match entry.members.remove(&file) {
                None => {}
                Some(_) if entry.members.contains_key(member) => {
                    return problem(format!("cannot be combined with {member}"));
                }
                // An uploaded text must not read files of this machine.
                Some(Json::String(_)) if self.source.is_pasted() => {
                    return problem(
                        "must not be set here: a file path is allowed only in a file on this server".into(),
                    );
                }
                Some(Json::String(path)) => {
                    match text_file::read_secret(&self.source.resolve(&path)) {
                        Ok(secret) => {
                            entry
                                .members
                                .insert(member.to_owned(), secret.expose().into());
                            named = Some(path);
                        }
                        Err(reason) => return problem(reason),
                    }
                }
                Some(_) => return problem("must be a string".into()),
            }
        }
        Ok(named)
    }
}
