//! Management of a client's own registration (RFC 7592).

use serde_json::{Map, Value};

use super::{
    Refused, Registered, bearer_token, check_grants, count_stranger, ensure_key, hash_of,
    makes_secret, members, policy,
};
use crate::{
    app::{App, SharedApp},
    domain::{
        audit::AuditEvent,
        client::{Client, ClientMetadata, ClientSecret, ClientSecretHash},
        client_address::ClientAddress,
        client_registration::InvalidMember,
        secret::{Secret, SecretHash},
    },
    oauth::{
        delegation::review,
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, audit_events, client_registrations, clients, revocations, unused_clients},
    throttle::Network,
};

/// RFC 7592 §2.2: what the server sets is not sent back to it.
const NOT_SENT: &[&str] = &[
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// RFC 7592 §2.1
pub async fn read(
    app: &SharedApp,
    client_id: &str,
    authorization: Option<&str>,
) -> Result<Registered, Refused> {
    let (client, token) = own(app, client_id, authorization).await?;
    Ok(Registered {
        client,
        secret: None,
        token,
    })
}

/// RFC 7592 §2.2: what is sent replaces what is registered. Secrets come and go with the method.
pub async fn update(
    app: &SharedApp,
    client_id: &str,
    authorization: Option<&str>,
    body: Result<impl AsRef<[u8]>, OAuthError>,
    address: Option<ClientAddress>,
) -> Result<Registered, Refused> {
    let (before, token) = own(app, client_id, authorization).await?;
    let body = body?;
    let mut members = members::object(body.as_ref())?;
    check_envelope(&before, &mut members)?;
    let metadata = asked(app, &before, &members).map_err(|error| members::refusal(&error))?;
    let had_secret = before.metadata.token_endpoint_auth_method.has_secret();
    let secret = makes_secret(&metadata).filter(|_| !had_secret);
    let secret_hash = secret.as_ref().map(hash_of);
    let is_stranger = app.directory.snapshot().is_unverified(&before.client_id);
    if is_stranger {
        count_stranger(app, body.as_ref(), Network::of(address))?;
    }
    ensure_key(app, &metadata).await?;
    let event = event(app, "client.updated", &before, address);
    let updated = app
        .store
        .write(move |tx| {
            // It may have just been changed or deleted.
            let Some(before) = clients::get(tx, before.client_id.as_str())? else {
                return Ok(None);
            };
            let client = Client {
                metadata,
                updated_at: tx.now,
                ..before.clone()
            };
            clients::put(tx, &client)?;
            review::client_changed(tx, &before, &client)?;
            if !client.metadata.token_endpoint_auth_method.has_secret() {
                clients::delete_secrets(tx, &client.client_id)?;
            }
            if let Some(hash) = secret_hash {
                let stored = ClientSecret {
                    id: tx.new_id(),
                    hash: ClientSecretHash::Sha256(hash),
                    created_at: tx.now,
                    expires_at: None,
                };
                clients::add_secret(tx, &client.client_id, &stored)?;
            }
            if let Some(event) = event {
                audit_events::insert(tx, &event)?;
            }
            Ok::<_, StoreError>(Some(client))
        })
        .await
        .map_err(OAuthError::from)?;
    let client = updated.ok_or_else(refused)?;
    Ok(Registered {
        client,
        secret,
        token,
    })
}

/// RFC 7592 §2.3: the client, and everything that was issued to it. One on which an administrator relies is not allowed to.
pub async fn delete(
    app: &SharedApp,
    client_id: &str,
    authorization: Option<&str>,
    address: Option<ClientAddress>,
) -> Result<(), Refused> {
    let (client, _) = own(app, client_id, authorization).await?;
    let event = event(app, "client.deleted", &client, address);
    let is_deleted = app
        .store
        .write(move |tx| {
            if unused_clients::relied_on(tx)?.contains(client.client_id.as_str()) {
                return Ok(false);
            }
            revocations::revoke_client(tx, &client.client_id)?;
            clients::delete(tx, client.client_id.as_str())?;
            if let Some(event) = event {
                audit_events::insert(tx, &event)?;
            }
            Ok::<_, StoreError>(true)
        })
        .await
        .map_err(OAuthError::from)?;
    match is_deleted {
        true => Ok(()),
        false => Err(Refused::Error(OAuthError::new(
            ErrorCode::AccessDenied,
            "An API, a trusted issuer or another client refers to this client. Ask an administrator to delete it.",
        ))),
    }
}

/// Writes the event of a change by the client. Events of an unverified client are limited like those of other
/// strangers.
fn event(
    app: &App,
    name: &'static str,
    client: &Client,
    address: Option<ClientAddress>,
) -> Option<AuditEvent> {
    let event = AuditEvent::ok(name)
        .client(&client.client_id)
        .address(address);
    match app.directory.snapshot().is_unverified(&client.client_id) {
        false => Some(event.actor(&client.client_id)),
        true => app.audits_stranger(address).then_some(event),
    }
}

/// The client, if the registration access token is its own. One of another client has been where it does
/// not belong, and is worthless from here on.
async fn own(
    app: &SharedApp,
    client_id: &str,
    authorization: Option<&str>,
) -> Result<(Client, Secret), Refused> {
    let token = bearer_token(authorization.ok_or(Refused::NoCredentials)?)?;
    let hash = hash_of(&token);
    let (owner, client) = app
        .store
        .read(|tx| {
            let owner = client_registrations::client_of(tx, hash)?;
            Ok::<_, StoreError>((owner, clients::get(tx, client_id)?))
        })
        .map_err(OAuthError::from)?;
    let not_its_own = || {
        OAuthError::new(
            ErrorCode::AccessDenied,
            "This client is managed by an administrator (RFC 7592 §2).",
        )
    };
    match (owner, client) {
        (Some(owner), Some(client)) if owner == client.client_id => {
            if client.disabled || client.managed_by.is_some() {
                return Err(not_its_own().into());
            }
            Ok((client, token))
        }
        (Some(owner), _) => {
            let event = AuditEvent::failed(
                "registration_access_token.revoked",
                "used for another client",
            );
            let event = event.actor(&owner).client(&owner);
            app.store
                .write(move |tx| {
                    client_registrations::revoke_token(tx, hash)?;
                    audit_events::insert(tx, &event)
                })
                .await
                .map_err(|error: StoreError| OAuthError::from(error))?;
            Err(refused().into())
        }
        (None, Some(client)) if !is_self_registered(app, &client)? => Err(not_its_own().into()),
        (None, _) => Err(refused().into()),
    }
}

fn refused() -> OAuthError {
    OAuthError::invalid_token("The registration access token is invalid.")
}

fn is_self_registered(app: &SharedApp, client: &Client) -> Result<bool, OAuthError> {
    let id = client.client_id.as_str();
    let registered = app.store.read(|tx| client_registrations::exists(tx, id));
    registered.map_err(|error: StoreError| error.into())
}

/// Members in addition to the metadata (RFC 7592 §2.2). The client's ID is required and must match, and its secret must
/// match if sent.
fn check_envelope(client: &Client, members: &mut Map<String, Value>) -> Result<(), OAuthError> {
    if let Some(name) = NOT_SENT.iter().find(|name| members.contains_key(**name)) {
        return Err(OAuthError::invalid_request(format!(
            "{name} must not be sent (RFC 7592 §2.2)."
        )));
    }
    let client_id = members.remove("client_id");
    if client_id.as_ref().and_then(Value::as_str) != Some(client.client_id.as_str()) {
        return Err(OAuthError::invalid_request(
            "client_id is required and must be the id of this client (RFC 7592 §2.2).",
        ));
    }
    let Some(secret) = members.remove("client_secret") else {
        return Ok(());
    };
    let hash = secret.as_str().map(|secret| hash_of(&Secret::new(secret)));
    let is_own = |hash: &SecretHash| {
        client.secrets.iter().any(|stored| match &stored.hash {
            ClientSecretHash::Sha256(stored) => stored.matches(hash),
            ClientSecretHash::Argon2id(_) => false,
        })
    };
    if hash.is_some_and(|hash| is_own(&hash)) {
        return Ok(());
    }
    Err(OAuthError::invalid_request(
        "client_secret must be the current secret of this client, or left out (RFC 7592 §2.2).",
    ))
}

fn asked(
    app: &SharedApp,
    before: &Client,
    members: &Map<String, Value>,
) -> Result<ClientMetadata, InvalidMember> {
    let registration = members::registration(members)?;
    let registration = policy::usable_grants(registration, |grant| before.may_use(grant));
    let metadata = policy::curtail(app, registration, Some(&before.metadata))?;
    // Grants that it has already were given with the initial access token, or by an administrator.
    let kept = |metadata: &ClientMetadata| ClientMetadata {
        grant_types: metadata
            .grant_types
            .iter()
            .filter(|grant| !before.may_use(**grant))
            .copied()
            .collect(),
        ..ClientMetadata::default()
    };
    check_grants(false, &kept(&metadata))?;
    Ok(metadata)
}
