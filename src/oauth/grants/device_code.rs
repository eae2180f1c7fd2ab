//! A device asks for its tokens, again and again until its user has decided (RFC 8628 §3.4, §3.5).

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
        error::{ErrorCode, OAuthError},
        grants::{Commit, Exchange, Outcome, Refusal},
        issue::{self, UserGrant},
        target,
    },
    store::{Tx, device_codes, grants, users},
    trace::Reason,
};

const BAD_CODE: &str = "the device_code is unknown, already used, or was given to another client";

/// RFC 8628 §3.5: what `slow_down` adds to the interval, for this and all later polls.
const SLOWER: u32 = 5;

/// What a device asks with.
struct Poll {
    client: Arc<Client>,
    token: OpaqueToken,
    tz: Option<TimeZone>,
    resources: Vec<String>,
    dpop_jkt: Option<String>,
}

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let token: OpaqueToken = exchange
        .params
        .required("device_code")?
        .parse()
        .map_err(|_| OAuthError::invalid_grant(BAD_CODE).because(Reason::DeviceCodeUnknown))?;
    let asked = Poll {
        client: exchange.client.clone(),
        token,
        tz: exchange.tz.or(exchange.default_tz),
        resources: target::requested(exchange.app, exchange.client, exchange.params)?,
        dpop_jkt: exchange.dpop_jkt.map(str::to_owned),
    };
    Ok(Box::new(move |app, tx| poll(app, tx, asked)))
}

fn poll(app: &App, tx: &Tx, asked: Poll) -> Result<Outcome, Refusal> {
    let secret_hash = hash::secret_hash(asked.token.secret.expose());
    let device = device_codes::get(tx, asked.token.id)?.filter(|device| {
        device.secret_hash.matches(&secret_hash) && device.client_id == asked.client.client_id
    });
    let Some(device) = device else {
        return Ok(Outcome::unknown(BAD_CODE).because(Reason::DeviceCodeUnknown));
    };
    match device.state {
        // A poll whose answer was lost is sent again, so it does not end what the first one brought.
        DeviceState::Redeemed(_) => {
            Ok(Outcome::refused(BAD_CODE).because(Reason::DeviceCodeUnknown))
        }
        _ if tx.now >= device.expires_at => Ok(Outcome::refused_with(OAuthError::new(
            ErrorCode::ExpiredToken,
            "the device_code has expired: start again",
        ))
        .because(Reason::DeviceCodeExpired)),
        DeviceState::Denied => Ok(Outcome::refused_with(OAuthError::new(
            ErrorCode::DeviceDenied,
            "the user did not allow the device",
        ))
        .because(Reason::DeviceDenied)),
        DeviceState::Pending => wait(tx, &device),
        DeviceState::Allowed(grant_id) => redeem(app, tx, asked, device.id, grant_id),
    }
}

/// RFC 8628 §3.5: not yet, and slower if the device does not keep to the interval.
fn wait(tx: &Tx, device: &DeviceCode) -> Result<Outcome, Refusal> {
    let too_fast = device
        .polled_at
        .is_some_and(|last| tx.now.since(last) < i64::from(device.interval.0));
    let interval = match too_fast {
        true => Lifetime(device.interval.0.saturating_add(SLOWER)),
        false => device.interval,
    };
    device_codes::polled(tx, device.id, interval)?;
    let error = if too_fast {
        let description = format!("wait {} seconds between two polls", interval.0);
        OAuthError::new(ErrorCode::PollingTooFast, description).because(Reason::DeviceTooFast)
    } else {
        OAuthError::new(
            ErrorCode::AuthorizationPending,
            "the user has not decided yet",
        )
        .because(Reason::DevicePending)
    };
    Ok(Outcome::refused_with(error))
}

fn redeem(
    app: &App,
    tx: &Tx,
    asked: Poll,
    device_id: Id,
    grant_id: Id,
) -> Result<Outcome, Refusal> {
    let client = &asked.client;
    if !device_codes::redeem(tx, device_id)? {
        return Ok(Outcome::refused(BAD_CODE).because(Reason::DeviceCodeUnknown));
    }
    let Some(grant) = grants::get(tx, grant_id)?.filter(|grant| grant.is_alive(tx.now)) else {
        return Ok(
            Outcome::refused("the permission has been revoked").because(Reason::PermissionEnded)
        );
    };
    let Some(user) = users::get(tx, grant.sub.as_str())?.filter(|user| !user.disabled) else {
        return Ok(Outcome::refused("the user is disabled").because(Reason::UserGone));
    };
    let target = target::within(app, client, &grant.target(), None, asked.resources)?;
    let sub = grant.sub.clone();
    let issue = issue::for_user_grant(
        app,
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
