//! Devices that wait for their user (RFC 8628): the list, and denying a request.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{AdminError, Applied, By, Change, Kind, record};
use crate::{
    domain::{
        device_code::{DeviceCode, DeviceState},
        id::Id,
        name::{ClientId, Subject},
        scope::ScopeSet,
        time::UnixSeconds,
    },
    store::{Beyond, Tx, clients, device_codes, grants, revocations, users},
};

/// A device, without its codes. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminDevice")]
pub struct DeviceView {
    pub id: Id,
    pub client_id: ClientId,
    pub client_name: Option<String>,
    pub scope: ScopeSet,
    pub resources: Vec<String>,
    /// Address of the device.
    pub address: Option<String>,
    pub state: Waits,
    /// User who allowed it.
    pub sub: Option<Subject>,
    pub username: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    /// Time of its last poll.
    #[schemars(extend("format" = "date-time"))]
    pub polled_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Waits {
    /// Waiting for its user.
    Waiting,
    /// Allowed, tokens not fetched yet.
    Allowed,
}

/// The next `limit` devices without tokens, after `from`: all, or those whose `client_id` contains the text.
pub fn list(
    tx: &Tx,
    text: Option<&str>,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<DeviceView>, AdminError> {
    let page = device_codes::living(tx, text, from, limit)?;
    page.into_iter().map(|device| view(tx, device)).collect()
}

/// Denies the request of the device. An approval whose tokens were not fetched yet is revoked.
pub fn cancel(tx: &Tx, by: &By, id: Id) -> Result<Applied<()>, AdminError> {
    let device = device_codes::get(tx, id)?
        .ok_or_else(|| AdminError::not_found(Kind::DEVICE, id.to_string()))?;
    if matches!(device.state, DeviceState::Redeemed(_)) {
        let reason = "The device already has tokens. Revoke its grant instead.";
        return Err(AdminError::Conflict(reason.into()));
    }
    if !device_codes::cancel(tx, id)? {
        return Ok(Applied::new((), Change::Unchanged));
    }
    if let DeviceState::Allowed(grant) = device.state {
        revocations::revoke_grant(tx, grant)?;
    }
    let event = by.event("device.revoked").client(&device.client_id);
    let event = event.detail(json!({ "device_address": device.address }));
    record(tx, event, &[])?;
    Ok(Applied::new((), Change::Deleted))
}

fn view(tx: &Tx, device: DeviceCode) -> Result<DeviceView, AdminError> {
    let (state, grant) = match device.state {
        DeviceState::Allowed(id) => (Waits::Allowed, grants::get(tx, id)?),
        _ => (Waits::Waiting, None),
    };
    let sub = grant.map(|grant| grant.sub);
    let user = match &sub {
        Some(sub) => users::get(tx, sub.as_str())?,
        None => None,
    };
    let client = clients::get(tx, device.client_id.as_str())?;
    Ok(DeviceView {
        id: device.id,
        client_name: client.map(|client| client.display_name().to_owned()),
        client_id: device.client_id,
        scope: device.target.scope,
        resources: device.target.resources,
        address: device.address,
        state,
        sub,
        username: user.map(|user| user.username),
        created_at: device.created_at.rfc3339(),
        expires_at: device.expires_at.rfc3339(),
        polled_at: device.polled_at.map(UnixSeconds::rfc3339),
    })
}
