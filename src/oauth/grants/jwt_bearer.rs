//! JWT bearer grant (RFC 7523 §2.1): a trusted issuer identifies a user, and the client gets an access token for them.
//! The assertion can be used once.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    app::App,
    crypto::{
        hash,
        jwt::{self, Foreign},
    },
    domain::{
        audit::AuditEvent,
        client::Client,
        name::Subject,
        resource::Target,
        scope::{self, ScopeSet},
        token::{Audience, Origin},
        trusted_issuer::{SubjectMatch, TrustedIssuer},
        user::User,
    },
    oauth::{
        assertion::{Once, Times},
        client_keys::{self, KeySource},
        delegation::policy,
        error::{ErrorCode, OAuthError},
        grants::{Abort, Commit, Exchange, Outcome},
        issue::{self, AccessToken, Issue},
        refusal::Refusal,
        requested_access, target,
    },
    outbound::Trust,
    store::{Tx, audit_events, clients, users},
    throttle::Network,
    trace::Trace,
};

/// Accepted `typ` values of assertions, which exclude access tokens and logout tokens (RFC 8725 §3.11).
const TYPES: &[Option<&str>] = &[None, Some("JWT")];

/// Claims of an assertion (RFC 7523 §3). A claim that can identify the user is among the others.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(flatten)]
    times: Times,
    jti: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// A valid assertion.
struct Vouched {
    issuer: TrustedIssuer,
    /// Identifier of the user at the issuer.
    name: String,
    once: Once,
}

pub(super) async fn prepare(exchange: &Exchange<'_>) -> Result<Commit, OAuthError> {
    let trace = exchange.trace;
    let assertion = trace.part("assertion", exchange.params.required("assertion"))?;
    let vouched = trace.check("assertion", verify(exchange, assertion).await)?;
    let target = trace.check("resource and scope", place(exchange, &vouched.issuer))?;
    let client = exchange.client.clone();
    let event = AuditEvent::ok("assertion.accepted")
        .actor(&vouched.issuer.issuer)
        .client(&client.client_id)
        .address(exchange.address);
    Ok(Box::new(move |app, tx, trace| {
        commit(app, tx, trace, &client, vouched, target, event)
    }))
}

/// Every error of an assertion is `invalid_grant` (RFC 7521 §4.1.1). Details are only returned after the signature has
/// shown that the issuer created it.
async fn verify(exchange: &Exchange<'_>, assertion: &str) -> Result<Vouched, OAuthError> {
    let (app, client) = (exchange.app, exchange.client);
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let named = jwt::unverified_claims::<Named>(assertion);
    let issuer = named.and_then(|named| {
        let snapshot = app.directory.snapshot();
        snapshot.trusted_issuer(&named.iss).cloned()
    });
    let issuer = issuer.ok_or_else(|| {
        OAuthError::invalid_grant("The issuer of the assertion is not trusted by this server.")
    })?;
    let source = KeySource {
        jwks: issuer.jwks.as_ref(),
        jwks_uri: issuer.jwks_uri.as_deref(),
        trust: Trust::Registered,
    };
    let expected = Foreign {
        typ: TYPES,
        algorithm: None,
    };
    let from = Network::of(exchange.address);
    let verified = client_keys::verify_by::<Claims>(app, source, assertion, &expected, from).await;
    let claims = verified.map_err(|error| {
        error.undecided().unwrap_or_else(|| OAuthError {
            detail: Some(format!("assertion from {}: {error}", issuer.issuer)),
            ..OAuthError::invalid_grant("The assertion could not be verified.")
        })
    })?;
    check(app, client, &issuer, &claims).map_err(OAuthError::invalid_grant)?;
    let name = user_name(&issuer, &claims).map_err(OAuthError::invalid_grant)?;
    // An assertion without a `jti` is identified by its whole text.
    let whole = || hash::base64url(&hash::sha256(assertion.as_bytes()));
    let id = claims.jti.clone().unwrap_or_else(whole);
    Ok(Vouched {
        once: Once::new("assertion", &issuer.issuer, &id, &claims.times),
        name,
        issuer,
    })
}

/// RFC 7523 §3
fn check(
    app: &App,
    client: &Client,
    issuer: &TrustedIssuer,
    claims: &Claims,
) -> Result<(), &'static str> {
    if claims.iss != issuer.issuer {
        return Err("iss of the assertion does not match the trusted issuer.");
    }
    if !issuer.clients.contains(&client.client_id) {
        return Err("The client is not allowed to use assertions from this issuer.");
    }
    let audience = issuer.audience.as_ref().unwrap_or(&app.config.issuer);
    // Exactly one audience: an assertion that is also for others could have been forwarded by them.
    if !claims.aud.names().eq([audience.as_str()]) {
        return Err("aud of the assertion must be this server only (RFC 7523 §3).");
    }
    if !claims.others.get("sub").is_some_and(Value::is_string) {
        return Err("sub of the assertion is required (RFC 7523 §3).");
    }
    claims.times.check(app.now())
}

