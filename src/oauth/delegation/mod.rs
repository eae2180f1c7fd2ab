//! Delegation: one policy and one record for `/delegated-token`, `/principal-token` and token exchange. `policy` holds
//! the rules, `link` records the tokens; here are the two endpoints of the contract.

pub mod link;
pub mod policy;
pub mod review;

use std::sync::Arc;

use self::{link::Link, policy::Power};
use crate::{
    app::SharedApp,
    domain::{
        audit::AuditEvent,
        client::Client,
        client_address::ClientAddress,
        resource::Target,
        scope::{self, ScopeSet},
        token::{AccessTokenClaims, Origin},
    },
    oauth::{
        bearer::{self, Caller, Presentation},
        dpop::Proof,
        error::OAuthError,
        issue::{self, Issue, Issued},
        target,
    },
    store::{access_tokens, clients, sessions, users},
    trace::Trace,
};

/// Request to `/delegated-token`.
#[derive(Clone, Debug)]
pub struct Delegation {
    pub sub: String,
    /// `None`: all scopes that the caller can delegate.
    pub scopes: Option<ScopeSet>,
    pub team_id: Option<String>,
}

/// Issues an access token that acts for `asked.sub`, with at most the scopes and lifetime of the caller's token, bound
/// to the same key. Marks `proof` as used.
pub async fn delegate(
    app: &SharedApp,
    trace: &Trace,
    caller: &Caller,
    proof: Option<Proof>,
    asked: Delegation,
    address: Option<ClientAddress>,
) -> Result<Issued, OAuthError> {
    issue::ensure_access_token_keys(app).await?;
    let sub = asked.sub.clone();
    let result = try_delegate(app, trace, caller, proof, asked, address).await;
    count(app, Origin::DelegatedToken, &result);
    let name = "delegated_token.denied";
    audit_refusal(app, name, caller, Some(sub), address, result).await
}

async fn try_delegate(
    app: &SharedApp,
    trace: &Trace,
    caller: &Caller,
    proof: Option<Proof>,
    asked: Delegation,
    address: Option<ClientAddress>,
) -> Result<Issued, OAuthError> {
    trace.part(
        "scope",
        bearer::require_scope(&caller.claims, scope::DELEGATE),
    )?;
    let client = trace.part("access token", client_of(app, &caller.claims))?;
    let scope = policy::delegated_scope(&caller.claims, &client, asked.scopes.as_ref());
    let scope = trace.check("scope", scope)?;
    let resources = target::handed_on(&app.directory, &client, &caller.claims.aud, &scope);
    let resources = trace.check("resource", resources)?;
    let target = Target { scope, resources };
    let act = policy::chain(&caller.claims.sub, caller.claims.act.as_ref());
    let act = trace.part("delegation policy", act)?;
    let event = AuditEvent::ok("delegated_token.issued")
        .actor(&caller.claims.sub)
        .address(address);
    let (writing, claims, minting) = (app.clone(), caller.claims.clone(), client.clone());
    let tracing = trace.clone();
    let access = app
        .store
        .write(move |tx| {
            if let Some(proof) = &proof {
                tracing.check("DPoP proof used once", proof.spend(tx))?;
            }
            let subject = users::get(tx, &asked.sub)?.filter(|user| !user.disabled);
            let subject =
                subject.ok_or_else(|| OAuthError::invalid_request("sub is not an enabled user."));
            let subject = tracing.check("user", subject)?;
            let team_id = policy::team_within(claims.team_id.as_ref(), asked.team_id.as_deref());
            let team_id = tracing.part("team", team_id)?;
            let team_id = policy::check_team(tx, &subject, team_id);
            let has_team = asked.team_id.is_some() || claims.team_id.is_some();
            let team_id = tracing.check_if(has_team, "team", team_id)?;
            // Read from the database, since the snapshot in memory can be slightly older.
            let registered = clients::get(tx, minting.client_id.as_str())?;
            let registered = registered.as_ref().unwrap_or(&minting);
            let power = Power::of(&claims);
            let allowed = policy::check_delegate(tx, power, registered, &subject, team_id.as_ref());
            tracing.check("delegation policy", allowed)?;
            let link = Link {
                client: minting,
                sub: subject.sub,
                target,
                dpop_jkt: claims.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
                act: Some(act),
                team_id,
                zoneinfo: None,
                auth_time: None,
                until: claims.exp,
                parent: claims,
                actor: None,
                origin: Origin::DelegatedToken,
            };
            tracing.part("access token", link::record(&writing, tx, link, event))
        })
        .await
        .map_err(OAuthError::from)?;
    answer(app, &client, access)
}

/// Issues a new access token for the principal itself, or returns from acting for another.
pub async fn principal(
    app: &SharedApp,
    trace: &Trace,
    caller: &Caller,
    proof: Option<Proof>,
    address: Option<ClientAddress>,
) -> Result<Issued, OAuthError> {
    issue::ensure_access_token_keys(app).await?;
    let result = try_principal(app, trace, caller, proof, address).await;
    count(app, Origin::PrincipalToken, &result);
    audit_refusal(app, "principal_token.denied", caller, None, address, result).await
}

