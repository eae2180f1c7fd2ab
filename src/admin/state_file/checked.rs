//! Declarations of a file after the checks of the objects' modules, before anything is written. Passwords are hashed
//! here.

use std::thread;

use super::{
    by_kind::ByKind,
    declared::{Declarations, Declared},
    stop::{Stop, stop},
};
use crate::{
    admin::{AdminError, object::Managed, register::each_kind},
    concurrency::turns::Turn,
    domain::object::Object,
    store::{Store, StoreError},
};

/// Everything the file declares, checked, with its passwords hashed.
pub(super) struct Checked(ByKind);

impl Checked {
    pub(super) fn of<M: Managed>(&self) -> &[Declared<M::Checked>] {
        self.0.of(M::KIND)
    }
}

/// Waits for the turn to hash one password.
pub type WaitForTurn<'a> = &'a (dyn Fn() -> Result<Turn, StoreError> + Sync);

/// Hashes passwords and secrets: each takes 30 ms, also if it is unchanged. With turns, they are hashed one after the
/// other; otherwise, one per processor at a time. Without a `store` there is nothing to compare with and nothing is
/// stored, so nothing is hashed.
pub(super) fn check(
    store: Option<&Store>,
    declarations: &Declarations,
    turn: Option<WaitForTurn<'_>>,
) -> Result<Checked, Stop> {
    let mut checked = ByKind::default();
    each_kind!(M => {
        let objects = check_kind::<M>(store, declarations.of::<M>(), turn)?;
        checked.put(M::KIND, objects);
    });
    Ok(Checked(checked))
}

fn check_kind<M: Managed>(
    store: Option<&Store>,
    objects: &[Declared<M::Input>],
    turn: Option<WaitForTurn<'_>>,
) -> Result<Vec<Declared<M::Checked>>, Stop> {
    let threads = match turn {
        None if M::HASHES => thread::available_parallelism().map_or(1, usize::from),
        _ => 1,
    };
    let check = |object: &Declared<M::Input>| {
        let Some(store) = store.filter(|_| M::HASHES) else {
            return object.checked(M::check_unhashed);
        };
        let known = store.read(|tx| M::known(tx, &object.input, &object.name))?;
        let turn = turn.filter(|_| M::has_secret(&object.input));
        let _turn = turn.map(|turn| turn()).transpose()?;
        object.checked(|input| M::check(input, known.as_ref()))
    };
    in_parallel(objects, threads, check)
}

/// `job` of every item, in their order, on so many threads.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    job: impl Fn(&T) -> Result<R, Stop> + Sync,
) -> Result<Vec<R>, Stop> {
    let share = items.len().div_ceil(threads).max(1);
    let job = &job;
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(job).collect::<Vec<_>>()))
            .collect();
        let results = parts.into_iter().flat_map(|part| {
            part.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        results.collect()
    })
}

impl<T: Clone> Declared<T> {
    pub(super) fn checked<C>(
        &self,
        check: impl FnOnce(T) -> Result<C, AdminError>,
    ) -> Result<Declared<C>, Stop> {
        check(self.input.clone())
            .map(|checked| self.with(checked))
            .map_err(|error| stop(self, error))
    }
}
