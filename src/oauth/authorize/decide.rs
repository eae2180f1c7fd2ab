//! Must the person sign in, must they consent, or is there an answer already?

use crate::{
    app::App,
    domain::{scope::ScopeSet, session::Session, user::User},
    oauth::{
        authorize::request::AuthorizationRequest,
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, consents},
};

/// The person at the browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: Session,
    pub user: User,
}

/// What the person has done for this very request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Signed in after the request came, so that `prompt=login` and `max_age` are met.
    pub login: bool,
    /// Allowed it on the consent page.
    pub consent: bool,
}

#[derive(Debug)]
pub enum Decision {
    Login,
    /// With what was allowed before, so that the page can mark what is new.
    Consent(ScopeSet),
    Issue,
    Refuse(OAuthError),
}

pub fn decide(
    app: &App,
    request: &AuthorizationRequest,
    signed_in: Option<&SignedIn>,
    done: Done,
) -> Result<Decision, OAuthError> {
    let login_required =
        |why: &'static str| Decision::Refuse(OAuthError::new(ErrorCode::LoginRequired, why));
    let Some(person) = signed_in else {
        return Ok(if request.prompt.none {
            login_required("the user is not signed in")
        } else {
            Decision::Login
        });
    };
    let is_another = |sub: &String| sub != person.user.sub.as_str();
    if request.expected_sub.as_ref().is_some_and(is_another) {
        return Ok(if request.prompt.none {
            login_required("another user is signed in than was asked for")
        } else if done.login {
            Decision::Refuse(OAuthError::new(
                ErrorCode::LoginRequired,
                "another user signed in than was asked for",
            ))
        } else {
            Decision::Login
        });
    }
    // OIDC Core §3.1.2.1: max_age=0 is prompt=login.
    let too_old = request
        .max_age
        .is_some_and(|max_age| max_age == 0 || app.now().since(person.session.auth_time) > max_age);
    if !done.login && (request.prompt.login || request.prompt.select_account || too_old) {
        return Ok(if request.prompt.none {
            login_required("the sign-in is older than max_age")
        } else {
            Decision::Login
        });
    }
    if done.consent || !request.client.metadata.require_consent {
        return Ok(Decision::Issue);
    }
    let allowed = app.store.read(|tx| {
        consents::scope(
            tx,
            person.user.sub.as_str(),
            request.client.client_id.as_str(),
        )
        .map_err(|error: StoreError| error)
    })?;
    if request.prompt.consent || request.scope.first_not_in(&allowed).is_some() {
        if request.prompt.none {
            return Ok(Decision::Refuse(OAuthError::new(
                ErrorCode::ConsentRequired,
                "the user has not allowed this yet",
            )));
        }
        return Ok(Decision::Consent(allowed));
    }
    Ok(Decision::Issue)
}
