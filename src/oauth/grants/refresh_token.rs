//! The refresh token grant (RFC 6749 §6) with rotation and reuse detection (RFC 9700 §4.14.2).

use crate::{
    app::App,
    crypto::hash,
    domain::{
        client::Client,
        grant::Grant,
        scope::ScopeSet,
        secret::Secret,
        time::UnixSeconds,
        time_zone::TimeZone,
        token::{OpaqueToken, Origin, RefreshTokenRecord},
    },
    oauth::{
        dpop,
        error::OAuthError,
        grants::{Abort, Commit, Exchange, Outcome},
        issue::{self, UserGrant},
        params::Params,
        refusal::Refusal,
        requested_access, target,
    },
    store::{Tx, grants, refresh_tokens, revocations, users},
    trace::{Reason, Trace},
};

/// Content of the new access token.
struct Asked {
    scope: Option<ScopeSet>,
    resources: Vec<String>,
    tz: Option<TimeZone>,
    dpop_jkt: Option<String>,
}

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let (params, trace) = (exchange.params, exchange.trace);
    let token = trace.part("refresh_token", read_token(params))?;
    let asked = Asked {
        scope: trace.part("scope", requested_access::named_scope(params))?,
        resources: exchange.resources()?,
        tz: exchange.tz,
        dpop_jkt: exchange.dpop_jkt.map(str::to_owned),
    };
    let client = exchange.client.clone();
    Ok(Box::new(move |app, tx, trace| {
        refresh(app, tx, trace, &client, &token, asked)
    }))
}

fn read_token(params: &Params) -> Result<OpaqueToken, OAuthError> {
    let token = params.required("refresh_token")?;
    token
        .parse()
        .map_err(|_| OAuthError::from(Reason::RefreshTokenUnknown))
}

fn refresh(
    app: &App,
    tx: &Tx,
    trace: &Trace,
    client: &Client,
    token: &OpaqueToken,
    asked: Asked,
) -> Result<Outcome, Abort> {
    let record = trace.check("refresh_token", find(tx, client, token))?;
    let grant = grants::get(tx, record.grant_id)?.filter(|grant| grant.is_alive(tx.now));
    // The text for an unknown token: that the grant was there once is nothing to tell.
    let ended = || OAuthError {
        description: OAuthError::from(Reason::RefreshTokenUnknown).description,
        ..Reason::PermissionEnded.into()
    };
    let grant = grant.ok_or_else(|| Outcome::refused(ended()));
    let mut grant = trace.check("grant", grant)?;
    let successor = check_use(app, tx, &record, &grant, token);
    let successor = trace.check("single use", successor)?;
    if record.used_at.is_none() {
        let lifetime = match tx.now < record.expires_at {
            true => Ok(()),
            false => Err(Outcome::refused(Reason::RefreshTokenExpired)),
        };
        trace.check("token lifetime", lifetime)?;
    }
    // Checked after the search for old tokens: reuse of one shows a theft, also without a proof (RFC 9449 §5).
    if client.is_public() {
        let result = dpop::check_binding(&grant, asked.dpop_jkt.as_deref());
        trace.check_if(grant.dpop_jkt.is_some(), "DPoP key", result)?;
        dpop::bind_refresh_tokens(tx, client, &mut grant, asked.dpop_jkt.as_deref())?;
    }
    let user = users::get(tx, grant.sub.as_str())?.filter(|user| !user.disabled);
    let user = user.ok_or_else(|| Outcome::refused(Reason::UserGone));
    let user = trace.check("user", user)?;
    // RFC 6749 §6, RFC 8707 §2.2: within what was granted; the refresh token keeps the whole of it.
    let target = target::within(
        &app.directory,
        client,
        &grant.target(),
        asked.scope.as_ref(),
        asked.resources,
    );
    let target = trace.check("resource and scope", target)?;
    let refresh_token = match successor {
        Some(successor) => successor.to_secret(),
        None if client.metadata.rotates_refresh_tokens() => {
            trace.part("single use", rotate(app, tx, client, &grant, token))?
        }
        None => {
            issue::extend_refresh_token(&app.directory, tx, client, &grant, token.id)?;
            token.to_secret()
        }
    };
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
            refresh_token: Some(refresh_token),
            origin: Origin::RefreshToken,
        },
    )?;
    Ok(Outcome::issued(issue, Some(&sub)))
}

fn find(tx: &Tx, client: &Client, token: &OpaqueToken) -> Result<RefreshTokenRecord, Abort> {
    let hash = hash::secret_hash(token.secret.expose());
    let record = refresh_tokens::get(tx, token.id)?
        .filter(|record| record.client_id == client.client_id && record.secret_hash.matches(&hash));
    record.ok_or_else(|| Outcome::unknown(Reason::RefreshTokenUnknown).into())
}

/// Successor to send again, if this is a retry of a refresh whose response was lost.
fn check_use(
    app: &App,
    tx: &Tx,
    record: &RefreshTokenRecord,
    grant: &Grant,
    token: &OpaqueToken,
) -> Result<Option<OpaqueToken>, Abort> {
    if record.used_at.is_none() {
        return Ok(None);
    }
    if let Some(successor) = successor_to_repeat(app, tx, record, token)? {
        return Ok(Some(successor));
    }
    // The sender of an old token may have stolen it, so the family is revoked (RFC 9700 §4.14.2).
    revocations::revoke_grant(tx, grant.id)?;
    Err(Outcome::replayed(Some(&grant.sub)).into())
}

fn rotate(
    app: &App,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    token: &OpaqueToken,
) -> Result<Secret, Refusal> {
    let successor_id = tx.new_id();
    if !refresh_tokens::consume(tx, token.id, successor_id)? {
        return Err(OAuthError::from(Reason::RefreshTokenUnknown).into());
    }
    Ok(issue::record_successor(
        &app.directory,
        &app.mac,
        tx,
        client,
        grant,
        successor_id,
        token,
    )?)
}

/// A retry of the latest refresh, soon after it and before its successor was used, gets the same successor: a client
/// that lost the response keeps its grant. This also holds for a refresh just before the server stopped, if the retry
/// is soon after the next start.
fn successor_to_repeat(
    app: &App,
    tx: &Tx,
    record: &RefreshTokenRecord,
    token: &OpaqueToken,
) -> Result<Option<OpaqueToken>, Refusal> {
    let (Some(used_at), Some(successor_id)) = (record.used_at, record.successor_id) else {
        return Ok(None);
    };
    let window = app.live().refresh_retry.0;
    // A time to come is from a clock that was ahead.
    let is_soon = |later: UnixSeconds| later.since(used_at).unsigned_abs() <= u64::from(window);
    let began_just_now =
        app.clock.monotonic().saturating_sub(app.began).as_secs() <= u64::from(window);
    let was_among_the_last = || began_just_now && app.store.written_before().is_some_and(is_soon);
    if window == 0 || !(is_soon(tx.now) || was_among_the_last()) {
        return Ok(None);
    }
    let unused = refresh_tokens::get(tx, successor_id)?.is_some_and(|next| next.used_at.is_none());
    Ok(unused.then(|| issue::successor(&app.mac, successor_id, token)))
}
