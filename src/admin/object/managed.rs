//! What a kind of managed object says of itself.

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
/// An implementation holds what is special to the kind: members, defaults, and what ends when it changes. It writes no
/// event and does not ask who may change the object: the verbs do.
pub trait Managed: Stored {
    /// Member of the input that names the object. It never changes.
    const NAME: &'static str;
    /// Members of [`Managed::changed_members`] whose values are shown nowhere, each with its name in the input.
    const SECRETS: &'static [(&'static str, &'static str)] = &[];
    /// Whether [`Managed::check`] may hash a password or secret, which takes about 30 ms.
    const HASHES: bool = false;
    /// Member of a declaration in a configuration file that names the object.
    const DECLARED_NAME: &'static str = Self::NAME;

    /// How the objects are listed.
    const LIST: List;
    /// What `/openapi.json` adds to what it says of every kind.
    const DESCRIBED: Described = Described::NOTHING;

    /// What the command line offers, unless the kind has a command of its own making in `cli`.
    const COMMANDS: Option<Commands<Self::View>> = None;

    /// Members as JSON or a configuration file has them; each may be absent.
    type Input: DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static;
    /// An input in which every member is valid by itself.
    type Checked: Clone + Send + Sync + 'static;
    /// The object as the API and the command line show it. Never a secret.
    type View: Serialize + JsonSchema + Send + 'static;

    /// Name of the object that people gave it, apart from what identifies it.
    fn title(&self) -> Option<String> {
        None
    }

    /// Whether this is another spelling of the object's name.
    fn is_called(&self, name: &str) -> bool {
        self.name() == name
    }

    /// What people call the object in a message.
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

    /// Refuses to restore an object whose name has been taken since.
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

    /// [`Managed::check`] for a database of which nothing is kept: nothing is hashed.
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

    /// One page of the objects in whose names the text is found.
    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<Self::View>, AdminError>;

    fn shown(&self) -> Self::View;

    /// Answer to the creation of the object, with the secret that was made for it.
    fn made(&self, _secret: Option<&Secret>) -> Result<Value, AdminError> {
        as_members(&self.shown()).map(Value::Object)
    }

    /// [`Managed::shown`] with what belongs to the object and is stored elsewhere.
    fn view(&self, _tx: &Tx) -> Result<Self::View, AdminError> {
        Ok(self.shown())
    }

    /// Every member of the input that can be left out, with its default; `null` where that is no value at all. They
    /// are what `null` in a merge patch means.
    fn defaults(&self) -> Map<String, Value>;

    /// Gives members their defaults that only absence can express. `false` if the kind has no such members.
    fn clear(_input: &mut Self::Input, _members: &[String]) -> bool {
        false
    }

    /// Before any declaration of a file is applied: gives up what the object has and will not have any more, so that
    /// another one can have it, whatever their order.
    fn make_way(_tx: &Tx, _input: &Self::Checked) -> Result<(), StoreError> {
        Ok(())
    }

    /// The input of a declaration, with what stays as it is unless the declaration says otherwise.
    fn complete(input: Self::Checked, _before: Option<&Self>) -> Result<Self::Checked, AdminError> {
        Ok(input)
    }

    /// Writes what belongs to the object and is stored elsewhere, such as secrets. Returns a secret that was made.
    fn settle(
        &mut self,
        _tx: &Tx,
        _by: &By,
        _input: Option<&Self::Checked>,
    ) -> Result<Option<Secret>, AdminError> {
        Ok(None)
    }

    /// All that the input names and that does not exist, apart from [`Managed::check_forward_references`].
    fn missing_references(_tx: &Tx, _input: &Self::Checked) -> Result<Vec<AdminError>, AdminError> {
        Ok(Vec::new())
    }

    /// Refuses an input that names what does not exist and what a configuration file may declare further down.
    fn check_forward_references(
        _tx: &Tx,
        _input: &Self::Checked,
        _before: Option<&Self>,
    ) -> Result<(), AdminError> {
        Ok(())
    }

    /// Refuses an object that cannot be together with what else there is. What it named before may be gone.
    fn check_references(&self, _tx: &Tx, _before: Option<&Self>) -> Result<(), AdminError> {
        Ok(())
    }

    fn check_deletable(&self, _tx: &Tx, _by: &By) -> Result<(), AdminError> {
        Ok(())
    }

    /// The objects that may name others.
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

    /// Revokes what the object as it is now does not allow any more.
    fn revoke_lost(&self, _tx: &Tx, _before: &Self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The object as it stays once no configuration file declares it any more; `None` if it is deleted then.
    fn unmanaged(&self) -> Option<Self> {
        None
    }

    /// Notes what only a configuration file says of the object.
    fn note_declared(&self, _tx: &Tx, _input: &Self::Checked) -> Result<(), StoreError> {
        Ok(())
    }

    /// Names the object in an audit event.
    fn subject_of(&self, event: AuditEvent) -> AuditEvent {
        event.subject(self.name())
    }

    /// Whether an act needs the password given not long ago, as far as can be told before it is done.
    fn needs_recent_auth(_act: Act, _input: Option<&Self::Input>, _known: Option<&Self>) -> bool {
        false
    }

    /// The same for what came of a creation, change or restoration, before it is committed.
    fn is_dangerous(&self, _tx: &Tx, _before: Option<&Self>) -> Result<bool, AdminError> {
        Ok(false)
    }
}

/// What `/openapi.json` says of one kind alone.
#[derive(Clone, Copy)]
pub struct Described {
    /// Member of the input that a new object must have.
    pub required: Option<&'static str>,
    /// What follows the summary of a verb.
    pub summaries: &'static [(Act, &'static str)],
    /// When a verb needs the password given not long ago: what [`Managed::needs_recent_auth`] and
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

/// What an administrator does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Create,
    Update,
    Delete,
    Restore,
}
