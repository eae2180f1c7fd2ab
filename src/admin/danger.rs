//! Which changes let somebody in, or do more than before: they want the password of whoever makes them given
//! not long ago, however the object comes to be so. Else a browser that was left open would be enough to
//! make oneself an administrator for good.

use super::{clients::ClientInput, users::UserInput};
use crate::domain::{client::Client, scope, user::User};

/// Whether a user who is made or changed like this gets a way to sign in, or to be an administrator.
pub fn of_user(input: &UserInput, before: Option<&User>) -> bool {
    let was_admin = before.is_some_and(|user| user.admin);
    let office = match input.admin {
        Some(admin) => admin || was_admin,
        // One who was disabled is one again.
        None => was_admin && input.disabled == Some(false),
    };
    let way_in = input.password.is_some() || input.password_hash.is_some();
    office || way_in || input.persona == Some(true)
}

/// Whether the client, before or after a change of whatever kind, can get tokens that administer this server
/// or that act for people.
pub fn of_client(client: &Client) -> bool {
    [scope::ADMIN, scope::DELEGATE]
        .iter()
        .any(|name| client.metadata.scope.contains(name))
}

/// Whether somebody is to know the client's secret who may not have known the one before.
pub fn of_chosen_secret(input: &ClientInput) -> bool {
    input.client_secret.is_some()
}
