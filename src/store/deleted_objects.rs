//! Deleted objects that can be restored: an object with the data deleted with it, as JSON, for 30 days.
//!
//! Tokens, grants, sessions and consents revoked with it stay revoked.

use super::{
    StoreError, Tx,
    objects::{Stored, read, text},
};

/// Archives an object that is about to be deleted. It is declared by no configuration file once it is restored.
pub fn archive<T: Stored>(tx: &Tx, object: &T) -> Result<(), StoreError> {
    let mut copy = object.clone();
    copy.set_managed_by(None);
    let Some(archive) = copy.archive(tx)? else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO deleted_objects (kind, name, object, deleted_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, name) DO UPDATE SET object = excluded.object, deleted_at = excluded.deleted_at",
        (T::KIND.as_str(), object.name(), text(&archive)?, tx.now),
    )?;
    Ok(())
}

/// Archived data of the object with this name.
pub fn find<T: Stored>(tx: &Tx, name: &str) -> Result<Option<T::Archive>, StoreError> {
    let text = tx.query_opt(
        "SELECT object FROM deleted_objects WHERE kind = ?1 AND name = ?2",
        (T::KIND.as_str(), name),
        |row| row.get::<_, String>(0),
    )?;
    text.map(|text| read(&text)).transpose()
}

/// Restores an archived object. The caller has checked that its name is free.
pub fn restore<T: Stored>(tx: &Tx, name: &str) -> Result<Option<T>, StoreError> {
    let Some(archive) = find::<T>(tx, name)? else {
        return Ok(None);
    };
    tx.execute(
        "DELETE FROM deleted_objects WHERE kind = ?1 AND name = ?2",
        (T::KIND.as_str(), name),
    )?;
    T::revive(tx, archive).map(Some)
}

/// Applies `change` to the archived objects of a kind; it returns whether it changed the object.
pub fn change_archived<T: Stored>(
    tx: &Tx,
    change: impl Fn(&mut T) -> bool,
) -> Result<(), StoreError> {
    let kept = tx.query_all(
        "SELECT name, object FROM deleted_objects WHERE kind = ?1",
        [T::KIND.as_str()],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    for (name, object) in kept {
        let mut archive = read::<T::Archive>(&object)?;
        if change(T::archived(&mut archive)) {
            tx.execute(
                "UPDATE deleted_objects SET object = ?3 WHERE kind = ?1 AND name = ?2",
                (T::KIND.as_str(), name, text(&archive)?),
            )?;
        }
    }
    Ok(())
}
