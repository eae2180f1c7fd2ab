//! One link of a chain: a token derived from others. It never has more access than they have, is revoked with them, and
//! is recorded as derived from them.

use std::sync::Arc;

use crate::{
    app::App,
    domain::{
        audit::AuditEvent,
        client::Client,
        name::{Subject, TeamId},
        resource::Target,
        revocation::Revoked,
        time::UnixSeconds,
        token::{AccessTokenClaims, Actor, Origin},
    },
    oauth::{
        error::OAuthError,
        issue::{self, AccessToken},
        refusal::Refusal,
    },
    store::{Tx, audit_events, revocations},
};

/// Content of the new token.
pub struct Link {
    /// The client that gets it.
    pub client: Arc<Client>,
    pub sub: Subject,
    pub target: Target,
    pub dpop_jkt: Option<String>,
    pub act: Option<Actor>,
    pub team_id: Option<TeamId>,
    pub zoneinfo: Option<String>,
    pub auth_time: Option<UnixSeconds>,
    /// Token that it is derived from.
    pub parent: Arc<AccessTokenClaims>,
    /// The token by which the party that acts is known, if that is another one.
    pub actor: Option<Arc<AccessTokenClaims>>,
    pub origin: Origin,
    /// Latest expiry.
    pub until: UnixSeconds,
}

/// Records the token and writes `event`, unless a token it depends on was just revoked.
pub fn record(
    app: &App,
    tx: &Tx,
    link: Link,
    event: AuditEvent,
) -> Result<AccessTokenClaims, Refusal> {
    check_still_good(tx, &link.parent)?;
    if let Some(actor) = &link.actor {
        check_still_good(tx, actor)?;
    }
    let lifetime = issue::access_token_lifetime(&app.directory, &link.client);
    let expires_at = (tx.now + lifetime).min(link.until);
    let client_id = &link.client.client_id;
    let token = AccessToken {
        dpop_jkt: link.dpop_jkt,
        act: link.act,
        team_id: link.team_id,
        zoneinfo: link.zoneinfo,
        auth_time: link.auth_time,
        grant_id: link.parent.grant_id,
        parent_id: Some(link.parent.jti),
        actor_token_id: link.actor.as_ref().map(|actor| actor.jti),
        session_id: link.parent.session_id,
        ..AccessToken::new(client_id, &link.sub, link.target, link.origin, expires_at)
    };
    let access = issue::record(&app.directory, tx, token)?;
    let event = event
        .subject(&access.sub)
        .client(&access.client_id)
        .detail(serde_json::json!({
            "scope": access.scope, "aud": access.aud, "team_id": access.team_id, "act": access.act,
            "jti": access.jti,
        }));
    audit_events::insert(tx, &event)?;
    Ok(access)
}

/// A token once more, as the file has it: a revocation that came first wins.
pub fn check_still_good(tx: &Tx, claims: &AccessTokenClaims) -> Result<(), Refusal> {
    let mut hangs_on = vec![
        Revoked::Token(claims.jti),
        Revoked::Client(claims.client_id.clone()),
        Revoked::User(claims.sub.clone()),
    ];
    hangs_on.extend(claims.grant_id.map(Revoked::Grant));
    hangs_on.extend(claims.session_id.map(Revoked::Session));
    hangs_on.extend(
        claims
            .act
            .iter()
            .flat_map(|act| act.chain())
            .cloned()
            .map(Revoked::User),
    );
    for what in hangs_on {
        if revocations::covers(tx, &what, claims.jti)? {
            return Err(OAuthError::invalid_token("The access token has been revoked.").into());
        }
    }
    Ok(())
}
