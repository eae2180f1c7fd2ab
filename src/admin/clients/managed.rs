//! A client as a managed object. Its secrets are rows of their own.

use serde_json::{Map, Value};

use super::{
    CheckedClient, ClientInput, ClientView, CreatedClient, LIST,
    references::{self, check_allowed_resources, check_references},
    settle_secrets,
};
use crate::{
    admin::{
        AdminError, By, as_members, danger, fields,
        listing::{Asked, List, Mark, Rows},
        object::{Act, Deleted, Described, Managed, Members},
    },
    directory::FIRST_PARTY,
    domain::{
        audit::AuditEvent,
        client::{Client, ClientMetadata},
        client_registration::ClientRegistration,
        grant_type::GrantType,
        name::ClientId,
        object::Object,
        resource::{Resource, is_same_uri},
        scope::Scope,
        secret::Secret,
        team::Team,
    },
    oauth::delegation::review,
    store::{StoreError, Tx, clients, objects::Stored, revocations},
};

impl Managed for Client {
    const NAME: &'static str = "client_id";
    const SECRETS: &'static [(&'static str, &'static str)] = &[("secrets", "client_secret")];
    const HASHES: bool = true;
    const DESCRIBED: Described = Described {
        summaries: &[
            (Act::Create, "; the secret is returned only once"),
            (Act::Delete, " and revoke its grants and tokens"),
        ],
        recent_auth: &[
            (
                Act::Create,
                " if `client_secret` is given, the client gets the scope `keyfob:admin` or `keyfob:delegate`, \
                 `may_act`, or no consent page, or a client of this id was deleted",
            ),
            (
                Act::Update,
                " if `client_secret` is given, the client has, or gets, the scope `keyfob:admin` or \
                 `keyfob:delegate`, or a change affects client authentication, redirect URIs or who can act for its \
                 users",
            ),
            (
                Act::Restore,
                " if the client has the scope `keyfob:admin` or `keyfob:delegate`, `may_act`, or no consent page",
            ),
        ],
        ..Described::NOTHING
    };
    const LIST: List = LIST;

    type Input = ClientInput;
    type Checked = CheckedClient;
    type View = ClientView;

