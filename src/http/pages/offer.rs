//! Quick fixes on error pages, and the users who can apply them.

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};

use super::{browser::Browser, views::QuickFix};
use crate::{
    app::App,
    domain::time::{Lifetime, UnixSeconds},
    http::cookies,
    login::admin_session::{self, SignedInAdmin},
    oauth::{error::OAuthError, params::Params},
    trace::Reason,
};

/// Lifetime of a quick fix.
const LIFETIME: Lifetime = Lifetime::hours(1);

/// Quick fix of an error page, sealed for its browser, so that nobody else can make an administrator's browser send it.
#[derive(Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// Failed request, to be sent again.
    pub(super) again: String,
    made_at: UnixSeconds,
}

impl Offer {
    /// The offer of a form, if this browser was shown it lately.
    pub(super) fn open(app: &App, browser: &Browser, sealed: &str) -> Option<Self> {
        let plain = browser.open_text(app, sealed)?;
        let offer: Self = serde_json::from_slice(&plain).ok()?;
        (app.now() < offer.made_at + LIFETIME).then_some(offer)
    }
}

/// Administrator who views this page. `None` if this cannot be determined: the page then shows less.
pub fn administrator(app: &App, request: &HttpRequest) -> Option<SignedInAdmin> {
    let cookie = cookies::admin(app, request)?;
    match admin_session::look(app, &cookie) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "could not read admin session");
            None
        }
    }
}

/// Quick fix of a failed request, for an administrator.
pub fn offer(
    app: &App,
    request: &HttpRequest,
    browser: &Browser,
    error: &OAuthError,
) -> Option<QuickFix> {
    let why = error.why.as_deref()?;
    if why.reason != Some(Reason::RedirectUriNotRegistered) {
        return None;
    }
    let admin = administrator(app, request)?;
    // Only the client can repeat a request that was posted, pushed or signed.
    let params = Params::from_urlencoded(request.query_string().as_bytes()).ok()?;
    let sent = params.optional("redirect_uri")?;
    let snapshot = app.directory.snapshot();
    let client = snapshot.client(params.optional("client_id")?)?;
    // Changing redirect URIs is a sensitive change, and this page cannot ask for the password.
    if why.sent.as_deref() != Some(sent) || !admin.session.is_fresh(app.now()) {
        return None;
    }
    let offer = Offer {
        client_id: client.client_id.to_string(),
        redirect_uri: sent.to_owned(),
        again: format!("{}?{}", request.path(), request.query_string()),
        made_at: app.now(),
    };
    Some(QuickFix {
        client_name: client.display_name().to_owned(),
        managed_by: client.managed_by.clone(),
        csrf: browser.csrf(app),
        offer: browser.seal_text(app, &serde_json::to_vec(&offer).ok()?),
    })
}
