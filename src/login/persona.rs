//! The people that dev mode's sign-in page offers for a click.

use crate::{
    app::App,
    domain::user::User,
    store::{StoreError, users},
};

pub fn all(app: &App) -> Result<Vec<User>, StoreError> {
    app.store.read(users::personas)
}

/// The user of this username, if it is one of them and may sign in.
pub fn find(app: &App, username: &str) -> Result<Option<User>, StoreError> {
    let user = app.store.read(|tx| users::by_username(tx, username))?;
    Ok(user.filter(|user| user.persona && !user.disabled))
}
