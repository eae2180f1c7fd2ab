//! Device code grant: the device polls until its user has decided (RFC 8628 §3.4, §3.5).

use std::sync::Arc;

use crate::{
    app::App,
    crypto::hash,
    domain::{
        client::Client,
        device_code::{DeviceCode, DeviceState},
        id::Id,
        time::Lifetime,
        time_zone::TimeZone,
        token::{OpaqueToken, Origin},
    },
    oauth::{
        error::OAuthError,
        grants::{Abort, Commit, Exchange, Outcome},
        issue::{self, UserGrant},
        params::Params,
        target,
    },
    store::{StoreError, Tx, device_codes, grants, users},
    trace::{Reason, Trace},
};

/// RFC 8628 §3.5: what `slow_down` adds to the interval, for this and all later polls.
const SLOWER: u32 = 5;

/// Request of a device.
struct Poll {
    client: Arc<Client>,
    token: OpaqueToken,
    tz: Option<TimeZone>,
    resources: Vec<String>,
    dpop_jkt: Option<String>,
}

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let asked = Poll {
        client: exchange.client.clone(),
        token: exchange
            .trace
            .part("device_code", read_code(exchange.params))?,
        tz: exchange.tz.or(exchange.default_tz),
        resources: exchange.resources()?,
        dpop_jkt: exchange.dpop_jkt.map(str::to_owned),
    };
    Ok(Box::new(move |app, tx, trace| poll(app, tx, trace, asked)))
}

fn read_code(params: &Params) -> Result<OpaqueToken, OAuthError> {
    let code = params.required("device_code")?;
    code.parse()
        .map_err(|_| OAuthError::from(Reason::DeviceCodeUnknown))
}

fn poll(app: &App, tx: &Tx, trace: &Trace, asked: Poll) -> Result<Outcome, Abort> {
    let client = &asked.client;
    let device = trace.check("device_code", find(tx, client, &asked.token))?;
    let spent = || Outcome::refused(Reason::DeviceCodeUnknown);
    // A poll whose response was lost is sent again, so it does not revoke the tokens of the first one.
    let unused = match device.state {
        DeviceState::Redeemed(_) => Err(spent()),
        _ => Ok(()),
    };
    trace.check("single use", unused)?;
    let lifetime = match tx.now < device.expires_at {
        true => Ok(()),
        false => Err(Outcome::refused(Reason::DeviceCodeExpired)),
    };
    trace.check("device_code lifetime", lifetime)?;
    let grant_id = trace.check("user decision", decision(tx, &device))?;
    let unused = match device_codes::redeem(tx, device.id)? {
        true => Ok(()),
        false => Err(spent()),
    };
    trace.part("single use", unused)?;
    let grant = grants::get(tx, grant_id)?.filter(|grant| grant.is_alive(tx.now));
    let grant = grant.ok_or_else(|| Outcome::refused(Reason::PermissionEnded));
    let grant = trace.check("grant", grant)?;
    let user = users::get(tx, grant.sub.as_str())?.filter(|user| !user.disabled);
    let user = user.ok_or_else(|| Outcome::refused(Reason::UserGone));
    let user = trace.check("user", user)?;
    let target = target::within(
        &app.directory,
        client,
        &grant.target(),
        None,
        asked.resources,
    );
    let target = trace.check("resource and scope", target)?;
    let sub = grant.sub.clone();
    let issue = issue::for_user_grant(
        &app.directory,
        tx,
        UserGrant {
            client,
            grant,
            user: &user,
            target,
            tz: asked.tz,
            dpop_jkt: asked.dpop_jkt.as_deref(),
            refresh_token: None,
            origin: Origin::DeviceCode,
        },
    )?;
    Ok(Outcome::issued(issue, Some(&sub)))
}

fn find(tx: &Tx, client: &Client, token: &OpaqueToken) -> Result<DeviceCode, Abort> {
    let hash = hash::secret_hash(token.secret.expose());
    let device = device_codes::get(tx, token.id)?
        .filter(|device| device.secret_hash.matches(&hash) && device.client_id == client.client_id);
    device.ok_or_else(|| Outcome::unknown(Reason::DeviceCodeUnknown).into())
}

/// The grant that the user has allowed.
fn decision(tx: &Tx, device: &DeviceCode) -> Result<Id, Abort> {
    match device.state {
        DeviceState::Allowed(grant_id) | DeviceState::Redeemed(grant_id) => Ok(grant_id),
        DeviceState::Pending => Err(wait(tx, device)?.into()),
        DeviceState::Denied => Err(Outcome::refused(Reason::DeviceDenied).into()),
    }
}

/// RFC 8628 §3.5: not yet, and slower if the device does not keep to the interval.
fn wait(tx: &Tx, device: &DeviceCode) -> Result<Outcome, StoreError> {
    let too_fast = device
        .polled_at
        .is_some_and(|last| tx.now.since(last) < i64::from(device.interval.0));
    let interval = match too_fast {
        true => Lifetime(device.interval.0.saturating_add(SLOWER)),
        false => device.interval,
    };
    device_codes::polled(tx, device.id, interval)?;
    Ok(match too_fast {
        true => Outcome::refused(OAuthError::from(Reason::DeviceTooFast).saying(format!(
            "Polling too fast. Wait {} seconds between requests.",
            interval.0
        ))),
        false => Outcome::refused(Reason::DevicePending),
    })
}
