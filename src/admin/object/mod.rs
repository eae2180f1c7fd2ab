//! The mechanism of managed objects: operations of administrators, commands and configuration files on objects of every
//! kind. Kinds implement [`Managed`]; the verbs are the functions below.
//!
//! Every verb is a function on a `&Tx`, so that many of them can be one transaction. What is slow (hashing a password)
//! is done before, in [`Managed::check`].

mod managed;

pub use self::managed::{Act, Deleted, Described, Managed, Members};
pub(in crate::admin) use self::managed::{declaration_of, members};
use crate::{
    admin::{AdminError, Applied, By, Change, only_moved, record},
    store::{StoreError, Tx},
};

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
        return Err(AdminError::exists(M::KIND, other.name()));
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

/// Creates or changes the object to match the input. Members left out get their defaults. The caller checks
/// [`Managed::check_forward_references`] once everything is declared.
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
pub(in crate::admin) fn save<M: Managed>(
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
pub(in crate::admin) fn write<M: Managed>(
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

pub(in crate::admin) fn write_event<M: Managed>(
    tx: &Tx,
    by: &By,
    object: &M,
    verb: &str,
    changed: &[String],
) -> Result<(), AdminError> {
    let is_it = |name: &&&str| name.rsplit('.').next() == Some(verb);
    let name = M::EVENTS.iter().find(is_it).copied();
    let name = name.ok_or_else(|| StoreError::Internal(format!("no event {}.{verb}", M::KIND)))?;
    record(tx, object.subject_of(by.event(name)), changed)?;
    Ok(())
}
