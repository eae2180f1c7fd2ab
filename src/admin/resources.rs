//! Resources: the APIs that access tokens are for (RFC 8707).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AdminError,
    commands::{Commands, Flag},
    danger, line,
    listing::{Asked, List, Mark, Rows, is_in},
    object::{Act, Deleted, Described, Managed, members},
};
use crate::{
    domain::{
        client::{Client, ID_TOKEN_ALGORITHMS},
        name::ClientId,
        object::Object,
        resource::{Resource, ResourceUri},
        scope::{self, Scope, ScopeSet},
    },
    oauth::delegation::review,
    store::{
        StoreError, Tx, clients, consents, grants,
        objects::{Document, Stored},
        revocations, settings,
    },
};

impl Document for Resource {}

/// Members of a resource, to create or update one. An empty string removes the optional `client_id`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdminResourceInput")]
pub struct ResourceInput {
    /// The `aud` of its tokens, exactly as sent here.
    pub uri: Option<String>,
    /// Name shown to users.
    pub name: Option<String>,
    /// Scopes that are granted only together with it, separated by spaces.
    pub scopes: Option<String>,
    /// Client of the API: it can introspect and exchange the API's tokens.
    pub client_id: Option<String>,
    /// Algorithm that signs its access tokens. An empty string resets it to the default.
    pub access_token_alg: Option<String>,
}

/// A [`ResourceInput`] with valid members.
#[derive(Clone, Debug)]
pub struct CheckedResource {
    uri: Option<ResourceUri>,
    name: Option<String>,
    scopes: Option<ScopeSet>,
    client_id: Option<Option<ClientId>>,
    access_token_alg: Option<Option<String>>,
}

/// A resource.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminResource")]
pub struct ResourceView {
    pub uri: ResourceUri,
    pub name: String,
    pub scopes: ScopeSet,
    pub client_id: Option<ClientId>,
    pub access_token_alg: Option<String>,
    pub managed_by: Option<String>,
}

impl From<&Resource> for ResourceView {
    fn from(resource: &Resource) -> Self {
        Self {
            uri: resource.uri.clone(),
            name: resource.name.clone(),
            scopes: resource.scopes.clone(),
            client_id: resource.client_id.clone(),
            access_token_alg: resource.access_token_alg.clone(),
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
            access_token_alg: self.access_token_alg.map(algorithm).transpose()?,
        })
    }
}

/// Condition under which a change of an API requires a recently confirmed password.
const WHICH_CLIENT: &str = " if it changes the API's client";

impl Managed for Resource {
    const NAME: &'static str = "uri";

    const DESCRIBED: Described = Described {
        required: Some("uri"),
        summaries: &[
            (
                Act::Delete,
                " with its consents and the grants for it alone",
            ),
            (Act::Restore, "; revoked grants stay revoked"),
        ],
        recent_auth: &[
            (Act::Create, WHICH_CLIENT),
            (Act::Update, WHICH_CLIENT),
            (Act::Restore, " if the API has a client"),
        ],
    };
    const LIST: List = List {
        name: "apis",
        orders: &["uri", "name"],
    };

    const COMMANDS: Option<Commands<ResourceView>> = Some(Commands {
        command: "resource",
        about: "Manage APIs (resources) that access tokens are issued for",
        name: "URI",
        name_help: "Resource URI, used as aud in its tokens exactly as written",
        deletion: "; this server no longer accepts tokens for it (introspection, exchange)",
        flags: &[
            Flag::text(
                "name",
                "name",
                "NAME",
                "Name shown to users [default: the URI]",
            ),
            Flag::text(
                "scopes",
                "scope",
                "SCOPES",
                "Scopes granted only together with this API, separated by spaces",
            ),
            Flag::text(
                "client_id",
                "client",
                "CLIENT_ID",
                "API's client: may introspect and exchange its tokens; use \"\" to clear it",
            ),
            Flag::text(
                "access_token_alg",
                "access-token-alg",
                "ALG",
                "Access token signing algorithm: ES256, EdDSA or RS256 [default: ES256]",
            ),
        ],
        columns: &["URI", "NAME", "SCOPES", "CLIENT", "MANAGED BY"],
        cells: |resource| {
            vec![
                Some(resource.uri.to_string()),
                Some(resource.name.clone()),
                Some(resource.scopes.to_string()),
                resource.client_id.as_ref().map(ToString::to_string),
                resource.managed_by.clone(),
            ]
        },
    });

    type Input = ResourceInput;
    type Checked = CheckedResource;
    type View = ResourceView;

    fn title(&self) -> Option<String> {
        Some(self.name.clone())
    }

    fn is_called(&self, uri: &str) -> bool {
        self.uri.is(uri)
    }

    /// Finds the resource of this URI, in any equivalent spelling. There are few resources.
    fn load(tx: &Tx, uri: &str) -> Result<Option<Self>, StoreError> {
        let mut all = Resource::all(tx)?.into_iter();
        Ok(all.find(|resource| resource.uri.is(uri)))
    }

