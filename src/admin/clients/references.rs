//! References of a client that must exist: scopes, teams and resources.

use super::CheckedClient;
use crate::{
    admin::{AdminError, resources},
    domain::{client::ClientMetadata, scope::Scope},
    store::{StoreError, Tx, objects::Stored, teams},
};

/// Its scopes and teams must be there, if it did not name them before.
pub(super) fn check_references(
    tx: &Tx,
    metadata: &ClientMetadata,
    before: Option<&ClientMetadata>,
) -> Result<(), AdminError> {
    let missing = missing(tx, metadata, before)?.into_iter().next();
    missing.map_or(Ok(()), Err)
}

/// All references of the input that do not exist, except resources.
pub(super) fn missing_references(
    tx: &Tx,
    input: &CheckedClient,
) -> Result<Vec<AdminError>, AdminError> {
    Ok(missing(tx, &input.metadata()?, None)?)
}

fn missing(
    tx: &Tx,
    metadata: &ClientMetadata,
    before: Option<&ClientMetadata>,
) -> Result<Vec<AdminError>, StoreError> {
    let mut missing = Vec::new();
    let had_scope = |scope| before.is_some_and(|before| before.scope.contains(scope));
    let had_team = |team| {
        let teams = before.and_then(|before| before.delegation_teams.as_ref());
        teams.is_some_and(|teams| teams.contains(team))
    };
    // The first one is enough: the member is a single string.
    for scope in metadata.scope.iter().map(|scope| scope.as_str()) {
        if !had_scope(scope) && Scope::get(tx, scope)?.is_none() {
            let reason = format!("scope {scope:?} not found");
            missing.push(AdminError::invalid("scope", reason));
            break;
        }
    }
    for (i, team) in metadata.delegation_teams.iter().flatten().enumerate() {
        if !had_team(team) && teams::get(tx, team.as_str())?.is_none() {
            let reason = format!("team {:?} not found", team.as_str());
            let member = format!("delegation_teams[{i}]");
            missing.push(AdminError::invalid(member, reason));
        }
    }
    Ok(missing)
}

/// The resources that the input names must be there, unless the client named them before.
pub(super) fn check_allowed_resources(
    tx: &Tx,
    input: &CheckedClient,
    before: &[String],
) -> Result<(), AdminError> {
    for (i, uri) in input.allowed_resources().iter().enumerate() {
        if !before.contains(uri) && resources::find(tx, uri)?.is_none() {
            let reason = format!("API {uri:?} not found");
            return Err(AdminError::invalid(
                format!("allowed_resources[{i}]"),
                reason,
            ));
        }
    }
    Ok(())
}
