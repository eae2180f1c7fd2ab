//! The one mechanism of managed objects: what an administrator, a command or a configuration file does with an object,
//! whatever its kind. A kind says in [`Managed`] what it is; the verbs are the functions below.
//!
//! Every verb is a function on a `&Tx`, so that many of them can be one transaction. What is slow (hashing a password)
//! is done before, in [`Managed::check`].

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    AdminError, Applied, By, Change, Kind, as_members, differences,
    listing::{Asked, List, Rows},
    only_moved, record,
};
use crate::{
    domain::{audit::AuditEvent, event_names, secret::Secret},
    store::{StoreError, Tx},
};

/// A kind of object that is created, changed, declared in a configuration file, deleted and restored.
///
/// An implementation holds what is special to the kind: members, defaults, and what ends when it changes. It writes no
/// event and does not ask who may change the object: the verbs do.
pub trait Managed: Clone + Send + Sync + 'static {
    const KIND: Kind;
    /// Member of the input that names the object. It never changes.
    const NAME: &'static str;
    /// Members of [`Managed::changed_members`] whose values are shown nowhere, each with its name in the input.
    const SECRETS: &'static [(&'static str, &'static str)] = &[];
    /// Whether [`Managed::check`] may hash a password or secret, which takes about 30 ms.
    const HASHES: bool = false;

    /// How the objects are listed.
    const LIST: List;

    /// Members as JSON or a configuration file has them; each may be absent.
    type Input: DeserializeOwned + Send + 'static;
    /// An input in which every member is valid by itself.
    type Checked: Clone + Send + 'static;
    /// The object as the API and the command line show it. Never a secret.
    type View: Serialize + Send + 'static;

    /// What identifies the object.
    fn name(&self) -> &str;

    /// Whether this is another spelling of the object's name.
    fn is_called(&self, name: &str) -> bool {
        self.name() == name
    }

    /// What people call the object in a message.
    fn label(&self) -> &str {
        self.name()
    }

    /// Place in the configuration file that declares it (`keyfob.toml:42`), if one does.
    fn managed_by(&self) -> Option<&str>;
    fn set_managed_by(&mut self, place: Option<String>);

    /// The object of exactly this name.
    fn load(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError>;

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

    /// Names of the objects that the configuration file of this name declares, or did.
    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError>;

    /// Inserts the object or replaces it.
    fn put(&self, tx: &Tx) -> Result<(), StoreError>;

    /// Archives and deletes the object, and revokes what was issued on the strength of it.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError>;

    /// Brings the object back from the archive, without references to what is no longer there. `false` if it was not
    /// archived.
    fn unarchive(tx: &Tx, name: &str) -> Result<bool, StoreError>;

    /// Refuses to restore an object whose name has been taken since.
    fn check_free(tx: &Tx, name: &str) -> Result<(), AdminError> {
        match Self::load(tx, name)? {
            Some(_) => Err(exists(Self::KIND, name)),
            None => Ok(()),
        }
    }

    /// Checks each member by itself. A password or secret that `known` has already is not hashed again.
    fn check(input: Self::Input, known: Option<&Self>) -> Result<Self::Checked, AdminError>;

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

    /// The object without the name of a deleted one; `None` if it does not name it.
    fn without(&self, _deleted: Deleted<'_>) -> Option<Self> {
        None
    }

    fn is_disabled(&self) -> bool {
        false
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
    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError>;

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

/// Members by name, in this order.
pub(super) fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
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

/// The object of this name.
pub fn get<M: Managed>(tx: &Tx, name: &str) -> Result<M, AdminError> {
    M::find(tx, name)?.ok_or_else(|| AdminError::not_found(M::KIND, name))
}

/// Adds an object. What the input leaves out has its default.
pub fn create<M: Managed>(tx: &Tx, by: &By, input: M::Checked) -> Result<Applied<M>, AdminError> {
    M::check_forward_references(tx, &input, None)?;
    insert(tx, by, input)
}

fn insert<M: Managed>(tx: &Tx, by: &By, input: M::Checked) -> Result<Applied<M>, AdminError> {
    let new = M::new(tx, &input)?;
    if let Some(other) = M::load(tx, new.name())? {
        return Err(exists(M::KIND, other.name()));
    }
    let mut object = new.apply(input.clone())?;
    object.set_managed_by(by.manager(None));
    object.check_references(tx, None)?;
    object.put(tx)?;
    let secret = object.settle(tx, by, Some(&input))?;
    let notable = object.notable_members().iter();
    let notable: Vec<String> = notable.map(ToString::to_string).collect();
    write_event(tx, by, &object, "created", &notable)?;
    Ok(Applied::new(object, Change::Created).with_secret(secret))
}

/// Changes what is given.
pub fn update<M: Managed>(
    tx: &Tx,
    by: &By,
    name: &str,
    input: M::Checked,
) -> Result<Applied<M>, AdminError> {
    let before = get::<M>(tx, name)?;
    check_name(&before, &input)?;
    M::check_forward_references(tx, &input, Some(&before))?;
    let after = before.clone().apply(input.clone())?;
    save(tx, by, before, after, Some(&input))
}

/// Makes the object what the input says, whether it exists or not. What the input leaves out gets its default. The
/// caller checks [`Managed::check_forward_references`] once everything is declared.
pub fn declare<M: Managed>(tx: &Tx, by: &By, input: M::Checked) -> Result<Applied<M>, AdminError> {
    let before = M::find_declared(tx, &input)?;
    let input = M::complete(input, before.as_ref())?;
    let Some(before) = before else {
        return insert(tx, by, input);
    };
    check_name(&before, &input)?;
    let after = before.reset().apply(input.clone())?;
    save(tx, by, before, after, Some(&input))
}

/// Writes a change, if the caller is allowed to make it.
pub(super) fn save<M: Managed>(
    tx: &Tx,
    by: &By,
    before: M,
    after: M,
    input: Option<&M::Checked>,
) -> Result<Applied<M>, AdminError> {
    by.may_change(M::KIND, before.label(), before.managed_by())?;
    write(tx, by, before, after, input)
}

/// Writes a change. `input` is where it comes from, if it comes from one.
pub(super) fn write<M: Managed>(
    tx: &Tx,
    by: &By,
    before: M,
    mut after: M,
    input: Option<&M::Checked>,
) -> Result<Applied<M>, AdminError> {
    after.set_managed_by(by.manager(before.managed_by()));
    let secret = after.settle(tx, by, input)?;
    let changed = after.changed_members(&before)?;
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    if only_moved(&changed, before.managed_by(), after.managed_by()) {
        after.put(tx)?;
        return Ok(Applied::new(after, Change::Unchanged));
    }
    after.check_references(tx, Some(&before))?;
    after.touch(tx);
    after.put(tx)?;
    let verb = match (before.is_disabled(), after.is_disabled()) {
        (false, true) => "disabled",
        (true, false) => "enabled",
        _ => "updated",
    };
    write_event(tx, by, &after, verb, &changed)?;
    after.revoke_lost(tx, &before)?;
    Ok(Applied::new(after, Change::Updated).with_secret(secret))
}

fn check_name<M: Managed>(object: &M, input: &M::Checked) -> Result<(), AdminError> {
    match M::name_in(input) {
        Some(name) if !object.is_called(name) => {
            Err(AdminError::invalid(M::NAME, "cannot be changed"))
        }
        _ => Ok(()),
    }
}

pub(super) fn exists(kind: Kind, name: &str) -> AdminError {
    let name = name.to_owned();
    AdminError::Exists { kind, name }
}

pub(super) fn write_event<M: Managed>(
    tx: &Tx,
    by: &By,
    object: &M,
    verb: &str,
    changed: &[String],
) -> Result<(), AdminError> {
    let name = event_names::of(M::KIND.as_str(), verb)
        .ok_or_else(|| StoreError::Internal(format!("no event {}.{verb}", M::KIND)))?;
    record(tx, object.subject_of(by.event(name)), changed)?;
    Ok(())
}
