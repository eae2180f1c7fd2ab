//! Interface of a kind of managed object.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    admin::{
        AdminError, By, Kind, as_members,
        commands::Commands,
        differences, fields,
        listing::{Asked, List, Rows},
    },
    domain::{audit::AuditEvent, secret::Secret},
    store::{StoreError, Tx, objects::Stored},
};

/// A kind of object that is created, changed, declared in a configuration file, deleted and restored.
///
/// An implementation has the parts that only this kind has: members, defaults, and what a change revokes. Events and
/// permissions are handled by the verbs.
pub trait Managed: Stored {
    /// Member of the input that names the object. It never changes.
    const NAME: &'static str;
    /// Members of [`Managed::changed_members`] whose values are never shown, each with its name in the input.
    const SECRETS: &'static [(&'static str, &'static str)] = &[];
    /// Whether [`Managed::check`] may hash a password or secret, which takes about 30 ms.
    const HASHES: bool = false;
    /// Member of a declaration in a configuration file that names the object.
    const DECLARED_NAME: &'static str = Self::NAME;

    /// Name and orders of the list of objects.
    const LIST: List;
    /// Additions of this kind to `/openapi.json`.
    const DESCRIBED: Described = Described::NOTHING;

    /// Commands of the kind, unless it has its own in `cli`.
    const COMMANDS: Option<Commands<Self::View>> = None;

    /// Members as in JSON or a configuration file; each can be absent.
    type Input: DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static;
    /// An input in which every member is valid by itself.
    type Checked: Clone + Send + Sync + 'static;
    /// The object as the API and the command line show it. Never a secret.
    type View: Serialize + JsonSchema + Send + 'static;

    /// Display name of the object, apart from its identifier.
    fn title(&self) -> Option<String> {
        None
    }

    /// Whether this is another spelling of the object's name.
    fn is_called(&self, name: &str) -> bool {
        self.name() == name
    }

    /// Label of the object in messages.
    fn label(&self) -> &str {
        self.name()
    }

    /// The object of exactly this name.
    fn load(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError> {
        Self::get(tx, name)
    }

    /// The object that a person means by this name.
    fn find(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError> {
        Self::load(tx, name)
    }

    /// The object that a declaration is about.
    fn find_declared(tx: &Tx, input: &Self::Checked) -> Result<Option<Self>, StoreError> {
        match Self::name_in(input) {
            Some(name) => Self::load(tx, name),
            None => Ok(None),
        }
    }

    /// Deletes the object, and revokes what was issued on the strength of it.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        self.delete(tx)
    }

    /// Error if the name of a deleted object has been taken since.
    fn check_free(tx: &Tx, name: &str) -> Result<(), AdminError> {
        match Self::load(tx, name)? {
            Some(_) => Err(AdminError::exists(Self::KIND, name)),
            None => Ok(()),
        }
    }

    /// Checks each member by itself. A password or secret that `known` has already is not hashed again.
    fn check(input: Self::Input, known: Option<&Self>) -> Result<Self::Checked, AdminError>;

    /// Members that a declaration can have.
    fn declared_members() -> Vec<&'static str> {
        fields::names::<Self::Input>().to_vec()
    }

    /// Form of a declared name in which no two are the same.
    fn declared_key(name: &str) -> String {
        name.to_owned()
    }

    /// Checks a declaration by itself, without hashing.
    fn validate(input: &Self::Input) -> Result<(), AdminError> {
        Self::check(input.clone(), None).map(drop)
    }

    /// [`Managed::check`] for a plan whose changes are discarded: hashes nothing.
    fn check_unhashed(input: Self::Input) -> Result<Self::Checked, AdminError> {
        Self::check(input, None)
    }

    /// Whether the input has a password or secret that is hashed.
    fn has_secret(_input: &Self::Input) -> bool {
        false
    }

    /// The object that a declaration of this name is about, before the declaration is checked.
    fn known(tx: &Tx, _input: &Self::Input, name: &str) -> Result<Option<Self>, StoreError> {
        Self::load(tx, name)
    }

    /// The object as a configuration file declares it: its name, and what is not the default. `None` if it is there
    /// without a declaration.
    fn declaration(&self) -> Result<Option<Members>, AdminError> {
        declaration_of(self).map(Some)
    }

    /// Name that the input gives.
    fn name_in(input: &Self::Checked) -> Option<&str>;

    /// A new object with the name from the input and defaults otherwise.
    fn new(tx: &Tx, input: &Self::Checked) -> Result<Self, AdminError>;

    /// The object with its defaults and what no declaration can say: when it was created, a password.
    fn reset(&self) -> Self;

    /// The object with the members of the input.
    fn apply(self, input: Self::Checked) -> Result<Self, AdminError>;

    /// One page of the objects whose names contain the text.
    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<Self::View>, AdminError>;

    fn shown(&self) -> Self::View;

    /// Response to the creation of the object, with its generated secret.
    fn made(&self, _secret: Option<&Secret>) -> Result<Value, AdminError> {
        as_members(&self.shown()).map(Value::Object)
    }

    /// [`Managed::shown`] with what belongs to the object and is stored elsewhere.
    fn view(&self, _tx: &Tx) -> Result<Self::View, AdminError> {
        Ok(self.shown())
    }

    /// Optional members of the input with their defaults; `null` if the default is no value. These are the meaning of
    /// `null` in a merge patch.
    fn defaults(&self) -> Map<String, Value>;

