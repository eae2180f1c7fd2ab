//! Changes: one transaction, then an update of the data in memory.

use super::problem::Problem;
use crate::{
    admin::{AdminError, Applied, By},
    app::{SharedApp, hashing::Hashing},
    concurrency::turns::Turn,
    store::{StoreError, Tx},
};

/// Runs `job` as one transaction. After the commit, its revocations apply and its changes are read again before the
/// response.
pub async fn change<T, E>(
    app: &SharedApp,
    job: impl FnOnce(&Tx) -> Result<Applied<T>, E> + Send + 'static,
) -> Result<Applied<T>, Problem>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    Problem: From<E>,
{
    Ok(app.store.write(job).await?)
}

/// Runs a slow read (more than microseconds) off the worker threads.
pub async fn listed<T: Send + 'static>(
    app: &SharedApp,
    read: impl FnOnce(&Tx) -> Result<T, AdminError> + Send + 'static,
) -> Result<T, Problem> {
    let store = app.store.clone();
    let read = actix_web::web::block(move || store.read(read)).await;
    Ok(read.map_err(|error| StoreError::Internal(error.to_string()))??)
}

/// Hashes one password or client secret off the worker threads. It waits for the turn of the administrator, so that it
/// cannot starve everything else.
pub async fn hashing<T: Send + 'static>(
    app: &SharedApp,
    by: &By,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _turn = app.hashing.turn(Hashing::Choosing(by.actor())).await?;
    aside(work).await
}

/// Generates a signing key off the worker threads, one at a time.
pub async fn making_key<T: Send + 'static>(
    app: &SharedApp,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _permit = app.key_permit().await?;
    aside(work).await
}

/// Runs work that hashes many passwords off the worker threads. Before each, the work calls its argument, which blocks
/// until it is the administrator's turn.
pub async fn hashing_many<T: Send + 'static>(
    app: &SharedApp,
    by: &By,
    work: impl FnOnce(&(dyn Fn() -> Result<Turn, StoreError> + Sync)) -> T + Send + 'static,
) -> Result<T, Problem> {
    let (app, actor) = (app.clone(), by.actor().to_owned());
    aside(move || {
        let runtime = tokio::runtime::Handle::current();
        work(&|| runtime.block_on(app.hashing.turn(Hashing::Choosing(&actor))))
    })
    .await
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    actix_web::web::block(work)
        .await
        .map_err(|error| StoreError::Internal(error.to_string()).into())
}