    fn find(tx: &Tx, client_id: &str) -> Result<Option<Self>, StoreError> {
        if client_id == FIRST_PARTY {
            let reason = format!("{FIRST_PARTY} is Keyfob's built-in client and cannot be changed");
            return Err(StoreError::Conflict(reason));
        }
        clients::get(tx, client_id)
    }

    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        revocations::revoke_client(tx, &self.client_id)?;
        self.delete(tx)
    }

    fn check(input: ClientInput, known: Option<&Self>) -> Result<CheckedClient, AdminError> {
        input.check(known)
    }

    fn declared_members() -> Vec<&'static str> {
        let own = [
            "client_id",
            "client_secret",
            "client_secret_file",
            "disabled",
        ];
        [fields::names::<ClientRegistration>(), &own].concat()
    }

    fn validate(input: &ClientInput) -> Result<(), AdminError> {
        input.validate()
    }

    fn check_unhashed(input: ClientInput) -> Result<CheckedClient, AdminError> {
        input.check_without_hash()
    }

    fn has_secret(input: &ClientInput) -> bool {
        input.client_secret.is_some()
    }

    fn declaration(&self) -> Result<Option<Members>, AdminError> {
        let mut declared = vec![("client_id".to_owned(), self.client_id.as_str().into())];
        let unsaid = as_members(&unsaid())?;
        let said = as_members(&self.metadata)?.into_iter();
        declared.extend(said.filter(|(name, value)| {
            // The authentication method is always explicit, so that no declaration makes a client public by leaving it
            // out.
            name == "token_endpoint_auth_method" || unsaid.get(name) != Some(value)
        }));
        if self.disabled {
            declared.push(("disabled".into(), true.into()));
        }
        Ok(Some(declared))
    }

    fn name_in(input: &CheckedClient) -> Option<&str> {
        input.client_id.as_ref().map(ClientId::as_str)
    }

    fn new(tx: &Tx, input: &CheckedClient) -> Result<Self, AdminError> {
        let client_id = input.client_id.clone();
        Ok(Self {
            client_id: client_id.unwrap_or_else(|| ClientId::trusted(&tx.new_id().simple())),
            metadata: unsaid(),
            disabled: false,
            managed_by: None,
            created_at: tx.now,
            updated_at: tx.now,
            secrets: Vec::new(),
        })
    }

    /// The secrets stay.
    fn reset(&self) -> Self {
        Self {
            metadata: unsaid(),
            disabled: false,
            ..self.clone()
        }
    }

    fn apply(self, input: CheckedClient) -> Result<Self, AdminError> {
        Ok(Self {
            metadata: input.metadata_over(&self.metadata)?,
            disabled: input.disabled.unwrap_or(self.disabled),
            ..self
        })
    }

    /// Ordered by `client_id`. [`super::list`] is the list of the admin API, from memory.
    fn list(tx: &Tx, _text: Option<&str>, asked: &Asked) -> Result<Rows<ClientView>, AdminError> {
        let after = asked.after().map(|(_, id)| id);
        let found = clients::page(tx, after, asked.limit)?;
        let marked = |client: &Client| (Mark::new("", &client.client_id), client.shown());
        Ok(found.iter().map(marked).collect())
    }

    fn shown(&self) -> ClientView {
        ClientView::from(self)
    }

    fn made(&self, secret: Option<&Secret>) -> Result<Value, AdminError> {
        let made = CreatedClient {
            client: self.shown(),
            client_secret: secret.map(|secret| secret.expose().to_owned()),
        };
        as_members(&made).map(Value::Object)
    }

    /// None: what is not registered has its default.
    fn defaults(&self) -> Map<String, Value> {
        Map::new()
    }

    fn clear(input: &mut ClientInput, members: &[String]) -> bool {
        input.unset.extend_from_slice(members);
        true
    }

    /// Keeps the authentication method of a client with secrets. A client without one must declare the method, so that
    /// it does not become public because its secret is missing in the file.
    fn complete(input: CheckedClient, before: Option<&Self>) -> Result<CheckedClient, AdminError> {
        match before {
            _ if input.says_method() => Ok(input),
            Some(before) if !before.secrets.is_empty() => {
                Ok(input.with_method(before.metadata.token_endpoint_auth_method))
            }
            _ => {
                let reason = "is required: set \"none\" for a public client, or add client_secret";
                Err(AdminError::invalid("token_endpoint_auth_method", reason))
            }
        }
    }

    /// A client gets a secret if it authenticates with one and has none.
    fn settle(
        &mut self,
        tx: &Tx,
        by: &By,
        input: Option<&CheckedClient>,
    ) -> Result<Option<Secret>, AdminError> {
        settle_secrets(tx, by, self, input.and_then(|input| input.secret.as_ref()))
    }

    fn missing_references(tx: &Tx, input: &CheckedClient) -> Result<Vec<AdminError>, AdminError> {
        references::missing_references(tx, input)
    }

    fn check_forward_references(
        tx: &Tx,
        input: &CheckedClient,
        before: Option<&Self>,
    ) -> Result<(), AdminError> {
        let known = before.and_then(|client| client.metadata.allowed_resources.as_deref());
        check_allowed_resources(tx, input, known.unwrap_or_default())
    }

    fn check_references(&self, tx: &Tx, before: Option<&Self>) -> Result<(), AdminError> {
        check_references(tx, &self.metadata, before.map(|before| &before.metadata))
    }

    fn naming(tx: &Tx) -> Result<Vec<Self>, StoreError> {
        clients::all(tx)
    }

    fn without(&self, deleted: Deleted<'_>) -> Option<Self> {
        let mut after = self.clone();
        let metadata = &mut after.metadata;
        match deleted.kind {
            Scope::KIND => metadata.scope = metadata.scope.without(deleted.name)?,
            Team::KIND => {
                let teams = metadata.delegation_teams.as_mut()?;
                teams.retain(|team| team.as_str() != deleted.name);
            }
            Resource::KIND => {
                let uris = metadata.allowed_resources.as_mut()?;
                uris.retain(|uri| !is_same_uri(uri, deleted.name));
            }
            Client::KIND => {
                let actor = &mut metadata.may_act;
                actor.take_if(|actor| actor.as_str() == deleted.name)?;
            }
            _ => return None,
        }
        (after.metadata != self.metadata).then_some(after)
    }

    fn touch(&mut self, tx: &Tx) {
        self.updated_at = tx.now;
    }

    /// A client that is disabled loses everything that was issued to it.
    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError> {
        match self.disabled && !before.disabled {
            true => revocations::revoke_client(tx, &self.client_id),
            false => review::client_changed(tx, before, self),
        }
    }

    fn unmanaged(&self) -> Option<Self> {
        Some(Self {
            disabled: true,
            ..self.clone()
        })
    }

    fn subject_of(&self, event: AuditEvent) -> AuditEvent {
        event.client(&self.client_id)
    }

    fn needs_recent_auth(_act: Act, input: Option<&ClientInput>, _known: Option<&Self>) -> bool {
        input.is_some_and(danger::of_chosen_secret)
    }

    fn is_dangerous(&self, tx: &Tx, before: Option<&Self>) -> Result<bool, AdminError> {
        match before {
            Some(_) => danger::of_client(before, self),
            None => danger::of_new_client(tx, self),
        }
    }
}

/// Metadata of a client with all defaults (RFC 7591 §2).
fn unsaid() -> ClientMetadata {
    ClientMetadata {
        grant_types: vec![GrantType::AuthorizationCode],
        ..ClientMetadata::default()
    }
}