async fn try_principal(
    app: &SharedApp,
    trace: &Trace,
    caller: &Caller,
    proof: Option<Proof>,
    address: Option<ClientAddress>,
) -> Result<Issued, OAuthError> {
    let client = trace.part("access token", client_of(app, &caller.claims))?;
    let (sub, scope) = match &caller.claims.act {
        None => (caller.claims.sub.clone(), caller.claims.scope.clone()),
        Some(act) => {
            // Any holder of a delegated token could use this, so it must have been requested.
            trace.check(
                "scope",
                bearer::require_scope(&caller.claims, scope::PRINCIPAL),
            )?;
            let scope = caller
                .claims
                .scope
                .filter(|name| name.as_str() != scope::PRINCIPAL);
            (act.innermost().sub.clone(), scope)
        }
    };
    let scope = scope.filter(|name| client.metadata.scope.contains(name.as_str()));
    let resources = target::handed_on(&app.directory, &client, &caller.claims.aud, &scope);
    let resources = trace.check("resource", resources)?;
    let target = Target { scope, resources };
    let event = AuditEvent::ok("principal_token.issued")
        .actor(&caller.claims.sub)
        .address(address);
    let (writing, claims, minting) = (app.clone(), caller.claims.clone(), client.clone());
    let tracing = trace.clone();
    let presentation = caller.presentation;
    let access = app
        .store
        .write(move |tx| {
            if let Some(proof) = &proof {
                tracing.check("DPoP proof used once", proof.spend(tx))?;
            }
            let is_client = sub.as_str() == claims.client_id.as_str();
            if !is_client && users::get(tx, sub.as_str())?.is_none_or(|user| user.disabled) {
                let error = OAuthError::invalid_token("The user of this access token is disabled.");
                return Err(tracing.fail("user", error).into());
            }
            let until = match (presentation, claims.session_id) {
                (Presentation::Cookie, Some(session))
                    if access_tokens::is_of(tx, claims.jti, Origin::Cookie)? =>
                {
                    let idle = writing.live().session_idle_lifetime;
                    let session = sessions::get(tx, session)?
                        .filter(|session| session.is_alive(tx.now, idle));
                    let session =
                        session.ok_or_else(|| OAuthError::invalid_token("The session has ended."));
                    tracing.check("session", session)?.expires_at
                }
                // However it was sent: only a token issued for a cookie can be followed by one that is valid for
                // longer.
                _ => claims.exp,
            };
            let going_back = claims.act.is_some();
            let team_id = match going_back {
                // The way back does not lead out of a team that the first token was limited to.
                true => {
                    access_tokens::first_of_chain(tx, claims.jti)?.and_then(|first| first.team_id)
                }
                false => claims.team_id.clone(),
            };
            let link = Link {
                client: minting,
                sub,
                target,
                dpop_jkt: claims.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
                act: None,
                team_id,
                zoneinfo: claims.zoneinfo.clone().filter(|_| !going_back),
                auth_time: claims.auth_time.filter(|_| !going_back),
                parent: claims,
                actor: None,
                origin: Origin::PrincipalToken,
                until,
            };
            tracing.part("access token", link::record(&writing, tx, link, event))
        })
        .await
        .map_err(OAuthError::from)?;
    answer(app, &client, access)
}

fn answer(
    app: &SharedApp,
    client: &Client,
    access: AccessTokenClaims,
) -> Result<Issued, OAuthError> {
    issue::sign(
        &app.directory,
        app.now(),
        client,
        Issue::access_only(access),
    )
}

fn client_of(app: &SharedApp, claims: &AccessTokenClaims) -> Result<Arc<Client>, OAuthError> {
    let snapshot = app.directory.snapshot();
    let client = snapshot
        .client(claims.client_id.as_str())
        .cloned()
        .filter(|client| !client.disabled);
    client.ok_or_else(|| {
        OAuthError::invalid_token("The client of this access token is disabled or deleted.")
    })
}

fn count(app: &SharedApp, origin: Origin, result: &Result<Issued, OAuthError>) {
    match result {
        Ok(_) => app.counters.issued(origin),
        Err(error) => app.counters.refused(origin.as_str(), error.code.as_str()),
    }
}

async fn audit_refusal(
    app: &SharedApp,
    name: &'static str,
    caller: &Caller,
    subject: Option<String>,
    address: Option<ClientAddress>,
    result: Result<Issued, OAuthError>,
) -> Result<Issued, OAuthError> {
    if let Err(error) = &result
        && error.code.status() < 500
    {
        let event = AuditEvent::failed(name, error.to_string())
            .actor(&caller.claims.sub)
            .client(&caller.claims.client_id)
            .address(address);
        // The caller's value can be anything: it is cut to the length of an ID.
        let subject = subject.map(|subject| subject.chars().take(255).collect());
        app.audit(AuditEvent { subject, ..event }).await?;
    }
    result
}
