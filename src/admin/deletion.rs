//! Deletion of objects, and its undoing.
//!
//! Removes references to a deleted object, so that they grant nothing, and a new object with the same name does not
//! inherit them.

use super::{
    AdminError, Applied, By, Change, Kind,
    object::{self, Deleted, Managed, get, save, write_event},
    register::each_kind,
    settings,
};
use crate::{
    domain::{object::Object, trusted_issuer::TrustedIssuer, user::User},
    store::{Tx, deleted_objects, teams},
};

/// Deletes the object, which can be restored for 30 days, revokes what depends on it, and removes references to it.
pub fn delete<M: Managed>(tx: &Tx, by: &By, name: &str) -> Result<Applied<M>, AdminError> {
    let object = get::<M>(tx, name)?;
    by.may_change(M::KIND, object.label(), object.managed_by())?;
    object.check_deletable(tx, by)?;
    deleted_objects::archive(tx, &object)?;
    object.remove(tx)?;
    let deleted = Deleted {
        kind: M::KIND,
        name: object.name(),
    };
    forget(tx, by, deleted)?;
    write_event(tx, by, &object, "deleted", &[])?;
    Ok(Applied::new(object, Change::Deleted))
}

/// Undoes a deletion, within 30 days. The object has its name again and is unmanaged. References to it are not
/// restored; tokens, grants, sessions and consents stay revoked.
pub fn restore<M: Managed>(tx: &Tx, by: &By, name: &str) -> Result<Applied<M>, AdminError> {
    M::check_free(tx, name)?;
    let restored = deleted_objects::restore::<M>(tx, name)?;
    let mut object = restored.ok_or_else(|| AdminError::not_found(M::KIND, name))?;
    object.touch(tx);
    object.put(tx)?;
    write_event(tx, by, &object, "restored", &[])?;
    Ok(Applied::new(object, Change::Created))
}

/// Handles an object that its configuration file no longer declares: it becomes unmanaged, as in
/// [`Managed::unmanaged`], or is deleted.
pub fn release<M: Managed>(tx: &Tx, by: &By, object: M) -> Result<Applied<M>, AdminError> {
    match object.unmanaged() {
        Some(after) => save(tx, by, object, after, None),
        None => delete(tx, by, object.name()),
    }
}

/// Removes references to a deleted object from other objects, including deleted ones that can be restored, and from
/// settings of the settings page. It is an error if a configuration file declares such a reference: the next reload
/// would not find the object.
pub(super) fn forget(tx: &Tx, by: &By, deleted: Deleted<'_>) -> Result<(), AdminError> {
    // Nothing refers to these.
    if [User::KIND, TrustedIssuer::KIND].contains(&deleted.kind) {
        return Ok(());
    }
    each_kind!(M => {
        forget_in(tx, by, deleted, M::naming(tx)?)?;
        deleted_objects::change_archived::<M>(tx, |object| match object.without(deleted) {
            Some(after) => {
                *object = after;
                true
            }
            None => false,
        })?;
    });
    settings::forget(tx, by, deleted)
}

fn forget_in<M: Managed>(
    tx: &Tx,
    by: &By,
    deleted: Deleted<'_>,
    all: Vec<M>,
) -> Result<(), AdminError> {
    for object in all {
        let Some(after) = object.without(deleted) else {
            continue;
        };
        match object.managed_by() {
            None => object::write(tx, by, object, after, None).map(drop)?,
            Some(place) if !by.is_file() => {
                return Err(in_use(M::KIND, object.label(), place));
            }
            // Decided after the whole file is read: it may declare this object differently.
            Some(_) => {}
        }
    }
    Ok(())
}

/// Error if a configuration file declares members of the team.
pub(super) fn check_members(tx: &Tx, by: &By, team: &str) -> Result<(), AdminError> {
    match teams::declared_member(tx, team)? {
        Some((username, place)) if !by.is_file() => Err(in_use(User::KIND, &username, &place)),
        _ => Ok(()),
    }
}

fn in_use(kind: Kind, name: &str, place: &str) -> AdminError {
    AdminError::Conflict(format!(
        "{} {name:?} uses it and is managed by {place}. Remove it there and reload first.",
        kind.label(),
    ))
}
