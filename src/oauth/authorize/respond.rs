//! Authorization response: a code or an error, with `iss` (RFC 9207).

use crate::{
    app::SharedApp,
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        authorization_code::AuthorizationCode,
        client_address::ClientAddress,
        consent::{Allowed, Consent},
        grant::Grant,
        id::Id,
        name::Subject,
        time::{Lifetime, UnixSeconds},
        token::{OpaqueToken, Origin},
    },
    oauth::{
        authorize::{
            ReplyTo, decide::SignedIn, request::AuthorizationRequest, submission::answered_digest,
        },
        client_metadata_document,
        error::OAuthError,
    },
    store::{
        StoreError, Tx, audit_events, authorization_codes, consents, grants, pushed_requests,
        used_jtis,
    },
    trace::{Reason, Trace},
};

/// FAPI 2.0 Security Profile §5.3.2.1: the longest life of a code.
const FAPI_CODE: Lifetime = Lifetime(60);

/// Time that the response to a pushed request is recorded: as long as a page can stay open that leads to another
/// response.
const ANSWERED_FOR: Lifetime = Lifetime::hours(1);

/// Interaction of a request with pages. A sign-in or consent there is for one response.
#[derive(Clone, Copy, Debug)]
pub struct SingleUse {
    pub id: Id,
    /// Time at which its pages expire.
    pub expires_at: UnixSeconds,
}

/// Error without a response.
#[derive(Debug)]
pub enum NotAnswered {
    /// The single_use was used before.
    Already,
    Refused(OAuthError),
}

impl From<OAuthError> for NotAnswered {
    fn from(error: OAuthError) -> Self {
        NotAnswered::Refused(error)
    }
}

impl From<StoreError> for NotAnswered {
    fn from(error: StoreError) -> Self {
        NotAnswered::Refused(error.into())
    }
}

/// Parameters of the response, in order.
pub fn error(app: &SharedApp, reply_to: &ReplyTo, error: &OAuthError) -> Vec<(String, String)> {
    let answer = vec![
        ("error".to_owned(), error.code.as_str().to_owned()),
        ("error_description".to_owned(), error.text()),
    ];
    finish(app, reply_to, answer)
}

/// Creates the grant and its code (RFC 6749 §4.1.2), and stores a consent given now.
pub async fn issue(
    app: &SharedApp,
    trace: &Trace,
    request: &AuthorizationRequest,
    person: &SignedIn,
    consented: bool,
    single_use: Option<SingleUse>,
    address: Option<ClientAddress>,
) -> Result<Vec<(String, String)>, NotAnswered> {
    let secret = random::secret();
    let secret_hash = hash::secret_hash(secret.expose());
    let (asked, person) = (request.clone(), person.clone());
    let refresh_lifetime = request
        .client
        .metadata
        .refresh_token_lifetime
        .unwrap_or(app.live().refresh_token_lifetime);
    let mut code_lifetime = app.live().authorization_code_lifetime;
    if request.client.metadata.is_fapi2() {
        code_lifetime = code_lifetime.min(FAPI_CODE);
    }
    let unused = app.live().registration_unused_lifetime;
    let tracing = trace.clone();
    let id = app
        .store
        .write(move |tx| {
            let (sub, client_id) = (person.user.sub.clone(), asked.client.client_id.clone());
            complete(tx, &tracing, &asked, single_use)?;
            client_metadata_document::remember(tx, &asked.client, tx.now + unused)?;
            if consented {
                remember(tx, &asked, &sub)?;
                let event = AuditEvent::ok("consent.granted")
                    .actor(&sub)
                    .subject(&sub)
                    .client(&client_id);
                audit_events::insert(tx, &event.address(address))?;
            }
            let grant = Grant {
                id: tx.new_id(),
                client_id: client_id.clone(),
                sub,
                scope: asked.scope,
                resources: asked.resources,
                dpop_jkt: asked.dpop_jkt,
                team_id: None,
                zoneinfo: None,
                nonce: asked.nonce,
                claims: asked.claims,
                auth_time: person.session.auth_time,
                amr: person.session.amr,
                session_id: Some(person.session.id),
                origin: Origin::AuthorizationCode,
                created_at: tx.now,
                expires_at: tx.now + refresh_lifetime,
                revoked_at: None,
            };
            grants::insert(tx, &grant)?;
            let code = AuthorizationCode {
                id: tx.new_id(),
                secret_hash,
                grant_id: grant.id,
                client_id,
                redirect_uri: asked.redirect_uri,
                code_challenge: asked.code_challenge,
                expires_at: tx.now + code_lifetime,
                used_at: None,
            };
            authorization_codes::insert(tx, &code)?;
            Ok::<_, NotAnswered>(code.id)
        })
        .await?;
    let code = OpaqueToken { id, secret }.to_secret();
    trace.gives(code.expose());
    trace.says(format!("code issued, scope {}", request.scope));
    Ok(finish(
        app,
        &request.reply_to,
        vec![("code".to_owned(), code.expose().to_owned())],
    ))
}

