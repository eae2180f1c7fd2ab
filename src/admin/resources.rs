//! Resources: the APIs that access tokens are for (RFC 8707).

use serde::{Deserialize, Serialize};

use super::{AdminError, Applied, By, Change, Kind, differences, line, only_moved, record};
use crate::{
    domain::{
        name::ClientId,
        resource::{Resource, ResourceUri},
        scope::{self, ScopeSet},
    },
    oauth::delegation::review,
    store::{
        StoreError, Tx, clients, consents, deleted_objects, grants, resources, revocations, scopes,
    },
};

/// What can be said of a resource. An empty text takes the optional `client_id` out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceInput {
    /// Stands in the `aud` of its tokens as it is written here.
    pub uri: Option<String>,
    /// What people see of it.
    pub name: Option<String>,
    /// The scopes that are granted only together with it, separated by spaces.
    pub scopes: Option<String>,
    /// The client that the API is: it introspects its tokens and may exchange them.
    pub client_id: Option<String>,
}

/// A [`ResourceInput`] whose every member is good.
#[derive(Clone, Debug)]
pub struct CheckedResource {
    uri: Option<ResourceUri>,
    name: Option<String>,
    scopes: Option<ScopeSet>,
    client_id: Option<Option<ClientId>>,
}

/// A resource as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceView {
    pub uri: ResourceUri,
    pub name: String,
    pub scopes: ScopeSet,
    pub client_id: Option<ClientId>,
    pub managed_by: Option<String>,
}

impl From<&Resource> for ResourceView {
    fn from(resource: &Resource) -> Self {
        Self {
            uri: resource.uri.clone(),
            name: resource.name.clone(),
            scopes: resource.scopes.clone(),
            client_id: resource.client_id.clone(),
            managed_by: resource.managed_by.clone(),
        }
    }
}

impl ResourceInput {
    pub fn check(self) -> Result<CheckedResource, AdminError> {
        let uri = self.uri.as_deref().map(ResourceUri::parse).transpose();
        let scopes = self.scopes.as_deref().map(ScopeSet::parse).transpose();
        let client_id = self.client_id.as_deref().map(|id| match id {
            "" => Ok(None),
            id => ClientId::parse(id).map(Some),
        });
        Ok(CheckedResource {
            uri: uri.map_err(|reason| AdminError::invalid("uri", reason))?,
            name: self.name.map(|text| line("name", &text, 200)).transpose()?,
            scopes: scopes.map_err(|error| AdminError::invalid("scopes", error.to_string()))?,
            client_id: client_id
                .transpose()
                .map_err(|error| AdminError::invalid("client_id", error.to_string()))?,
        })
    }
}

/// Adds a resource. Without a name its URI serves as one.
pub fn create(tx: &Tx, by: &By, input: CheckedResource) -> Result<Applied<Resource>, AdminError> {
    let uri = input
        .uri
        .clone()
        .ok_or_else(|| AdminError::invalid("uri", "is required"))?;
    if find(tx, uri.as_str())?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::Resource,
            name: uri.to_string(),
        });
    }
    let resource = input.applied_to(fresh(by, uri));
    check_references(tx, &resource)?;
    resources::put(tx, &resource)?;
    record(tx, by.event("resource.created").subject(&resource.uri), &[])?;
    Ok(Applied::new(resource, Change::Created))
}

/// Changes what is given.
pub fn update(
    tx: &Tx,
    by: &By,
    uri: &str,
    input: CheckedResource,
) -> Result<Applied<Resource>, AdminError> {
    let before = get(tx, uri)?;
    if input.uri.as_ref().is_some_and(|new| *new != before.uri) {
        return Err(AdminError::invalid("uri", "cannot be changed"));
    }
    let after = input.applied_to(before.clone());
    store(tx, by, before, after)
}

/// Makes the resource what the input says, whether it is there or not. What the input leaves out gets
/// its default.
pub fn declare(tx: &Tx, by: &By, input: CheckedResource) -> Result<Applied<Resource>, AdminError> {
    let known = match &input.uri {
        Some(uri) => find(tx, uri.as_str())?,
        None => None,
    };
    let Some(before) = known else {
        return create(tx, by, input);
    };
    let after = input.applied_to(fresh(by, before.uri.clone()));
    store(tx, by, before, after)
}

