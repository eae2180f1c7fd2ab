//! The first administrator of a server that is set up by a program.

use super::{AdminError, By, object, users::UserInput};
use crate::{
    app::SharedApp,
    domain::{secret::Secret, user::User},
    store,
};

/// Creates an administrator unless there is one, and returns whether it did. Takes 30 ms: do not call it on a worker
/// thread.
pub fn ensure(app: &SharedApp, username: &str, password: Secret) -> Result<bool, AdminError> {
    if app.directory.snapshot().has_admin {
        return Ok(false);
    }
    let input = UserInput {
        username: Some(username.to_owned()),
        password: Some(password),
        admin: Some(true),
        ..UserInput::default()
    };
    let input = input.check(None)?;
    app.store.write_blocking(move |tx| {
        if store::users::has_admin(tx)? {
            return Ok(false);
        }
        object::create::<User>(tx, &By::command_line(), input).map(|_| true)
    })
}
