//! The device authorization grant (RFC 8628): a device asks, its user allows it on another one. The
//! device's own polls are `grants/device_code.rs`.

use std::sync::Arc;

use crate::{
    app::{App, SharedApp},
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        claims_request::ClaimsRequest,
        client::Client,
        client_address::ClientAddress,
        device_code::{DeviceCode, DeviceState, UserCode},
        grant::Grant,
        grant_type::GrantType,
        id::Id,
        name::Subject,
        secret::{Secret, SecretHash},
        time::Lifetime,
        token::{OpaqueToken, Origin},
    },
    oauth::{
        authorize::decide::SignedIn, client_metadata_document, error::OAuthError, params::Params,
        requested_access, unproven,
    },
    store::{StoreError, audit_events, device_codes, grants},
    throttle::{Counted, Network},
    trace::Trace,
};

/// Polling interval of a device, unless it got `slow_down`.
const INTERVAL: Lifetime = Lifetime(5);

/// Response to a device (RFC 8628 §3.2).
pub struct DeviceAuthorization {
    pub device_code: Secret,
    pub user_code: UserCode,
    pub expires_in: Lifetime,
    pub interval: Lifetime,
}

/// Begins: gives the device its two codes (RFC 8628 §3.1).
pub async fn begin(
    app: &SharedApp,
    trace: &Trace,
    client: &Client,
    params: &Params,
    address: Option<ClientAddress>,
) -> Result<DeviceAuthorization, OAuthError> {
    let may_use = requested_access::grant(client, GrantType::DeviceCode);
    trace.check("client's grant types", may_use)?;
    let scope = trace.check(
        "scope",
        requested_access::scope(&app.directory, params, client),
    )?;
    let target = requested_access::target(&app.directory, params, client, &scope);
    let target = trace.check("resource and scope", target)?;
    let secret = random::secret();
    let secret_hash = hash::secret_hash(secret.expose());
    // Checked last, so that rejected requests are not counted.
    let stranger = trace.part("rate limit", unproven::count(app, client, address))?;
    let (writing, client_id) = (app.clone(), client.client_id.clone());
    let (id, user_code, room) = app
        .store
        .write(move |tx| {
            let (user_code, user_code_hash) = loop {
                let letters = random::letters(UserCode::ALPHABET, UserCode::LENGTH);
                let Some(code) = UserCode::parse(&letters) else {
                    continue;
                };
                let hash = user_code_hash(&writing, &code);
                if device_codes::by_user_code(tx, hash)?.is_none() {
                    break (code, hash);
                }
            };
            let code = DeviceCode {
                id: tx.new_id(),
                secret_hash,
                user_code_hash,
                client_id,
                target,
                address: address.map(|address| address.to_string()),
                created_at: tx.now,
                expires_at: tx.now + DeviceCode::LIFETIME,
                interval: INTERVAL,
                polled_at: None,
                state: DeviceState::Pending,
            };
            let rows = &writing.unproven_rows.device_codes;
            let room = stranger.map(|site| rows.admit(code.id, site, device_codes::size(&code)));
            if let Some(room) = &room {
                device_codes::delete_pending(tx, &room.gone())?;
            }
            device_codes::insert(tx, &code)?;
            Ok::<_, StoreError>((code.id, user_code, room))
        })
        .await?;
    if let Some(room) = room {
        room.is_made();
    }
    let device_code = OpaqueToken { id, secret }.to_secret();
    trace.gives(device_code.expose());
    trace.gives(&user_code.to_string());
    Ok(DeviceAuthorization {
        device_code,
        user_code,
        expires_in: DeviceCode::LIFETIME,
        interval: INTERVAL,
    })
}

fn user_code_hash(app: &App, code: &UserCode) -> SecretHash {
    SecretHash(app.mac.mac("user code", &[code.as_str().as_bytes()]))
}

/// Reason why a typed code is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDevice {
    Unknown,
    /// Somebody has allowed or denied it already.
    Decided,
    Expired,
    /// Too many wrong codes: how long to wait.
    Wait(Lifetime),
}

