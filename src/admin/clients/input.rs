//! Checked input for clients, and the views of clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    admin::{AdminError, as_members, refuse_own_actor},
    crypto::{hash, password},
    directory::FIRST_PARTY,
    domain::{
        client::{AuthMethod, Client, ClientMetadata, ClientSecret, ClientSecretHash},
        client_registration::{self, ClientRegistration},
        id::Id,
        name::ClientId,
        secret::Secret,
        time::UnixSeconds,
    },
    store::StoreError,
};

/// Minimum length of a chosen secret, in characters.
const SHORTEST_SECRET: usize = 8;
/// Maximum length of a secret, in characters: it must fit into a header of the client's requests.
const LONGEST_SECRET: usize = 1024;

/// Members of a client, to create or update one: those of RFC 7591 §2 and Keyfob's own. An empty string removes an
/// optional member.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AdminClientInput", extend("additionalProperties" = false))]
pub struct ClientInput {
    /// Generated when absent.
    pub client_id: Option<String>,
    /// A chosen secret. When absent one is generated, if the client authenticates with a secret.
    pub client_secret: Option<Secret>,
    pub disabled: Option<bool>,
    /// Names of members to reset to their defaults.
    #[serde(skip)]
    pub unset: Vec<String>,
    #[serde(flatten)]
    pub registration: ClientRegistration,
    /// Unknown members: each is an error.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Map<String, Value>,
}

/// A [`ClientInput`] with valid members and a hashed secret. Its members are checked against each other after they are
/// merged with the registered ones.
#[derive(Clone, Debug)]
pub struct CheckedClient {
    pub(super) client_id: Option<ClientId>,
    pub(super) secret: Option<ChosenSecret>,
    pub(super) disabled: Option<bool>,
    unset: Vec<String>,
    registration: ClientRegistration,
}

/// Secret chosen by an administrator.
#[derive(Clone, Debug)]
pub(super) enum ChosenSecret {
    /// Already a secret of the client, with this ID.
    Known(Id),
    New(ClientSecretHash),
}

impl ClientInput {
    /// Checks each member by itself and hashes the secret. Hashing takes about 30 ms: do not call this in a
    /// transaction. A secret that `known` already has is not replaced.
    pub fn check(self, known: Option<&Client>) -> Result<CheckedClient, AdminError> {
        if let Some(name) = self.unknown.keys().next() {
            return Err(AdminError::invalid(name, "is not a client metadata member"));
        }
        check_unset(&self.unset)?;
        let is_enabled = self.unset.iter().any(|name| name == "disabled");
        Ok(CheckedClient {
            client_id: self.client_id.as_deref().map(parse_id).transpose()?,
            secret: self
                .client_secret
                .map(|secret| choose_secret(&secret, known))
                .transpose()?,
            disabled: self.disabled.or(is_enabled.then_some(false)),
            unset: self.unset,
            registration: self.registration,
        })
    }
}

impl ClientInput {
    /// Like `check`, for a plan whose changes are discarded: skips hashing the secret.
    pub fn check_without_hash(mut self) -> Result<CheckedClient, AdminError> {
        let unhashed = |_| ChosenSecret::New(ClientSecretHash::Argon2id(String::new()));
        let secret = self.client_secret.take().map(unhashed);
        Ok(CheckedClient {
            secret,
            ..self.check(None)?
        })
    }
}

/// Every name in `unset` must be a member with a default.
pub fn check_unset(names: &[String]) -> Result<(), AdminError> {
    for name in names {
        let said = serde_json::from_value::<ClientInput>(json!({ name: null }));
        let is_member = said.is_ok_and(|input| input.unknown.is_empty());
        if !is_member || matches!(name.as_str(), "client_id" | "client_secret") {
            let reason = match is_member {
                true => "has no default",
                false => "is not a client metadata member",
            };
            return Err(AdminError::invalid(name.clone(), reason));
        }
    }
    Ok(())
}

impl ClientInput {
    /// Checks a complete declaration of a client, without the costly hash.
    pub fn validate(&self) -> Result<(), AdminError> {
        let mut cheap = self.clone();
        let secret = cheap.client_secret.take();
        if let Some(secret) = &secret {
            require_sendable(secret)?;
        }
        let metadata = cheap.check(None)?.metadata()?;
        match secret {
            Some(_) => require_secret_method(metadata.token_endpoint_auth_method),
            None => Ok(()),
        }
    }
}

/// Only a client that authenticates with a secret can be given one.
pub(super) fn require_secret_method(method: AuthMethod) -> Result<(), AdminError> {
    if method.has_secret() {
        return Ok(());
    }
    let reason = format!("must not be set with {method}");
    Err(AdminError::invalid("client_secret", reason))
}

