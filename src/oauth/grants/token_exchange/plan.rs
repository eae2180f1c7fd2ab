//! Plan of an exchange: subject, actor, permission and content of the new token.

use std::sync::Arc;

use super::sent::{ACCESS_TOKEN, ID_TOKEN, IdToken, JWT, access_token, actor_token, id_token};
use crate::{
    domain::{
        audit::AuditEvent,
        client::Client,
        name::{ClientId, Subject},
        resource::Target,
        scope::{self, ScopeSet},
        time::UnixSeconds,
        token::{AccessTokenClaims, Actor},
    },
    oauth::{
        bearer,
        delegation::policy,
        error::{ErrorCode, OAuthError},
        grants::Exchange,
        requested_access, target,
    },
};

/// Subject, and source of the permission to act for them.
pub(super) enum Ground {
    /// The subject's own token.
    SubjectToken,
    /// `keyfob:delegate` in the actor's token.
    Delegate(IdToken),
}

/// An exchange after all checks that need no write.
pub(super) struct Plan {
    pub(super) client: Arc<Client>,
    pub(super) ground: Ground,
    pub(super) sub: Subject,
    /// The token that is handed on: the subject's or, with [`Ground::Delegate`], the actor's.
    pub(super) power: Arc<AccessTokenClaims>,
    /// The actor's token, if it is another one.
    pub(super) actor: Option<Arc<AccessTokenClaims>>,
    pub(super) act: Option<Actor>,
    pub(super) target: Target,
    pub(super) dpop_jkt: Option<String>,
    pub(super) until: UnixSeconds,
    pub(super) event: AuditEvent,
}

pub(super) fn plan(exchange: &Exchange) -> Result<Plan, OAuthError> {
    let (params, trace) = (exchange.params, exchange.trace);
    let requested = params.optional("requested_token_type");
    let result = check_requested_type(requested);
    trace.check_if(requested.is_some(), "requested_token_type", result)?;
    let actor = actor_token(exchange);
    let sends_actor = params.optional("actor_token").is_some();
    let actor = trace.check_if(sends_actor, "actor_token", actor)?;
    match trace.check("subject_token", presented(exchange))? {
        Presented::AccessToken(subject) => by_subject_token(exchange, subject, actor),
        Presented::IdToken(subject) => by_delegate(exchange, subject, actor),
    }
}

fn check_requested_type(requested: Option<&str>) -> Result<(), OAuthError> {
    match requested {
        None | Some(ACCESS_TOKEN | JWT) => Ok(()),
        Some(_) => Err(OAuthError::invalid_request(
            "requested_token_type must be an access token type (RFC 8693 §3).",
        )),
    }
}

/// Subject's token, by its type.
enum Presented {
    AccessToken(Arc<AccessTokenClaims>),
    IdToken(IdToken),
}

fn presented(exchange: &Exchange) -> Result<Presented, OAuthError> {
    let params = exchange.params;
    let token = params.required("subject_token")?;
    match params.required("subject_token_type")? {
        ACCESS_TOKEN | JWT => {
            let subject = access_token(exchange, "subject_token", token)?;
            exchange.is_about(&subject.sub);
            Ok(Presented::AccessToken(subject))
        }
        ID_TOKEN => {
            let subject = id_token(exchange, token)?;
            exchange.is_about(&subject.sub);
            Ok(Presented::IdToken(subject))
        }
        _ => Err(OAuthError::invalid_request(
            "subject_token_type must be an access token or ID token type (RFC 8693 §3).",
        )),
    }
}

