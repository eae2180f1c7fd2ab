//! Demo users with one-click sign-in in development mode.

use crate::{
    app::App,
    domain::user::User,
    store::{StoreError, users},
};

pub fn all(app: &App) -> Result<Vec<User>, StoreError> {
    app.store.read(users::personas)
}

/// User with this username, if it is a demo user who can sign in.
pub fn find(app: &App, username: &str) -> Result<Option<User>, StoreError> {
    let user = app.store.read(|tx| users::by_username(tx, username))?;
    Ok(user.filter(|user| user.persona && !user.disabled))
}
