//! The token endpoint (RFC 6749 §3.2), in numbered phases.

use std::sync::OnceLock;

use serde_json::json;

use crate::{
    app::SharedApp,
    domain::{
        audit::AuditEvent, authorization_code::Redemption, client::Client,
        client_address::ClientAddress, grant_type::GrantType, time_zone::TimeZone, token::Origin,
    },
    oauth::{
        client_auth::{self, Credentials},
        dpop::{self, Proof},
        error::{ErrorCode, OAuthError},
        grants::{Abort, Exchange, GRANTS, GrantHandler, token_exchange},
        issue::{self, Issued},
        params::Params,
        refusal::Refusal,
        requested_access, unproven,
    },
    store::audit_events,
    throttle::{Counted, Network},
    trace::{Reason, Trace},
};

/// A token request, whichever dialect it came in.
pub struct TokenRequest {
    pub params: Params,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `DPoP` header, if there is one.
    pub dpop: Option<dpop::Presented>,
    pub tz: Option<TimeZone>,
    pub default_tz: Option<TimeZone>,
    /// The network address it came from.
    pub address: Option<ClientAddress>,
    pub trace: Trace,
}

/// Handles a token request. Errors are written to the audit log before the response.
pub async fn exchange(app: &SharedApp, request: &TokenRequest) -> Result<Issued, OAuthError> {
    let mut event = AuditEvent::ok("token.request_failed").address(request.address);
    let result = run(app, request, &mut event).await;
    count(app, request, &result);
    report(request, &result);
    if let Err(error) = &result
        && error.code.status() < 500
        && !error.code.is_routine()
        // The earlier wrong attempts are in the log; further ones must not fill it.
        && error.code != ErrorCode::SlowDown
    {
        let refused = AuditEvent::failed("token.request_failed", error.to_string());
        let trace_id = request.trace.id(|| app.new_id());
        let refused = AuditEvent {
            outcome: refused.outcome,
            reason: refused.reason,
            detail: trace_id.map(|id| json!({ "trace_id": id })),
            actor: event
                .actor
                .filter(|client_id| unproven::is_proven(app, client_id)),
            ..event
        };
        match &refused.actor {
            Some(_) => app.audit(refused).await?,
            // Requests with an unknown client are only counted.
            None if refused.client_id.is_some() => {
                app.audit_unproven(refused, request.address).await?;
            }
            None => {}
        }
    }
    result
}

/// Tokens and codes by which a request belongs to a trace.
const BROUGHT: &[&str] = &["code", "refresh_token", "device_code", "subject_token"];

/// Grants of machines, for themselves or for others: there are many, and each is a trace of its own.
const MACHINES: &[GrantType] = &[
    GrantType::ClientCredentials,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];

/// Adds the exchange and its result to the trace. A successful request of a machine costs nothing here, unless those
/// are recorded, too.
fn report(request: &TokenRequest, result: &Result<Issued, OAuthError>) {
    let (trace, params) = (&request.trace, &request.params);
    let grant = params.optional("grant_type").and_then(GrantType::parse);
    let is_machine = grant.is_some_and(|grant| MACHINES.contains(&grant));
    if is_machine && result.is_ok() && !trace.records_machines() {
        return;
    }
    for secret in BROUGHT.iter().filter_map(|name| params.optional(name)) {
        trace.brings(secret);
    }
    if let Ok(issued) = result {
        trace.yields();
        trace.says(format!("scope {}", issued.scope));
        trace.gives(issued.access_token.expose());
        if let Some(token) = &issued.refresh_token {
            trace.gives(token.expose());
        }
    }
}

fn count(app: &SharedApp, request: &TokenRequest, result: &Result<Issued, OAuthError>) {
    let grant = request.params.optional("grant_type");
    let grant = grant.and_then(GrantType::parse).map(Origin::of);
    match (result, grant) {
        (Ok(_), Some(grant)) => app.counters.issued(grant),
        (Err(error), grant) if !error.code.is_routine() => {
            app.counters.token_refused(grant, error.code.as_str());
        }
        _ => {}
    }
}