/// Finds the device of a typed code. Wrong codes are counted (RFC 8628 §5.1); those of a signed-in user are counted
/// separately, so that strangers at the same address do not delay the user.
pub async fn find(
    app: &SharedApp,
    trace: &Trace,
    typed: &str,
    person: Option<&Subject>,
    address: Option<ClientAddress>,
) -> Result<Result<(Id, UserCode), NoDevice>, StoreError> {
    let code = UserCode::parse(typed);
    let from = Network::of(address);
    let mut counted = match person {
        Some(sub) => vec![Counted::UserCodesOf(sub.as_str())],
        None => vec![
            Counted::UserCodes(from),
            Counted::UserCodesOfSite(from.site()),
            Counted::Anything(from),
        ],
    };
    counted.extend(code.iter().map(|code| Counted::UserCode(code.as_str())));
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        return Ok(Err(NoDevice::Wait(wait)));
    }
    let found = match &code {
        Some(code) => app
            .store
            .read(|tx| device_codes::by_user_code(tx, user_code_hash(app, code)))?,
        None => None,
    };
    let refused = match (&found, &code) {
        (Some(device), Some(code)) => match waiting(app, device) {
            Ok(_) => {
                // The device and its user are one trace.
                trace.brings(&code.to_string());
                return Ok(Ok((device.id, code.clone())));
            }
            Err(refused) => refused,
        },
        _ => NoDevice::Unknown,
    };
    app.throttle.failed(app.now(), &counted);
    let event = AuditEvent::failed(
        "device.code_rejected",
        "No pending device request has this code.",
    );
    app.audit_unproven(event, address).await?;
    Ok(Err(refused))
}

/// A device that waits, and the client that it runs.
pub struct Waiting {
    pub client: Arc<Client>,
    pub device: DeviceCode,
}

/// The device of this id, if it still waits.
pub fn get(app: &App, id: Id) -> Result<Result<Waiting, NoDevice>, StoreError> {
    let device = app.store.read(|tx| device_codes::get(tx, id))?;
    Ok(match device {
        Some(device) => waiting(app, &device).map(|client| Waiting { client, device }),
        None => Err(NoDevice::Unknown),
    })
}

fn waiting(app: &App, device: &DeviceCode) -> Result<Arc<Client>, NoDevice> {
    if app.now() >= device.expires_at {
        return Err(NoDevice::Expired);
    }
    if device.state != DeviceState::Pending {
        return Err(NoDevice::Decided);
    }
    client_metadata_document::known(app, device.client_id.as_str()).ok_or(NoDevice::Unknown)
}

/// Writes down what the user decided; false if the device waits no more.
pub async fn decide(
    app: &SharedApp,
    waiting: Waiting,
    person: SignedIn,
    allowed: bool,
    address: Option<ClientAddress>,
) -> Result<bool, StoreError> {
    let lifetime = waiting
        .client
        .metadata
        .refresh_token_lifetime
        .unwrap_or(app.live().refresh_token_lifetime);
    let unused = app.live().registration_unused_lifetime;
    app.store
        .write(move |tx| {
            let device = &waiting.device;
            let name = if allowed {
                "device.approved"
            } else {
                "device.denied"
            };
            let event = AuditEvent::ok(name)
                .actor(&person.user.sub)
                .subject(&person.user.sub)
                .client(&device.client_id)
                .address(address)
                .detail(
                    serde_json::json!({ "scope": device.target.scope, "device_address": device.address }),
                );
            let decided = if allowed {
                let grant = Grant {
                    id: tx.new_id(),
                    client_id: device.client_id.clone(),
                    sub: person.user.sub.clone(),
                    scope: device.target.scope.clone(),
                    resources: device.target.resources.clone(),
                    dpop_jkt: None,
                    team_id: None,
                    zoneinfo: None,
                    nonce: None,
                    claims: ClaimsRequest::default(),
                    auth_time: person.session.auth_time,
                    amr: person.session.amr.clone(),
                    // The device does not belong to the session in which it was allowed.
                    session_id: None,
                    origin: Origin::DeviceCode,
                    created_at: tx.now,
                    expires_at: tx.now + lifetime,
                    revoked_at: None,
                };
                let decided = device_codes::allow(tx, device.id, grant.id)?;
                if decided {
                    client_metadata_document::remember(tx, &waiting.client, tx.now + unused)?;
                    grants::insert(tx, &grant)?;
                }
                decided
            } else {
                device_codes::deny(tx, device.id)?
            };
            if decided {
                audit_events::insert(tx, &event)?;
            }
            Ok::<_, StoreError>(decided)
        })
        .await
}
