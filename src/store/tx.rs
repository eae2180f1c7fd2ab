//! A transaction, or a read, with the time at which it runs.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::{
    effects::{self, Effects, Held},
    error::StoreError,
    health::Health,
};
use crate::{
    crypto::random::IdGenerator,
    domain::{
        id::Id,
        name::ClientId,
        revocation::Revocation,
        time::{UnixMillis, UnixSeconds},
    },
};

/// Transaction that the functions of the tables use. All statements are prepared once per connection.
pub struct Tx<'c> {
    connection: &'c Connection,
    health: &'c Health,
    ids: &'c IdGenerator,
    /// Time of this transaction: the only clock inside it.
    pub now: UnixSeconds,
    pub now_ms: UnixMillis,
    effects: RefCell<Effects>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        health: &'c Health,
        ids: &'c IdGenerator,
        now_ms: UnixMillis,
    ) -> Self {
        Self {
            connection,
            health,
            ids,
            now: now_ms.seconds(),
            now_ms,
            effects: RefCell::default(),
        }
    }

    /// Notes a revocation that is in the file.
    pub(super) fn note_revocation(&self, revocation: Revocation) {
        self.effects.borrow_mut().revoked.push(revocation);
    }

    /// Notes that the directory must read this client again.
    pub(super) fn note_client(&self, client_id: &str) {
        let id = ClientId::trusted(client_id);
        self.effects.borrow_mut().stale.clients.insert(id);
    }

    /// Notes that the directory must read everything again.
    pub(super) fn note_directory(&self) {
        self.effects.borrow_mut().stale.everything = true;
    }

    /// Whether this job has changed data of the directory.
    pub(super) fn has_stale(&self) -> bool {
        !self.effects.borrow().stale.is_empty()
    }

    pub(super) fn take_effects(&self) -> Effects {
        self.effects.take()
    }

    /// New ID, above every ID that this store has created.
    pub fn new_id(&self) -> Id {
        self.ids.next(self.now_ms)
    }

    /// Makes new IDs greater than `id`, which another process has created.
    pub(super) fn advance_ids_past(&self, id: Id) {
        self.ids.advance_past(id);
    }

    /// Runs a statement that changes what the directory holds, and notes what it must read again.
    pub(super) fn change(
        &self,
        held: Held<'_>,
        sql: &str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        let changed = self.run(sql, params)?;
        if changed > 0 {
            match held {
                Held::Client(client_id) => self.note_client(client_id),
                Held::Everything => self.note_directory(),
            }
        }
        Ok(changed)
    }

    /// Runs a statement and returns the number of changed rows.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        debug_assert!(
            !effects::is_change(sql),
            "the directory does not learn of: {sql}"
        );
        self.run(sql, params)
    }

    fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute(params);
        run().map_err(|error| self.failed(error))
    }

    pub(super) fn query_opt<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let run = || self.connection.prepare_cached(sql)?.query_row(params, read);
        run().optional().map_err(|error| self.failed(error))
    }

    pub(super) fn query_one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let run = || self.connection.prepare_cached(sql)?.query_row(params, read);
        run().map_err(|error| self.failed(error))
    }

    pub(super) fn query_all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(params, read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        run().map_err(|error| self.failed(error))
    }

    /// A damaged page is recorded for `/readyz`.
    fn failed(&self, error: rusqlite::Error) -> StoreError {
        let error = StoreError::from(error);
        if let StoreError::Damaged(_) = error {
            self.health.set_damaged();
        }
        error
    }
}
