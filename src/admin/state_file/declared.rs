//! The objects that a file declares: `[[scope]]`, `[[team]]`, `[[user]]`, `[[client]]`, `[[resource]]`.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{
    document::{Source, Value, kind},
    entry::{Entry, Lines},
    fields,
};
use crate::{
    admin::{
        AdminError, Kind, clients::ClientInput, object::Managed, resources::ResourceInput,
        scopes::ScopeInput, teams::TeamInput, trusted_issuers::TrustedIssuerInput,
        users::UserInput,
    },
    config::text_file,
    domain::{
        client_registration::ClientRegistration, name::comparison_key, resource::Resource,
        scope::Scope, team::Team,
    },
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
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub(super) scopes: Vec<Declared<ScopeInput>>,
    pub(super) teams: Vec<Declared<TeamInput>>,
    pub(super) users: Vec<Declared<UserInput>>,
    pub(super) clients: Vec<Declared<ClientInput>>,
    pub(super) resources: Vec<Declared<ResourceInput>>,
    pub(super) trusted_issuers: Vec<Declared<TrustedIssuerInput>>,
}

/// Where something is wrong, and what.
pub(super) type Problem = (usize, String);

impl Declarations {
    /// Lets each new user without a `sub` have one that follows from the username.
    pub fn derive_subs(&mut self) {
        for user in &mut self.users {
            user.input.derives_sub = true;
        }
    }
}

impl<T> Declared<T> {
    /// The line on which the object stands.
    pub(super) fn line(&self) -> usize {
        self.lines.table
    }

    /// The same object, read further.
    pub(super) fn with<U>(&self, input: U) -> Declared<U> {
        Declared {
            kind: self.kind,
            name: self.name.clone(),
            input,
            lines: self.lines.clone(),
            secret_file: self.secret_file.clone(),
        }
    }

    /// Where a client's secret is declared: `keyfob.toml:12`, and the file that is named there.
    pub(super) fn secret_place(&self, file: &str) -> Option<String> {
        if let Some(path) = &self.secret_file {
            let line = self.lines.of("client_secret_file");
            return Some(format!("{file}:{line} (client_secret_file {path:?})"));
        }
        let line = self.lines.of("client_secret");
        let has = self.lines.has("client_secret");
        has.then(|| format!("{file}:{line} (client_secret)"))
    }

    /// What is wrong with the object, at its place.
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

    /// How many passwords and client secrets are to be hashed.
    pub(super) fn secrets(&self) -> usize {
        let (users, clients) = (self.users.iter(), self.clients.iter());
        users.filter(|user| user.input.password.is_some()).count()
            + clients
                .filter(|client| client.input.client_secret.is_some())
                .count()
    }

    /// How many of each kind.
    pub fn count(&self) -> [(Kind, usize); 6] {
        [
            (Kind::Scope, self.scopes.len()),
            (Kind::Team, self.teams.len()),
            (Kind::User, self.users.len()),
            (Kind::Client, self.clients.len()),
            (Kind::Resource, self.resources.len()),
            (Kind::TrustedIssuer, self.trusted_issuers.len()),
        ]
    }
}

/// Reads the tables and checks all that needs no database.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) declarations: Declarations,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Whether `key` is one of those that hold objects; then they are read.
    pub(super) fn read(&mut self, key: &str, line: usize, value: &Value) -> bool {
        match key {
            "scope" => self.declarations.scopes = self.managed::<Scope>(value, line),
            "team" => self.declarations.teams = self.managed::<Team>(value, line),
            "user" => {
                let known = [fields::names::<UserInput>(), &["password_file"]].concat();
                let users = self.objects(Kind::User, "username", &known, value, line);
                self.validate(&users, UserInput::validate);
                self.declarations.users = users;
            }
            "client" => {
                let own = [
                    "client_id",
                    "client_secret",
                    "client_secret_file",
                    "disabled",
                ];
                let known = [fields::names::<ClientRegistration>(), &own].concat();
                let clients = self.objects(Kind::Client, "client_id", &known, value, line);
                self.validate(&clients, ClientInput::validate);
                self.declarations.clients = clients;
            }
            "resource" => self.declarations.resources = self.managed::<Resource>(value, line),
            "trusted_issuer" => {
                let known = fields::names::<TrustedIssuerInput>();
                let issuers = self.objects(Kind::TrustedIssuer, "issuer", known, value, line);
                self.validate(&issuers, TrustedIssuerInput::validate);
                self.declarations.trusted_issuers = issuers;
            }
            _ => return false,
        }
        true
    }

    /// The objects of a kind without a secret.
    fn managed<M: Managed<Input: Clone>>(
        &mut self,
        value: &Value,
        line: usize,
    ) -> Vec<Declared<M::Input>> {
        let known = fields::names::<M::Input>();
        let objects = self.objects(M::KIND, M::NAME, known, value, line);
        self.validate(&objects, |input: &M::Input| {
            M::check(input.clone(), None).map(drop)
        });
        objects
    }

    /// The objects of one kind. Each has a name of its own, under `name_key`.
    fn objects<T: DeserializeOwned>(
        &mut self,
        object: Kind,
        name_key: &str,
        known: &[&str],
        value: &Value,
        line: usize,
    ) -> Vec<Declared<T>> {
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
        for element in tables.iter() {
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
            let key = comparison_key(&name);
            let key = if object == Kind::User {
                key
            } else {
                name.clone()
            };
            if let Some(first) = names.insert(key, line) {
                let reason = format!("{name_key}: already declared in line {first}");
                self.problems
                    .push(label((entry.lines.of(name_key), reason)));
                continue;
            }
            let secrets = self.read_secret_file(&mut entry);
            let read = secrets.and_then(|file| Ok((file, entry.read(known)?)));
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

    /// Reads the file that `password_file` or `client_secret_file` names into `password` or `client_secret`, without the
    /// line break at its end. Returns the file's name.
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
                // A text that somebody has sent in must not have files of this machine read.
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

    fn validate<T>(
        &mut self,
        objects: &[Declared<T>],
        check: impl Fn(&T) -> Result<(), AdminError>,
    ) {
        for object in objects {
            if let Err(error) = check(&object.input) {
                self.problems.push(object.problem(&error));
            }
        }
    }
}