    /// Also deletes its consents and the grants for only this resource. This server no longer accepts tokens for it; an
    /// API that validates tokens locally accepts them until they expire.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        let uri = self.uri.as_str();
        self.delete(tx)?;
        grants::leave_resource(tx, uri)?;
        consents::delete_at(tx, uri)?;
        revocations::revoke_resource(tx, uri)?;
        match &self.client_id {
            Some(client_id) => review::api_client_lost(tx, client_id),
            None => Ok(()),
        }
    }

    fn check(input: ResourceInput, _known: Option<&Self>) -> Result<CheckedResource, AdminError> {
        input.check()
    }

    fn name_in(input: &CheckedResource) -> Option<&str> {
        input.uri.as_ref().map(ResourceUri::as_str)
    }

    /// Without a name its URI serves as one.
    fn new(_tx: &Tx, input: &CheckedResource) -> Result<Self, AdminError> {
        let uri = input.uri.clone();
        let uri = uri.ok_or_else(|| AdminError::invalid("uri", "is required"))?;
        Ok(fresh(uri))
    }

    fn reset(&self) -> Self {
        Self {
            managed_by: self.managed_by.clone(),
            ..fresh(self.uri.clone())
        }
    }

    fn apply(self, input: CheckedResource) -> Result<Self, AdminError> {
        Ok(Self {
            name: input.name.unwrap_or(self.name),
            scopes: input.scopes.unwrap_or(self.scopes),
            client_id: input.client_id.unwrap_or(self.client_id),
            access_token_alg: input.access_token_alg.unwrap_or(self.access_token_alg),
            ..self
        })
    }

    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<ResourceView>, AdminError> {
        let all = Resource::all(tx)?;
        let found = all.iter().map(ResourceView::from);
        let found = found.filter(|one| is_in(text, [one.uri.as_str(), &one.name]));
        Ok(asked.sorted(found, |one| match asked.by {
            "name" => Mark::new(one.name.to_lowercase(), &one.uri),
            _ => Mark::new("", &one.uri),
        }))
    }

    fn shown(&self) -> ResourceView {
        ResourceView::from(self)
    }

    fn defaults(&self) -> Map<String, Value> {
        members([
            ("name", json!(self.uri)),
            ("scopes", json!("")),
            ("client_id", Value::Null),
            ("access_token_alg", Value::Null),
        ])
    }

    fn check_references(&self, tx: &Tx, before: Option<&Self>) -> Result<(), AdminError> {
        check_references(tx, self, before)
    }

    fn naming(tx: &Tx) -> Result<Vec<Self>, StoreError> {
        Self::all(tx)
    }

    fn without(&self, deleted: Deleted<'_>) -> Option<Self> {
        let mut after = self.clone();
        match deleted.kind {
            Scope::KIND => after.scopes = self.scopes.without(deleted.name)?,
            Client::KIND => {
                after.client_id.take_if(|id| id.as_str() == deleted.name)?;
            }
            _ => return None,
        }
        Some(after)
    }

    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError> {
        match &before.client_id {
            Some(client_id) if before.client_id != self.client_id => {
                review::api_client_lost(tx, client_id)
            }
            _ => Ok(()),
        }
    }

    fn is_dangerous(&self, _tx: &Tx, before: Option<&Self>) -> Result<bool, AdminError> {
        Ok(danger::of_resource(before, self))
    }
}

fn algorithm(name: String) -> Result<Option<String>, AdminError> {
    if !name.is_empty() && !ID_TOKEN_ALGORITHMS.contains(&name.as_str()) {
        let reason = format!("must be one of {}", ID_TOKEN_ALGORITHMS.join(", "));
        return Err(AdminError::invalid("access_token_alg", reason));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// The resource of this URI, in whatever spelling of it.
pub(super) fn find(tx: &Tx, uri: &str) -> Result<Option<Resource>, StoreError> {
    Resource::load(tx, uri)
}

fn fresh(uri: ResourceUri) -> Resource {
    Resource {
        name: uri.to_string(),
        uri,
        scopes: ScopeSet::default(),
        client_id: None,
        access_token_alg: None,
        managed_by: None,
    }
}

/// Scopes and the client that it did not refer to before must exist. The `keyfob:` scopes can only belong to this
/// server.
fn check_references(
    tx: &Tx,
    resource: &Resource,
    before: Option<&Resource>,
) -> Result<(), AdminError> {
    let issuer = settings::get(tx, settings::ISSUER)?;
    if before.is_none() && issuer.is_some_and(|issuer| resource.uri.is(&issuer)) {
        let reason = "is this server, which is no API of its own";
        return Err(AdminError::invalid("uri", reason));
    }
    for name in resource.scopes.iter().map(|name| name.as_str()) {
        if scope::is_reserved(name) {
            let reason = format!("{name:?} is a built-in scope");
            return Err(AdminError::invalid("scopes", reason));
        }
        let is_known = before.is_some_and(|before| before.scopes.contains(name));
        if !is_known && Scope::get(tx, name)?.is_none() {
            let reason = format!("scope {name:?} not found");
            return Err(AdminError::invalid("scopes", reason));
        }
    }
    let known = before.and_then(|before| before.client_id.as_ref());
    if let Some(client_id) = resource.client_id.as_ref().filter(|id| known != Some(*id))
        && clients::get(tx, client_id.as_str())?.is_none()
    {
        let reason = format!("client {:?} not found", client_id.as_str());
        return Err(AdminError::invalid("client_id", reason));
    }
    Ok(())
}
