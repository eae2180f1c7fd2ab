//! What a file declares, looked at by the objects' own modules before anything is written: passwords are hashed here.

use std::thread;

use super::{
    declared::{Declarations, Declared},
    stop::{Stop, stop},
};
use crate::{
    admin::{
        AdminError,
        clients::{CheckedClient, ClientInput},
        object::Managed,
        resources::CheckedResource,
        scopes::CheckedScope,
        teams::CheckedTeam,
        trusted_issuers::CheckedTrustedIssuer,
        users::{CheckedUser, UserInput},
    },
    concurrency::turns::Turn,
    domain::{
        resource::Resource, scope::Scope, team::Team, trusted_issuer::TrustedIssuer, user::User,
    },
    store::{self, Store, StoreError, Tx},
};

/// Everything the file declares, checked, with its passwords hashed.
pub(super) struct Checked {
    pub scopes: Vec<Declared<CheckedScope>>,
    pub teams: Vec<Declared<CheckedTeam>>,
    pub users: Vec<Declared<CheckedUser>>,
    pub clients: Vec<Declared<CheckedClient>>,
    pub resources: Vec<Declared<CheckedResource>>,
    pub trusted_issuers: Vec<Declared<CheckedTrustedIssuer>>,
}

/// Waits until one password may be hashed.
pub type WaitForTurn<'a> = &'a (dyn Fn() -> Result<Turn, StoreError> + Sync);

/// Hashes what is to be hashed: a password takes 30 ms, also one that is as it was. Where turns are waited for it is one
/// after the other, else as many at once as there are processors. Without a `store` nothing is known yet and nothing will
/// be kept, so nothing is hashed.
pub(super) fn check(
    store: Option<&Store>,
    declarations: &Declarations,
    turn: Option<WaitForTurn<'_>>,
) -> Result<Checked, Stop> {
    let threads = match turn {
        Some(_) => 1,
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let wait = |hashes: bool| turn.filter(|_| hashes).map(|turn| turn()).transpose();
    let user = |user: &Declared<UserInput>| {
        let Some(store) = store else {
            return user.checked(|input| input.check_without_password());
        };
        let known = store.read(|tx| known_user(tx, user.input.sub.as_deref(), &user.name))?;
        let _turn = wait(user.input.password.is_some())?;
        user.checked(|input| input.check(known.as_ref()))
    };
    let client = |client: &Declared<ClientInput>| {
        let Some(store) = store else {
            return client.checked(|input| input.check_without_hash());
        };
        let known = store.read(|tx| store::clients::get(tx, &client.name))?;
        let _turn = wait(client.input.client_secret.is_some())?;
        client.checked(|input| input.check(known.as_ref()))
    };
    Ok(Checked {
        scopes: all::<Scope>(&declarations.scopes)?,
        teams: all::<Team>(&declarations.teams)?,
        users: in_parallel(&declarations.users, threads, user)?,
        clients: in_parallel(&declarations.clients, threads, client)?,
        resources: all::<Resource>(&declarations.resources)?,
        trusted_issuers: all::<TrustedIssuer>(&declarations.trusted_issuers)?,
    })
}

/// The same for objects without a secret.
fn all<M: Managed<Input: Clone>>(
    objects: &[Declared<M::Input>],
) -> Result<Vec<Declared<M::Checked>>, Stop> {
    let check = |object: &Declared<M::Input>| object.checked(|input| M::check(input, None));
    objects.iter().map(check).collect()
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

fn known_user(tx: &Tx, sub: Option<&str>, username: &str) -> Result<Option<User>, StoreError> {
    match sub
        .map(|sub| store::users::get(tx, sub))
        .transpose()?
        .flatten()
    {
        Some(user) => Ok(Some(user)),
        None => store::users::by_username(tx, username),
    }
}
