//! Next step of a request: sign-in, consent or a response.

use crate::{
    app::App,
    domain::{
        acr,
        consent::{Allowed, Consent},
        name::ScopeName,
        session::Session,
        user::User,
    },
    oauth::{
        authorize::{checks, request::AuthorizationRequest},
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, consents},
    trace::{Reason, Trace},
};

/// The person at the browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: Session,
    pub user: User,
}

/// Actions of the user for this request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Signed in after the request arrived, so that `prompt=login` and `max_age` are met.
    pub login: bool,
    /// Allowed it on the consent page.
    pub consent: bool,
}

#[derive(Debug)]
pub enum Decision {
    Login,
    /// Consent page, with earlier consents, so that it can mark new access.
    Consent(Allowed),
    Issue,
    Refuse(OAuthError),
}

pub fn decide(
    app: &App,
    trace: &Trace,
    request: &AuthorizationRequest,
    signed_in: Option<&SignedIn>,
    done: Done,
) -> Result<Decision, OAuthError> {
    let person = match sign_in(app, request, signed_in, done) {
        Ok(person) => trace.check("sign-in", Ok::<_, OAuthError>(person))?,
        Err(decision) => return Ok(reported(trace, "sign-in", decision)),
    };
    let decision = consent(app, request, person, done)?;
    // A user who is not asked for consent has not consented.
    if done.consent && matches!(decision, Decision::Issue) {
        trace.check("consent", Ok::<_, OAuthError>(()))?;
    }
    Ok(reported(trace, "consent", decision))
}

/// A page that is still to be shown decides nothing.
fn reported(trace: &Trace, check: &'static str, decision: Decision) -> Decision {
    match decision {
        Decision::Refuse(error) => Decision::Refuse(trace.fail(check, error)),
        other => other,
    }
}

/// The person, if they are signed in as the request wants it.
fn sign_in<'a>(
    app: &App,
    request: &AuthorizationRequest,
    signed_in: Option<&'a SignedIn>,
    done: Done,
) -> Result<&'a SignedIn, Decision> {
    let Some(person) = signed_in else {
        return Err(login(request, "The user is not signed in."));
    };
    let is_another = |sub: &String| sub != person.user.sub.as_str();
    if request.expected_sub.as_ref().is_some_and(is_another) {
        let why = "A different user is signed in.";
        return Err(if done.login {
            Decision::Refuse(OAuthError::from(Reason::LoginRequired).saying(why))
        } else {
            login(request, why)
        });
    }
    // `max_age=0` is `prompt=login` (OIDC Core §3.1.2.1).
    let too_old = request
        .max_age
        .is_some_and(|max_age| max_age == 0 || app.now().since(person.session.auth_time) > max_age);
    if !done.login && (request.prompt.login || request.prompt.select_account || too_old) {
        return Err(login(request, "The sign-in is older than max_age."));
    }
    // A session can be hours old, and another person may use the browser now.
    if !done.login && request.scope.has_reserved() {
        return Err(login(
            request,
            "A scope that administers this server requires a new sign-in for this request.",
        ));
    }
    // OIDC Core §5.5.1.1
    let acr = acr::of(&person.session.amr);
    if !request.essential_acr.is_empty() && !request.essential_acr.iter().any(|one| one == acr) {
        return Err(if done.login {
            Decision::Refuse(checks::unmet_acr())
        } else {
            login(request, "The sign-in does not meet the requested acr.")
        });
    }
    Ok(person)
}

/// Goes to the sign-in page, unless `prompt=none` forbids pages.
fn login(request: &AuthorizationRequest, why: &'static str) -> Decision {
    if request.prompt.none {
        Decision::Refuse(OAuthError::from(Reason::LoginRequired).saying(why))
    } else {
        Decision::Login
    }
}

fn consent(
    app: &App,
    request: &AuthorizationRequest,
    person: &SignedIn,
    done: Done,
) -> Result<Decision, OAuthError> {
    let client = &request.client;
    let asked_for = request.prompt.consent;
    if done.consent || !(client.metadata.require_consent || asked_for) {
        return Ok(Decision::Issue);
    }
    let before: Allowed = app.store.read(|tx| {
        consents::get(tx, person.user.sub.as_str(), client.client_id.as_str())
            .map_err(|error: StoreError| error)
    })?;
    // Any program can impersonate a client whose redirect URI does not identify it, so the user is always asked (RFC
    // 8252 §8.6). Development mode does not ask for the developer's own programs.
    let may_be_anybody =
        client.is_public() && !request.reply_to.redirect_uri.is_https() && !app.config.is_dev();
    let why = if !covers(&before, request) {
        OAuthError::from(Reason::ConsentRequired)
    } else if may_be_anybody && !done.login {
        let each_time = "Consent is required each time because the redirect_uri does not identify the client (RFC \
        8252 §8.6).";
        OAuthError {
            code: ErrorCode::InteractionRequired,
            ..OAuthError::from(Reason::ConsentRequired).saying(each_time)
        }
    } else if asked_for {
        return Ok(Decision::Consent(before));
    } else {
        return Ok(Decision::Issue);
    };
    Ok(if request.prompt.none {
        Decision::Refuse(why)
    } else {
        Decision::Consent(before)
    })
}

/// Whether everything requested has consent: every scope at every resource (RFC 8707 §2).
fn covers(before: &Allowed, request: &AuthorizationRequest) -> bool {
    let resources = &request.resources;
    let has_scope = |name: &ScopeName| before.has_scope(name.as_str(), resources);
    Consent::keys(resources)
        .iter()
        .all(|key| before.has_resource(key))
        && request.scope.iter().all(has_scope)
        && request
            .claims_alone()
            .all(|claim| before.has_claim(claim.name, claim.scope))
}