fn user_name(issuer: &TrustedIssuer, claims: &Claims) -> Result<String, &'static str> {
    let name = claims.others.get(&issuer.subject_claim);
    let name = name.and_then(Value::as_str).filter(|name| !name.is_empty());
    // An unverified address can belong to anyone.
    if issuer.matches == SubjectMatch::Email
        && claims.others.get("email_verified") != Some(&Value::Bool(true))
    {
        return Err("email_verified of the assertion must be true.");
    }
    name.map(str::to_owned)
        .ok_or("The assertion does not contain the claim that identifies the user.")
}

/// Scopes allowed for both the issuer and the client; reserved ones only if requested by name.
fn place(exchange: &Exchange, issuer: &TrustedIssuer) -> Result<Target, OAuthError> {
    let (app, client) = (exchange.app, exchange.client);
    let resources = target::requested(&app.directory, client, exchange.params)?;
    let allowed = issuer
        .scope
        .filter(|name| client.metadata.scope.contains(name.as_str()));
    let Some(asked) = requested_access::named_scope(exchange.params)? else {
        let usual: ScopeSet = allowed.filter(|name| {
            !scope::is_reserved(name.as_str()) && name.as_str() != scope::OFFLINE_ACCESS
        });
        return target::fitting(&app.directory, client, &usual, resources);
    };
    match asked.first_not_in(&allowed) {
        None => target::exactly(&app.directory, client, &asked, resources),
        Some(refused) => Err(OAuthError::new(
            ErrorCode::InvalidScope,
            format!(
                "The scope {refused} is not allowed for this issuer and client. Request other scopes, or allow it for \
                 the trusted issuer and the client."
            ),
        )),
    }
}

fn commit(
    app: &App,
    tx: &Tx,
    trace: &Trace,
    client: &Client,
    vouched: Vouched,
    target: Target,
    event: AuditEvent,
) -> Result<Outcome, Abort> {
    let user = find_user(tx, &vouched)?.ok_or_else(|| {
        Outcome::refused(OAuthError::invalid_grant(
            "The assertion does not match an enabled user.",
        ))
    });
    let user = trace.check("user", user)?;
    trace.check("delegation policy", check_policy(tx, client, &user))?;
    let once = match vouched.once.is_first_use(tx)? {
        true => Ok(()),
        false => Err(Outcome::refused(OAuthError::invalid_grant(
            "The assertion was already used (RFC 7523 §3).",
        ))),
    };
    trace.check("single use", once)?;
    let expires_at = tx.now + issue::access_token_lifetime(&app.directory, client);
    let origin = Origin::JwtBearer;
    let token = AccessToken::new(&client.client_id, &user.sub, target, origin, expires_at);
    let access = issue::record(&app.directory, tx, token)?;
    let event = event.subject(&user.sub).detail(json!({
        "scope": access.scope, "aud": access.aud, "jti": access.jti,
    }));
    audit_events::insert(tx, &event)?;
    // RFC 7521 §4.1: no refresh token, the client gets a new assertion.
    Ok(Outcome::issued(Issue::access_only(access), Some(&user.sub)))
}

fn check_policy(tx: &Tx, client: &Client, user: &User) -> Result<(), Abort> {
    let registered = clients::get(tx, client.client_id.as_str())?;
    let registered = registered.as_ref().unwrap_or(client);
    match policy::check_delegation_teams(tx, registered, user, None) {
        Err(Refusal::OAuth(error)) => {
            let code = ErrorCode::InvalidGrant;
            Err(Outcome::refused(OAuthError { code, ..error }).into())
        }
        other => Ok(other?),
    }
}

fn find_user(tx: &Tx, vouched: &Vouched) -> Result<Option<User>, Refusal> {
    let user = match vouched.issuer.matches {
        SubjectMatch::Sub => match Subject::parse(&vouched.name) {
            Ok(sub) => users::get(tx, sub.as_str())?,
            Err(_) => None,
        },
        SubjectMatch::Username => users::by_username(tx, &vouched.name)?,
        SubjectMatch::Email => {
            users::by_email(tx, &vouched.name)?.filter(|user| user.profile.email_verified)
        }
    };
    Ok(user.filter(|user| !user.disabled))
}
