//! A client as a managed object. Its secrets are rows of their own.

use serde_json::{Map, Value, json};

use super::{
    CheckedClient, ClientInput, ClientView, LIST,
    references::{self, check_allowed_resources, check_references},
    settle_secrets,
};
use crate::{
    admin::{
        AdminError, By, Kind, danger,
        listing::{Asked, List, Mark, Rows},
        object::{Act, Deleted, Managed},
    },
    directory::FIRST_PARTY,
    domain::{
        audit::AuditEvent,
        client::{Client, ClientMetadata},
        grant_type::GrantType,
        name::ClientId,
        resource::is_same_uri,
        secret::Secret,
    },
    oauth::delegation::review,
    store::{StoreError, Tx, clients, deleted_objects, revocations},
};

impl Managed for Client {
    const KIND: Kind = Kind::Client;
    const NAME: &'static str = "client_id";
    const SECRETS: &'static [(&'static str, &'static str)] = &[("secrets", "client_secret")];
    const HASHES: bool = true;
    const LIST: List = LIST;

    type Input = ClientInput;
    type Checked = CheckedClient;
    type View = ClientView;

    fn name(&self) -> &str {
        self.client_id.as_str()
    }

    fn managed_by(&self) -> Option<&str> {
        self.managed_by.as_deref()
    }

    fn set_managed_by(&mut self, place: Option<String>) {
        self.managed_by = place;
    }

    fn load(tx: &Tx, client_id: &str) -> Result<Option<Self>, StoreError> {
        clients::get(tx, client_id)
    }

    fn find(tx: &Tx, client_id: &str) -> Result<Option<Self>, StoreError> {
        if client_id == FIRST_PARTY {
            let reason = format!("{FIRST_PARTY} is Keyfob's built-in client and cannot be changed");
            return Err(StoreError::Conflict(reason));
        }
        clients::get(tx, client_id)
    }

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        let ids = clients::managed_by(tx, file)?;
        Ok(ids.iter().map(ToString::to_string).collect())
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        clients::put(tx, self)
    }

    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        revocations::revoke_client(tx, &self.client_id)?;
        deleted_objects::keep_client(tx, self.name())?;
        clients::delete(tx, self.name()).map(drop)
    }

    fn unarchive(tx: &Tx, client_id: &str) -> Result<bool, StoreError> {
        deleted_objects::restore_client(tx, client_id)
    }

    fn check(input: ClientInput, known: Option<&Self>) -> Result<CheckedClient, AdminError> {
        input.check(known)
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

    /// By `client_id`. [`super::list`] is the list of the admin API, from memory.
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
        let secret = secret.map(Secret::expose);
        Ok(json!({ "client": self.shown(), "client_secret": secret }))
    }

    /// None: what is not registered has its default.
    fn defaults(&self) -> Map<String, Value> {
        Map::new()
    }

    fn clear(input: &mut ClientInput, members: &[String]) -> bool {
        input.unset.extend_from_slice(members);
        true
    }

    /// How a client authenticates stays with its secrets. One without a secret must say it: it must not become public
    /// because its secret was forgotten in the file.
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

    fn without(&self, deleted: Deleted<'_>) -> Option<Self> {
        let mut after = self.clone();
        let metadata = &mut after.metadata;
        match deleted.kind {
            Kind::Scope => metadata.scope = metadata.scope.without(deleted.name)?,
            Kind::Team => {
                let teams = metadata.delegation_teams.as_mut()?;
                teams.retain(|team| team.as_str() != deleted.name);
            }
            Kind::Resource => {
                let uris = metadata.allowed_resources.as_mut()?;
                uris.retain(|uri| !is_same_uri(uri, deleted.name));
            }
            _ => return None,
        }
        (after.metadata != self.metadata).then_some(after)
    }

    fn is_disabled(&self) -> bool {
        self.disabled
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

/// Metadata of a client of which nothing is said (RFC 7591 §2).
fn unsaid() -> ClientMetadata {
    ClientMetadata {
        grant_types: vec![GrantType::AuthorizationCode],
        ..ClientMetadata::default()
    }
}