/// The subject's token is proof and measure.
fn by_subject_token(
    exchange: &Exchange,
    subject: Arc<AccessTokenClaims>,
    actor: Option<Arc<AccessTokenClaims>>,
) -> Result<Plan, OAuthError> {
    let (client, trace) = (exchange.client, exchange.trace);
    let is_owner = subject.client_id == client.client_id;
    let itself = Subject::trusted(client.client_id.as_str());
    let steps_in = match &actor {
        Some(actor) => Some(&actor.sub),
        None => Some(&itself).filter(|_| !is_owner),
    };
    let is_named = match (&subject.may_act, steps_in) {
        // Allowed as long as the registration of the subject's client has it (RFC 8693 §4.4).
        (Some(may_act), Some(sub)) => {
            may_act.sub == *sub && still_names(exchange, &subject.client_id, sub)
        }
        _ => false,
    };
    let was_given_it = is_named || target::is_audience(&exchange.app.directory, client, &subject);
    // A stolen token must not give more access than it has (RFC 8693 §5).
    if !is_owner && (client.is_public() || !was_given_it) {
        let error = OAuthError::invalid_request(
            "The client may not exchange this subject_token: it was not issued to the client, the client is not in \
             aud, and may_act does not name it.",
        );
        return Err(trace.fail("subject_token", error));
    }
    let scope = trace.part("scope", requested_access::named_scope(exchange.params))?;
    let held = policy::narrowed(&subject.scope, client, scope.as_ref());
    let held = trace.check("scope", held)?;
    let target = place(exchange, &subject, was_given_it, scope.is_some(), &held);
    let target = trace.check("resource and scope", target)?;
    // Nobody steps in who is the subject, or who is acting for the subject already.
    let acting = steps_in
        .filter(|sub| **sub != subject.sub)
        .filter(|sub| subject.act.as_ref().is_none_or(|act| act.sub != **sub))
        .cloned();
    let before = actor.as_ref().and_then(|actor| actor.act.as_ref());
    let act = match &acting {
        None => subject.act.clone(),
        Some(sub) => {
            let earlier = match before {
                Some(before) => Some(before.clone().followed_by(subject.act.clone())),
                None => subject.act.clone(),
            };
            let chain = policy::chain(sub, earlier.as_ref());
            Some(trace.part("delegation policy", chain)?)
        }
    };
    let actor_ends = actor.as_ref().map_or(subject.exp, |actor| actor.exp);
    Ok(Plan {
        client: client.clone(),
        ground: Ground::SubjectToken,
        sub: subject.sub.clone(),
        target,
        // The holder of the key keeps it; a resource that received the token never had it.
        dpop_jkt: subject
            .cnf
            .as_ref()
            .filter(|_| is_owner)
            .map(|cnf| cnf.jkt.clone()),
        until: subject.exp.min(actor_ends),
        event: event(exchange, steps_in.unwrap_or(&itself)),
        power: subject,
        actor,
        act,
    })
}

fn still_names(exchange: &Exchange, client_id: &ClientId, sub: &Subject) -> bool {
    let snapshot = exchange.app.directory.snapshot();
    let client = snapshot.client(client_id.as_str());
    client.is_some_and(|client| client.metadata.may_act.as_ref() == Some(sub))
}

/// Standard form of `/delegated-token`: the ID token names the subject, the actor's token is the limit.
fn by_delegate(
    exchange: &Exchange,
    subject: IdToken,
    actor: Option<Arc<AccessTokenClaims>>,
) -> Result<Plan, OAuthError> {
    let (client, trace) = (exchange.client, exchange.trace);
    let actor = actor.ok_or_else(|| {
        OAuthError::invalid_request(
            "An ID token alone gives no permission. Send an actor_token with the scope keyfob:delegate, or the access \
             token of the subject as subject_token.",
        )
    });
    let actor = trace.part("actor_token", actor)?;
    trace.part(
        "actor_token",
        bearer::require_scope(&actor, scope::DELEGATE),
    )?;
    let scope = trace.part("scope", requested_access::named_scope(exchange.params))?;
    let held = policy::delegated_scope(&actor, client, scope.as_ref());
    let held = trace.check("scope", held)?;
    let target = place(exchange, &actor, false, scope.is_some(), &held);
    let target = trace.check("resource and scope", target)?;
    let chain = policy::chain(&actor.sub, actor.act.as_ref());
    let act = trace.part("delegation policy", chain)?;
    Ok(Plan {
        client: client.clone(),
        sub: subject.sub.clone(),
        target,
        dpop_jkt: actor.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
        until: subject.exp.min(actor.exp),
        event: event(exchange, &actor.sub),
        act: Some(act),
        ground: Ground::Delegate(subject),
        power: actor,
        actor: None,
    })
}

/// Target of the new token: the audience of the subject's token or a part of it. A client that the token is for can
/// also select another resource that it is registered for, like a gateway, but never this server, so that nobody gains
/// control over it.
fn place(
    exchange: &Exchange,
    held: &AccessTokenClaims,
    may_turn: bool,
    exactly: bool,
    scope: &ScopeSet,
) -> Result<Target, OAuthError> {
    let (app, client) = (exchange.app, exchange.client);
    let mut resources = target::requested(&app.directory, client, exchange.params)?;
    for name in exchange.params.all("audience") {
        let uri = target::find_named(&app.directory, client, name)?;
        if !resources.contains(&uri) {
            resources.push(uri);
        }
    }
    let is_refused =
        |uri: &String| !held.aud.contains(uri) && (!may_turn || *uri == app.config.issuer);
    if let Some(refused) = resources.iter().find(|uri| is_refused(uri)) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            format!("The token is not valid for {refused}."),
        ));
    }
    if resources.is_empty() {
        resources = target::handed_on(&app.directory, client, &held.aud, scope)?;
    }
    let target = target::placed(&app.directory, client, scope, exactly, resources)?;
    if target.scope.is_empty() && !held.scope.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "None of the scopes is allowed for this resource and this client.",
        ));
    }
    Ok(target)
}

fn event(exchange: &Exchange, actor: &Subject) -> AuditEvent {
    AuditEvent::ok("token.exchanged")
        .actor(actor)
        .address(exchange.address)
}
