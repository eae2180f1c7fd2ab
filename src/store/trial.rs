//! A new database in memory, for finding out what would become of one.

use super::{StoreError, Tx, connection, health::Health, schema};
use crate::{clock::Clock, crypto::random::IdGenerator};

/// Runs the job on a new database, which is discarded.
pub fn on_new_database<T, E: From<StoreError>>(
    clock: &dyn Clock,
    job: impl FnOnce(&Tx) -> Result<T, E>,
) -> Result<T, E> {
    let created = connection::open_in_memory().and_then(|mut connection| {
        schema::migrate(&mut connection, clock.now())?;
        Ok(connection)
    });
    let connection = created.map_err(StoreError::from)?;
    let (health, ids) = (Health::default(), IdGenerator::default());
    job(&Tx::new(&connection, &health, &ids, clock.now_ms()))
}