fn parse_id(text: &str) -> Result<ClientId, AdminError> {
    let id = ClientId::parse(text)
        .map_err(|error| AdminError::invalid("client_id", error.to_string()))?;
    refuse_own_actor("client_id", text)?;
    if text == FIRST_PARTY {
        let reason = "is reserved for Keyfob's own pages";
        return Err(AdminError::invalid("client_id", reason));
    }
    if text.starts_with("https://") {
        let reason = "must not be a URL; URLs are client ID metadata documents";
        return Err(AdminError::invalid("client_id", reason));
    }
    Ok(id)
}

/// Only characters that can be sent (RFC 6749 appendix A.2).
fn require_sendable(secret: &Secret) -> Result<(), AdminError> {
    let text = secret.expose();
    let reason = match text.chars().count() {
        count if count < SHORTEST_SECRET => {
            format!("must have at least {SHORTEST_SECRET} characters")
        }
        count if count > LONGEST_SECRET => {
            format!("must have at most {LONGEST_SECRET} characters")
        }
        _ if text.contains(char::is_control) => {
            "must not contain line breaks or other control characters".to_owned()
        }
        _ if text.trim().is_empty() => "must not be only spaces".to_owned(),
        _ => return Ok(()),
    };
    Err(AdminError::invalid("client_secret", reason))
}

fn choose_secret(secret: &Secret, known: Option<&Client>) -> Result<ChosenSecret, AdminError> {
    require_sendable(secret)?;
    let is_it = |stored: &&ClientSecret| match &stored.hash {
        ClientSecretHash::Sha256(stored) => stored.matches(&hash::secret_hash(secret.expose())),
        ClientSecretHash::Argon2id(stored) => password::verify(secret, stored),
    };
    let same = known.and_then(|client| client.secrets.iter().rev().find(is_it));
    Ok(match same {
        Some(stored) => ChosenSecret::Known(stored.id),
        None => ChosenSecret::New(ClientSecretHash::Argon2id(password::hash(secret))),
    })
}

impl CheckedClient {
    /// Resources in the input, if it has any.
    pub(super) fn allowed_resources(&self) -> &[String] {
        self.registration
            .allowed_resources
            .as_deref()
            .unwrap_or(&[])
    }

    /// Whether the input decides how the client authenticates: by a method or a secret.
    pub(super) fn says_method(&self) -> bool {
        self.secret.is_some() || self.registration.token_endpoint_auth_method.is_some()
    }

    /// The input with the authentication method of the registered client.
    pub(super) fn with_method(mut self, method: AuthMethod) -> Self {
        self.registration.token_endpoint_auth_method = Some(method.to_string());
        self
    }

    /// Metadata of a new client with this input.
    pub(super) fn metadata(&self) -> Result<ClientMetadata, AdminError> {
        self.over(Map::new())
    }

    /// Registered metadata merged with the input; the members in `unset` have their defaults.
    pub(super) fn metadata_over(
        &self,
        registered: &ClientMetadata,
    ) -> Result<ClientMetadata, AdminError> {
        self.over(as_members(registered)?)
    }

    fn over(&self, mut members: Map<String, Value>) -> Result<ClientMetadata, AdminError> {
        for name in &self.unset {
            members.remove(name);
        }
        members.extend(as_members(&self.registration)?);
        members.retain(|_, value| value.as_str() != Some(""));
        let registration: ClientRegistration = serde_json::from_value(Value::Object(members))
            .map_err(|error| AdminError::Store(StoreError::Internal(error.to_string())))?;
        Ok(registration.check()?)
    }
}

/// A client, without its secrets or their hashes. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClient", transform = client_registration::describe_members)]
pub struct ClientView {
    pub client_id: ClientId,
    #[serde(flatten)]
    pub metadata: ClientMetadata,
    pub disabled: bool,
    pub managed_by: Option<String>,
    pub secrets: Vec<SecretView>,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: String,
}

/// A new client, or one with a new secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminCreatedClient")]
pub struct CreatedClient {
    pub client: ClientView,
    /// Returned only once; `null` for a client without one.
    pub client_secret: Option<String>,
}

/// Client secret without its value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClientSecret")]
pub struct SecretView {
    pub id: Id,
    /// Whether an administrator chose it; otherwise the server generated it.
    pub chosen: bool,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
}

impl From<&Client> for ClientView {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.clone(),
            metadata: client.metadata.clone(),
            disabled: client.disabled,
            managed_by: client.managed_by.clone(),
            secrets: client.secrets.iter().map(SecretView::from).collect(),
            created_at: client.created_at.rfc3339(),
            updated_at: client.updated_at.rfc3339(),
        }
    }
}

impl From<&ClientSecret> for SecretView {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id,
            chosen: matches!(secret.hash, ClientSecretHash::Argon2id(_)),
            created_at: secret.created_at.rfc3339(),
            expires_at: secret.expires_at.map(UnixSeconds::rfc3339),
        }
    }
}
