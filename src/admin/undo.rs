//! Undoes a deletion, within 30 days. The object comes back under its own name, no longer declared by a state
//! file; tokens, grants, sessions and consents that ended with it stay ended.

use super::{AdminError, Applied, By, Change, Kind, clients, record, scopes, teams, users};
use crate::{
    domain::{client::Client, scope::Scope, team::Team, user::User},
    store::{self, Tx, deleted_objects},
};

pub fn client(tx: &Tx, by: &By, client_id: &str) -> Result<Applied<Client>, AdminError> {
    let is_taken = store::clients::get(tx, client_id)?.is_some();
    check(Kind::Client, client_id, is_taken)?;
    let was_kept = deleted_objects::restore_client(tx, client_id)?;
    found(Kind::Client, client_id, was_kept)?;
    record(tx, by.event("client.restored").client(client_id), &[])?;
    Ok(Applied::new(clients::get(tx, client_id)?, Change::Created))
}

pub fn user(tx: &Tx, by: &By, sub: &str) -> Result<Applied<User>, AdminError> {
    let names = deleted_objects::names_of_user(tx, sub)?;
    let (username, email) = names.ok_or_else(|| AdminError::not_found(Kind::User, sub))?;
    let has_email = |email: &String| store::users::by_email(tx, email);
    let same_email = email.as_ref().map(has_email).transpose()?.flatten();
    let is_taken = same_email.is_some() || store::users::by_username(tx, &username)?.is_some();
    check(Kind::User, &username, is_taken)?;
    let was_kept = deleted_objects::restore_user(tx, sub)?;
    found(Kind::User, sub, was_kept)?;
    record(tx, by.event("user.restored").subject(sub), &[])?;
    Ok(Applied::new(users::find(tx, sub)?, Change::Created))
}

pub fn team(tx: &Tx, by: &By, id: &str) -> Result<Applied<Team>, AdminError> {
    check(Kind::Team, id, store::teams::get(tx, id)?.is_some())?;
    let was_kept = deleted_objects::restore_team(tx, id)?;
    found(Kind::Team, id, was_kept)?;
    record(tx, by.event("team.restored").subject(id), &[])?;
    Ok(Applied::new(teams::get(tx, id)?, Change::Created))
}

pub fn scope(tx: &Tx, by: &By, name: &str) -> Result<Applied<Scope>, AdminError> {
    check(Kind::Scope, name, store::scopes::get(tx, name)?.is_some())?;
    let was_kept = deleted_objects::restore_scope(tx, name)?;
    found(Kind::Scope, name, was_kept)?;
    record(tx, by.event("scope.restored").subject(name), &[])?;
    Ok(Applied::new(scopes::get(tx, name)?, Change::Created))
}

/// Somebody else may have the name by now.
fn check(kind: Kind, name: &str, is_taken: bool) -> Result<(), AdminError> {
    let name = name.to_owned();
    match is_taken {
        true => Err(AdminError::Exists { kind, name }),
        false => Ok(()),
    }
}

fn found(kind: Kind, name: &str, was_kept: bool) -> Result<(), AdminError> {
    match was_kept {
        true => Ok(()),
        false => Err(AdminError::not_found(kind, name)),
    }
}