async fn run(
    app: &SharedApp,
    request: &TokenRequest,
    event: &mut AuditEvent,
) -> Result<Issued, OAuthError> {
    // 1. Which client is it?
    let trace = &request.trace;
    let credentials = Credentials::read(request.authorization.as_deref(), &request.params);
    let credentials = trace.part(client_auth::CHECK, credentials)?;
    event.client_id = credentials.claimed(app);
    let client = credentials.authenticate(app, request.address).await;
    let client = trace.check(client_auth::CHECK, client)?;
    event.actor = Some(client.client_id.to_string());
    event.client_id = Some(client.client_id.to_string());

    // 2. Which grant?
    let grant = trace.check("grant_type", find_grant(&request.params))?;

    // 3. May this client use it?
    let may_use = requested_access::grant(&client, grant.grant_type);
    trace.check("client's grant types", may_use)?;

    // 4. Everything that needs no write.
    issue::ensure_keys(app, &client).await?;
    let proof = request.dpop.as_ref();
    let proof = proof.map(|presented| dpop::check(app, presented, None));
    let proof = trace.part("DPoP proof", proof.transpose())?;
    let required = dpop::check_required(&client, proof.as_ref());
    trace.check_if(proof.is_some(), "DPoP proof", required)?;
    let exchange = Exchange {
        app,
        trace,
        client: &client,
        params: &request.params,
        tz: request.tz,
        default_tz: request.default_tz,
        dpop_jkt: proof.as_ref().map(Proof::jkt),
        address: request.address,
        about: OnceLock::new(),
    };
    let commit = grant.prepare(&exchange).await;
    event.subject = exchange.about.into_inner();
    let address = request.address;
    let commit = commit.map_err(|error| match error.code {
        ErrorCode::InvalidGrant => guessed(app, &client, address, error),
        _ => error,
    })?;

    // 5. Write: consume what is single-use, insert the rows.
    let (writing, tracing) = (app.clone(), trace.clone());
    let client_id = client.client_id.clone();
    let outcome = app
        .store
        .write(move |tx| {
            // Checked first, so that replaying a request revokes nothing.
            if let Some(proof) = &proof {
                tracing.check("DPoP proof used once", proof.spend(tx))?;
            }
            let mut outcome = match commit(&writing, tx, &tracing) {
                Ok(outcome) => outcome,
                Err(Abort::Keep(outcome)) => *outcome,
                Err(Abort::RollBack(refusal)) => return Err(refusal),
            };
            if let (Redemption::Redeemed(issue), Some(proof)) = (&mut outcome.redemption, &proof) {
                let bound = dpop::bind_access_token(&mut issue.access, proof);
                tracing.part("DPoP key", bound)?;
            }
            if matches!(outcome.redemption, Redemption::Replayed) {
                let event = AuditEvent::failed(
                    "grant.reuse_detected",
                    "authorization code or refresh token reused; grant revoked",
                )
                .actor(&client_id)
                .client(&client_id)
                .address(address);
                audit_events::insert(
                    tx,
                    &AuditEvent {
                        subject: outcome.subject.clone(),
                        ..event
                    },
                )?;
            }
            Ok::<_, Refusal>(outcome)
        })
        .await
        .map_err(OAuthError::from)?;
    event.subject = outcome.subject.or(event.subject.take());

    // 6. Sign and respond.
    match outcome.redemption {
        Redemption::Redeemed(issue) => Ok(Issued {
            // RFC 8693 §2.2.1
            issued_token_type: (grant.grant_type == GrantType::TokenExchange)
                .then_some(token_exchange::ACCESS_TOKEN),
            ..issue::sign(&app.directory, app.now(), &client, issue)?
        }),
        Redemption::Replayed => Err(OAuthError::from(match grant.grant_type {
            GrantType::RefreshToken => Reason::RefreshTokenUsedTwice,
            _ => Reason::CodeUsedTwice,
        })),
        Redemption::Unknown(error) => Err(guessed(app, &client, request.address, error)),
        Redemption::Refused(error) => Err(error),
    }
}

fn find_grant(params: &Params) -> Result<&'static GrantHandler, OAuthError> {
    let name = params.required("grant_type")?;
    let mut grants = GRANTS.iter();
    grants
        .find(|grant| grant.grant_type.as_str() == name)
        .ok_or_else(|| Reason::GrantTypeUnknown.into())
}

/// Counts a failed guess of a client that does not authenticate. Codes and tokens are too long to be guessed, so a
/// valid one is never delayed: only invalid ones get another response.
fn guessed(
    app: &SharedApp,
    client: &Client,
    address: Option<ClientAddress>,
    error: OAuthError,
) -> OAuthError {
    if !client.is_public() {
        return error;
    }
    let from = Network::of(address);
    let counted = [
        Counted::Code(client.client_id.as_str(), from),
        Counted::Anything(from),
    ];
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        return OAuthError::slow_down(wait.0);
    }
    app.throttle.failed(app.now(), &counted);
    error
}