/// Takes the resource out, and with it the grants that are for nothing else and what was consented to there.
/// Tokens for it count no more where this server is asked; whoever checks them alone takes them until they
/// expire.
pub fn delete(tx: &Tx, by: &By, uri: &str) -> Result<Applied<Resource>, AdminError> {
    let resource = get(tx, uri)?;
    by.may_change(Kind::Resource, uri, resource.managed_by.as_deref())?;
    deleted_objects::keep_resource(tx, resource.uri.as_str())?;
    resources::delete(tx, resource.uri.as_str())?;
    grants::leave_resource(tx, resource.uri.as_str())?;
    consents::delete_at(tx, resource.uri.as_str())?;
    revocations::revoke_resource(tx, resource.uri.as_str())?;
    if let Some(client_id) = &resource.client_id {
        review::api_client_lost(tx, client_id)?;
    }
    record(tx, by.event("resource.deleted").subject(&resource.uri), &[])?;
    Ok(Applied::new(resource, Change::Deleted))
}

/// The resource of this URI, in whatever spelling of it.
pub fn get(tx: &Tx, uri: &str) -> Result<Resource, AdminError> {
    find(tx, uri)?.ok_or_else(|| AdminError::not_found(Kind::Resource, uri))
}

/// The same, if there is one. Resources are few.
pub(super) fn find(tx: &Tx, uri: &str) -> Result<Option<Resource>, StoreError> {
    let mut all = resources::all(tx)?.into_iter();
    Ok(all.find(|resource| resource.uri.is(uri)))
}

impl CheckedResource {
    fn applied_to(self, mut resource: Resource) -> Resource {
        resource.name = self.name.unwrap_or(resource.name);
        resource.scopes = self.scopes.unwrap_or(resource.scopes);
        resource.client_id = self.client_id.unwrap_or(resource.client_id);
        resource
    }
}

fn fresh(by: &By, uri: ResourceUri) -> Resource {
    Resource {
        name: uri.to_string(),
        uri,
        scopes: ScopeSet::default(),
        client_id: None,
        managed_by: by.manager(None),
    }
}

fn store(
    tx: &Tx,
    by: &By,
    before: Resource,
    mut after: Resource,
) -> Result<Applied<Resource>, AdminError> {
    by.may_change(
        Kind::Resource,
        before.uri.as_str(),
        before.managed_by.as_deref(),
    )?;
    after.managed_by = by.manager(before.managed_by.as_deref());
    let changed = differences(&ResourceView::from(&before), &ResourceView::from(&after))?;
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    check_references(tx, &after)?;
    resources::put(tx, &after)?;
    if only_moved(
        &changed,
        before.managed_by.as_deref(),
        after.managed_by.as_deref(),
    ) {
        return Ok(Applied::new(after, Change::Unchanged));
    }
    record(
        tx,
        by.event("resource.updated").subject(&after.uri),
        &changed,
    )?;
    let lost = before.client_id.as_ref();
    if let Some(client_id) = lost.filter(|_| before.client_id != after.client_id) {
        review::api_client_lost(tx, client_id)?;
    }
    Ok(Applied::new(after, Change::Updated))
}

/// Its scopes and its client must be there, and the server's own scopes belong to nobody else.
fn check_references(tx: &Tx, resource: &Resource) -> Result<(), AdminError> {
    for name in resource.scopes.iter().map(|name| name.as_str()) {
        if scope::is_reserved(name) {
            let reason = format!("{name:?} is a built-in scope");
            return Err(AdminError::invalid("scopes", reason));
        }
        if scopes::get(tx, name)?.is_none() {
            let reason = format!("scope {name:?} not found");
            return Err(AdminError::invalid("scopes", reason));
        }
    }
    if let Some(client_id) = &resource.client_id
        && clients::get(tx, client_id.as_str())?.is_none()
    {
        let reason = format!("client {:?} not found", client_id.as_str());
        return Err(AdminError::invalid("client_id", reason));
    }
    Ok(())
}
