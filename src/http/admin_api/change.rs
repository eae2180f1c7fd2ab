//! How a change is carried out: in one transaction, then told to everything that is held in memory.

use super::problem::Problem;
use crate::{
    admin::{AdminError, Applied},
    app::{Hashing, SharedApp},
    store::{StoreError, Tx},
};

/// Runs `job` as one transaction. Once it is committed, what it revoked counts and what it changed is
/// read anew, before anybody is answered.
pub async fn change<T, E>(
    app: &SharedApp,
    job: impl FnOnce(&Tx) -> Result<Applied<T>, E> + Send + 'static,
) -> Result<Applied<T>, Problem>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    Problem: From<E>,
{
    let applied = app.store.write(job).await?;
    app.directory.revoke(&applied.revoked);
    app.refresh_directory()?;
    Ok(applied)
}

/// Runs a read that may take more than microseconds off the worker threads.
pub async fn listed<T: Send + 'static>(
    app: &SharedApp,
    read: impl FnOnce(&Tx) -> Result<T, AdminError> + Send + 'static,
) -> Result<T, Problem> {
    let store = app.store.clone();
    let read = actix_web::web::block(move || store.read(read)).await;
    Ok(read.map_err(|error| StoreError::Internal(error.to_string()))??)
}

/// Hashes a password, or makes a key, off the worker threads. It waits its turn, so that it cannot starve
/// everything else.
pub async fn hashing<T: Send + 'static>(
    app: &SharedApp,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _permit = app.password_permit(Hashing::Choosing).await?;
    actix_web::web::block(work)
        .await
        .map_err(|error| StoreError::Internal(error.to_string()).into())
}