    /// Resets members whose default can only be expressed by absence. `false` if the kind has no such members.
    fn clear(_input: &mut Self::Input, _members: &[String]) -> bool {
        false
    }

    /// Called before any declaration of a file is applied: releases unique values that the object will lose, so that
    /// another object can take them, in any order.
    fn make_way(_tx: &Tx, _input: &Self::Checked) -> Result<(), StoreError> {
        Ok(())
    }

    /// Input of a declaration, completed with the members that stay unchanged unless declared.
    fn complete(input: Self::Checked, _before: Option<&Self>) -> Result<Self::Checked, AdminError> {
        Ok(input)
    }

    /// Writes parts of the object that are stored separately, such as secrets. Returns a generated secret.
    fn settle(
        &mut self,
        _tx: &Tx,
        _by: &By,
        _input: Option<&Self::Checked>,
    ) -> Result<Option<Secret>, AdminError> {
        Ok(None)
    }

    /// All references of the input that do not exist, except those of [`Managed::check_forward_references`].
    fn missing_references(_tx: &Tx, _input: &Self::Checked) -> Result<Vec<AdminError>, AdminError> {
        Ok(Vec::new())
    }

    /// Checks references to objects that a configuration file can declare further down.
    fn check_forward_references(
        _tx: &Tx,
        _input: &Self::Checked,
        _before: Option<&Self>,
    ) -> Result<(), AdminError> {
        Ok(())
    }

    /// Checks for conflicts with other objects. References that it had before can be missing.
    fn check_references(&self, _tx: &Tx, _before: Option<&Self>) -> Result<(), AdminError> {
        Ok(())
    }

    fn check_deletable(&self, _tx: &Tx, _by: &By) -> Result<(), AdminError> {
        Ok(())
    }

    /// Objects that can refer to others.
    fn naming(_tx: &Tx) -> Result<Vec<Self>, StoreError> {
        Ok(Vec::new())
    }

    /// The object without the name of a deleted one; `None` if it does not name it.
    fn without(&self, _deleted: Deleted<'_>) -> Option<Self> {
        None
    }

    /// Members that differ from before, for the audit log.
    fn changed_members(&self, before: &Self) -> Result<Vec<String>, AdminError> {
        differences(&before.shown(), &self.shown())
    }

    /// Members of a new object that the audit log names.
    fn notable_members(&self) -> &'static [&'static str] {
        &[]
    }

    /// Notes the time of a change.
    fn touch(&mut self, _tx: &Tx) {}

    /// Revokes what the changed object no longer allows.
    fn revoke_lost(&self, _tx: &Tx, _before: &Self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The object after no configuration file declares it any longer; `None` if it is deleted then.
    fn unmanaged(&self) -> Option<Self> {
        None
    }

    /// Stores data that only a configuration file has for the object.
    fn note_declared(&self, _tx: &Tx, _input: &Self::Checked) -> Result<(), StoreError> {
        Ok(())
    }

    /// Names the object in an audit event.
    fn subject_of(&self, event: AuditEvent) -> AuditEvent {
        event.subject(self.name())
    }

    /// Whether an action requires a recently confirmed password, as far as is known before it runs.
    fn needs_recent_auth(_act: Act, _input: Option<&Self::Input>, _known: Option<&Self>) -> bool {
        false
    }

    /// The same for the result of a creation, change or restoration, before it is committed.
    fn is_dangerous(&self, _tx: &Tx, _before: Option<&Self>) -> Result<bool, AdminError> {
        Ok(false)
    }
}

/// Parts of `/openapi.json` that only this kind has.
#[derive(Clone, Copy)]
pub struct Described {
    /// Member of the input that a new object must have.
    pub required: Option<&'static str>,
    /// Text after the summary of a verb.
    pub summaries: &'static [(Act, &'static str)],
    /// Condition under which a verb requires a recently confirmed password, as [`Managed::needs_recent_auth`] and
    /// [`Managed::is_dangerous`] decide. Empty: always.
    pub recent_auth: &'static [(Act, &'static str)],
}

impl Described {
    pub const NOTHING: Self = Self {
        required: None,
        summaries: &[],
        recent_auth: &[],
    };

    pub fn summary(&self, act: Act) -> &'static str {
        of(self.summaries, act).unwrap_or_default()
    }

    pub fn recent_auth(&self, act: Act) -> Option<&'static str> {
        of(self.recent_auth, act)
    }
}

fn of(texts: &[(Act, &'static str)], act: Act) -> Option<&'static str> {
    texts
        .iter()
        .find(|(of, _)| *of == act)
        .map(|(_, text)| *text)
}

/// Members of a declaration, in its order.
pub type Members = Vec<(String, Value)>;

/// The name, and what is not the default.
pub(in crate::admin) fn declaration_of<M: Managed>(object: &M) -> Result<Members, AdminError> {
    let mut shown = as_members(&object.shown())?;
    let mut declared = vec![(M::NAME.to_owned(), object.name().into())];
    for (name, default) in object.defaults() {
        let value = shown.remove(&name).unwrap_or_default();
        if value != default {
            declared.push((name, value));
        }
    }
    Ok(declared)
}

/// Members by name, in this order.
pub(in crate::admin) fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Map::from_iter(members)
}

/// A deleted object.
#[derive(Clone, Copy, Debug)]
pub struct Deleted<'a> {
    pub kind: Kind,
    pub name: &'a str,
}

/// Action of an administrator on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Create,
    Update,
    Delete,
    Restore,
}