/// Adds the requested access to the user's consent for the client, at each resource.
fn remember(tx: &Tx, asked: &AuthorizationRequest, sub: &Subject) -> Result<(), StoreError> {
    let client_id = &asked.client.client_id;
    let Allowed(before) = consents::get(tx, sub.as_str(), client_id.as_str())?;
    for resource in Consent::keys(&asked.resources) {
        let there = before.iter().find(|consent| consent.resource == resource);
        let there = there.map(|consent| (consent.scope.clone(), consent.claims.clone()));
        let (scope, mut claims) = there.unwrap_or_default();
        claims.extend(asked.claims_alone().map(|claim| claim.name.to_owned()));
        let consent = Consent {
            sub: sub.clone(),
            client_id: client_id.clone(),
            resource,
            scope: scope.union(&asked.scope),
            claims,
            updated_at: tx.now,
        };
        consents::put(tx, &consent)?;
    }
    Ok(())
}

/// The user did not allow it.
pub fn denied() -> OAuthError {
    Reason::UserDenied.into()
}

/// Response if the user denies access (OIDC Core §3.1.2.6).
pub async fn deny(
    app: &SharedApp,
    trace: &Trace,
    request: &AuthorizationRequest,
    person: Option<&SignedIn>,
    single_use: SingleUse,
    address: Option<ClientAddress>,
) -> Result<Vec<(String, String)>, NotAnswered> {
    let refusal = trace.fail("consent", denied());
    let mut event = AuditEvent::failed("consent.denied", refusal.to_string())
        .client(&request.client.client_id)
        .address(address);
    if let Some(person) = person {
        event = event.actor(&person.user.sub).subject(&person.user.sub);
    }
    let (asked, tracing) = (request.clone(), trace.clone());
    app.store
        .write(move |tx| {
            complete(tx, &tracing, &asked, Some(single_use))?;
            audit_events::insert(tx, &event).map_err(NotAnswered::from)
        })
        .await?;
    Ok(error(app, &request.reply_to, &refusal))
}

/// `prompt` and `max_age` apply to this request, so a sign-in or consent on its pages is used once (OIDC Core
/// §3.1.2.1). A pushed request gets one response (RFC 9126 §7.3). Until then its browser can load it repeatedly.
fn complete(
    tx: &Tx,
    trace: &Trace,
    request: &AuthorizationRequest,
    single_use: Option<SingleUse>,
) -> Result<(), NotAnswered> {
    if let Some(SingleUse { id, expires_at }) = single_use {
        let digest = hash::digest_of("interaction", &[id.as_bytes()]);
        if !used_jtis::first_use(tx, &digest, expires_at)? {
            return Err(NotAnswered::Already);
        }
    }
    match request.pushed {
        Some(id) if !used_jtis::first_use(tx, &answered_digest(id), tx.now + ANSWERED_FOR)? => {
            let error = OAuthError::from(Reason::RequestUriUsed);
            Err(trace.fail("request_uri", error).into())
        }
        Some(id) => Ok(pushed_requests::delete(tx, id)?),
        None => Ok(()),
    }
}

fn finish(
    app: &SharedApp,
    reply_to: &ReplyTo,
    mut answer: Vec<(String, String)>,
) -> Vec<(String, String)> {
    answer.extend(
        reply_to
            .state
            .iter()
            .map(|state| ("state".to_owned(), state.clone())),
    );
    answer.push(("iss".to_owned(), app.config.issuer.clone()));
    answer
}
