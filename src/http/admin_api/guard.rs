//! Access to the admin API: for an administrator with a session of the admin page, or a caller whose access token has
//! `keyfob:admin`.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::Method, web};
use url::Url;

use super::problem::{Problem, SIGN_IN_REQUIRED};
use crate::{
    admin::{By, users},
    app::{App, SharedApp},
    domain::{scope, session::AdminSession, time::UnixSeconds, token::AccessTokenClaims},
    http::{caller::caller, cookies, respond},
    login::admin_session::{self, SignedInAdmin},
    oauth::bearer::{self, Refused},
};

/// Caller with access to the admin API.
pub struct Admin {
    /// Author and address, for the audit log.
    pub by: By,
    /// `None` for a caller with an access token.
    pub signed_in: Option<SignedInAdmin>,
    is_fresh: bool,
}

impl Admin {
    /// Sensitive actions (secrets, keys, restoring, deleting users) require a recently confirmed password.
    pub fn require_fresh(&self) -> Result<(), Problem> {
        if self.is_fresh {
            return Ok(());
        }
        let how = match self.signed_in {
            Some(_) => "Confirm your password to continue.",
            // RFC 9470 §3, in the words of this API.
            None => {
                "This requires an access token whose auth_time is at most ten minutes old. Sign in again."
            }
        };
        Err(Problem::new(403, "password_required", how))
    }
}

impl Admin {
    /// [`Admin::require_fresh`] for the changes of `admin::danger`.
    pub fn require_fresh_if(&self, is_dangerous: bool) -> Result<(), Problem> {
        match is_dangerous {
            true => self.require_fresh(),
            false => Ok(()),
        }
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = app_of(&request)?;
            match request.headers().contains_key("authorization") {
                true => by_token(&app, &request).await,
                false => by_session(&app, &request).await,
            }
        })
    }
}

fn app_of(request: &HttpRequest) -> Result<SharedApp, Problem> {
    let app = request.app_data::<web::Data<App>>();
    app.map(|app| app.clone().into_inner())
        .ok_or_else(|| Problem::new(500, "failed", "Internal error. See the server log."))
}

async fn by_session(app: &SharedApp, request: &HttpRequest) -> Result<Admin, Problem> {
    let nobody = || Problem::new(401, SIGN_IN_REQUIRED, "Sign in to continue.");
    let cookie = cookies::admin(app, request).ok_or_else(nobody)?;
    // Automatic requests of a page do not extend its session: it may be unattended.
    let admin = match request.headers().contains_key("keyfob-watching") {
        true => admin_session::look(app, &cookie)?,
        false => admin_session::find(app, &cookie).await?,
    };
    let admin = admin.ok_or_else(nobody)?;
    check_same_origin(request)?;
    let address = respond::address(request);
    Ok(Admin {
        by: By::administrator(&admin.user.sub, address),
        is_fresh: admin.session.is_fresh(app.now()),
        signed_in: Some(admin),
    })
}

/// A user's token is accepted while the user is an administrator, a client's because an operator gave the client the
/// scope. The token cookie of the hosted pages is never accepted.
async fn by_token(app: &SharedApp, request: &HttpRequest) -> Result<Admin, Problem> {
    let caller = caller(app, request)
        .await
        .map_err(|refused| match refused {
            Refused::NoCredentials => {
                Problem::new(401, "invalid_token", "An access token is required.")
            }
            Refused::Error(_, error) => Problem::new(
                error.code.status_at_resource(),
                error.code.as_str(),
                error.description,
            ),
        })?;
    let claims = &caller.claims;
    bearer::require_scope(claims, scope::ADMIN)
        .map_err(|error| Problem::new(403, "insufficient_scope", error.description))?;
    // RFC 8693 §4.1: the audit log would name the one who is acted for.
    let acts = claims.act.as_ref();
    if acts.is_some_and(|act| act.chain().any(|actor| *actor != claims.sub)) {
        return Err(Problem::new(
            403,
            "delegated",
            "Delegated tokens cannot use the admin API.",
        ));
    }
    if !claims.is_client()
        && !app
            .store
            .read(|tx| users::is_administrator(tx, &claims.sub))?
    {
        return Err(Problem::new(
            403,
            "not_an_administrator",
            "The user of this access token is not an administrator.",
        ));
    }
    let address = respond::address(request);
    Ok(Admin {
        by: By::administrator(&claims.sub, address),
        signed_in: None,
        is_fresh: is_fresh(claims, app.now()),
    })
}

/// A client authenticates for each token. A user's token can be a refreshed one, from an old sign-in.
fn is_fresh(claims: &AccessTokenClaims, now: UnixSeconds) -> bool {
    let is_recent = |at: UnixSeconds| now < at + AdminSession::FRESH;
    claims.is_client() || claims.auth_time.is_some_and(is_recent)
}

/// Writes with the session cookie must come from the admin page. Reads are not checked: another site cannot read the
/// response.
pub fn check_same_origin(request: &HttpRequest) -> Result<(), Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    // Types that no form can send.
    let is_json = respond::header_text(request, "content-type").is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        ["application/json", "application/vnd.sqlite3"]
            .iter()
            .any(|kind| essence.eq_ignore_ascii_case(kind))
    });
    // DELETE has no body, and no form can send it.
    if !is_json && *request.method() != Method::DELETE {
        return Err(Problem::new(
            415,
            "json_required",
            "Content-Type must be application/json.",
        ));
    }
    let from_here = match respond::header_text(request, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            respond::header_text(request, "origin").is_some_and(|origin| is_host(request, &origin))
        }
    };
    if from_here {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "cross_site",
        "This request must come from the admin page.",
    ))
}

/// The admin page works under whatever name it was opened, so the origin is compared with that name and
/// not with the issuer.
fn is_host(request: &HttpRequest, origin: &str) -> bool {
    let host = respond::header_text(request, "host").unwrap_or_default();
    Url::parse(origin).is_ok_and(|url| {
        let authority = match (url.host_str(), url.port()) {
            (Some(name), Some(port)) => format!("{name}:{port}"),
            (Some(name), None) => name.to_owned(),
            (None, _) => return false,
        };
        authority.eq_ignore_ascii_case(&host)
    })
}
