//! Undoes a deletion, within 30 days. The object comes back under its own name, no longer declared by a state
//! file; tokens, grants, sessions and consents that ended with it stay ended.

use super::{
    AdminError, Applied, By, Change, Kind, clients, record, resources, scopes, teams,
    trusted_issuers, users,
};
use crate::{
    domain::{
        client::Client,
        resource::Resource,
        scope::{Scope, ScopeSet},
        team::Team,
        trusted_issuer::TrustedIssuer,
        user::User,
    },
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
    let clash = store::users::name_clash(tx, sub, &username, email.as_deref())?;
    let is_taken = clash.is_some() || store::users::get(tx, sub)?.is_some();
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

/// With those of its scopes that are still there, and its client if that is.
pub fn resource(tx: &Tx, by: &By, uri: &str) -> Result<Applied<Resource>, AdminError> {
    let is_taken = resources::find(tx, uri)?.is_some();
    check(Kind::Resource, uri, is_taken)?;
    let was_kept = deleted_objects::restore_resource(tx, uri)?;
    found(Kind::Resource, uri, was_kept)?;
    let mut resource = resources::get(tx, uri)?;
    let mut there = Vec::new();
    for scope in resource.scopes.iter() {
        if store::scopes::get(tx, scope.as_str())?.is_some() {
            there.push(scope.as_str());
        }
    }
    resource.scopes = ScopeSet::trusted(&there.join(" "));
    if let Some(client) = &resource.client_id
        && store::clients::get(tx, client.as_str())?.is_none()
    {
        resource.client_id = None;
    }
    store::resources::put(tx, &resource)?;
    record(tx, by.event("resource.restored").subject(uri), &[])?;
    Ok(Applied::new(resource, Change::Created))
}

/// With those of its clients that are still there.
pub fn trusted_issuer(
    tx: &Tx,
    by: &By,
    issuer: &str,
) -> Result<Applied<TrustedIssuer>, AdminError> {
    let is_taken = store::trusted_issuers::get(tx, issuer)?.is_some();
    check(Kind::TrustedIssuer, issuer, is_taken)?;
    let was_kept = deleted_objects::restore_trusted_issuer(tx, issuer)?;
    found(Kind::TrustedIssuer, issuer, was_kept)?;
    let mut restored = trusted_issuers::get(tx, issuer)?;
    let mut there = Vec::new();
    for client in restored.clients {
        if store::clients::get(tx, client.as_str())?.is_some() {
            there.push(client);
        }
    }
    restored.clients = there;
    store::trusted_issuers::put(tx, &restored)?;
    record(tx, by.event("trusted_issuer.restored").subject(issuer), &[])?;
    Ok(Applied::new(restored, Change::Created))
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
