//! `/mend`: an administrator registers the address that an authorization request was refused for, from
//! the error page itself.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{
    flow::Browser,
    html,
    views::{GoOn, Mend},
};
use crate::{
    admin::{AdminError, By, clients, danger},
    app::{App, SharedApp},
    domain::time::{Lifetime, UnixSeconds},
    http::{body::Body, caller::is_same_origin, cookies, respond},
    login::admin_session::{self, SignedInAdmin},
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    store::StoreError,
    trace::Reason,
};

/// How long an offer may lie on the page.
const LIFETIME: Lifetime = Lifetime::hours(1);

/// What an error page offers to register, sealed for the browser that it was shown to: nobody else can
/// make an administrator's browser send it.
#[derive(Serialize, Deserialize)]
struct Offer {
    client_id: String,
    redirect_uri: String,
    /// The request that was refused, to be made again.
    again: String,
    made_at: UnixSeconds,
}

/// The administrator who reads this page. Nobody, if that cannot be said now: the page shows less then.
pub fn administrator(app: &App, request: &HttpRequest) -> Option<SignedInAdmin> {
    let cookie = cookies::admin(app, request)?;
    match admin_session::look(app, &cookie) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "a session of the admin page could not be read");
            None
        }
    }
}

/// What can be mended of a refusal, for an administrator.
pub fn offer(
    app: &App,
    request: &HttpRequest,
    browser: &Browser,
    error: &OAuthError,
) -> Option<Mend> {
    let why = error.why.as_deref()?;
    if why.reason != Some(Reason::RedirectUriNotRegistered) {
        return None;
    }
    let admin = administrator(app, request)?;
    // What came in a form, or was pushed or signed, only the client can send again.
    let params = Params::from_urlencoded(request.query_string().as_bytes()).ok()?;
    let sent = params.optional("redirect_uri")?;
    let snapshot = app.directory.snapshot();
    let client = snapshot.client(params.optional("client_id")?)?;
    // Where its answers go is dangerous to change, and this page cannot ask for the password.
    if why.sent.as_deref() != Some(sent) || !admin.session.is_fresh(app.now()) {
        return None;
    }
    let offer = Offer {
        client_id: client.client_id.to_string(),
        redirect_uri: sent.to_owned(),
        again: format!("{}?{}", request.path(), request.query_string()),
        made_at: app.now(),
    };
    Some(Mend {
        client_name: client.display_name().to_owned(),
        managed_by: client.managed_by.clone(),
        csrf: browser.csrf(app),
        offer: browser.seal_text(app, &serde_json::to_vec(&offer).ok()?),
    })
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, &request, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    let csrf = params.optional("csrf").unwrap_or_default();
    if !browser.csrf_matches(&app, csrf) || !is_same_origin(&app, &request) {
        return html::no_cookie(&app, &request, &browser);
    }
    let Some(admin) = administrator(&app, &request) else {
        return html::see_other("/admin", Vec::new());
    };
    let sealed = params.optional("offer").unwrap_or_default();
    let offer = browser.open_text(&app, sealed);
    let offer: Option<Offer> = offer.and_then(|plain| serde_json::from_slice(&plain).ok());
    let Some(offer) = offer.filter(|offer| app.now() < offer.made_at + LIFETIME) else {
        return html::too_old(&app, &request, None);
    };
    let address = respond::address(&request);
    let by = By::administrator(&admin.user.sub, address);
    let is_fresh = admin.session.is_fresh(app.now());
    match register(&app, by, is_fresh, &offer).await {
        Ok(()) => {
            let again = GoOn {
                label: html::page(&app, &request).lang.try_again(),
                href: offer.again,
            };
            html::mended(&app, &request, again)
        }
        Err(error) => html::error(&app, &request, &error, None),
    }
}

/// All rules of a client's metadata hold, as at the admin API.
async fn register(
    app: &SharedApp,
    by: By,
    is_fresh: bool,
    offer: &Offer,
) -> Result<(), OAuthError> {
    let (client_id, uri) = (offer.client_id.clone(), offer.redirect_uri.clone());
    let applied = app
        .store
        .write(move |tx| {
            let before = clients::get(tx, &client_id)?;
            let applied = clients::add_redirect_uri(tx, &by, &client_id, &uri)?;
            if danger::of_client(Some(&before), &applied.value.client)? && !is_fresh {
                let reason =
                    "this client is changed on the admin page, which asks for your password";
                return Err(AdminError::Conflict(reason.into()));
            }
            Ok(applied)
        })
        .await
        .map_err(refusal)?;
    app.directory.revoke(&applied.revoked);
    app.refresh_directory()
        .map_err(|error: StoreError| OAuthError::from(error))
}

fn refusal(error: AdminError) -> OAuthError {
    match error {
        AdminError::Store(error) => error.into(),
        other => OAuthError::new(ErrorCode::InvalidRedirectUri, other.to_string()),
    }
}
