//! What a browser carries from the authorization endpoint to the pages and back: sealed, and bound to
//! that browser by a cookie, so that neither can be changed or opened elsewhere.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::{App, SharedApp},
    crypto::{hash, random},
    domain::{
        secret::Secret,
        time::{Lifetime, UnixSeconds},
    },
    login::session,
    oauth::{
        authorize::decide::{Done, SignedIn},
        params::Params,
    },
    store::StoreError,
};

const BROWSER_COOKIE: &str = "keyfob_browser";
const SESSION_COOKIE: &str = "keyfob_session";
/// How long a page may stay open.
const LIFETIME: Lifetime = Lifetime::hours(1);

/// An authorization request on its way through the pages.
#[derive(Serialize, Deserialize)]
pub struct Flow {
    pub params: Vec<(String, String)>,
    started_at: UnixSeconds,
    /// Whether the person has signed in since.
    pub login_done: bool,
}

/// The browser, known by a random cookie from before anybody signs in.
pub struct Browser {
    id: String,
    is_new: bool,
}

impl Browser {
    pub fn of(app: &App, request: &HttpRequest) -> Self {
        let known = request
            .cookie(&name(app, BROWSER_COOKIE))
            .map(|cookie| cookie.value().to_owned());
        match known.filter(|id| id.len() == 43 && hash::from_base64url(id).is_some()) {
            Some(id) => Self { id, is_new: false },
            None => Self {
                id: random::text(32),
                is_new: true,
            },
        }
    }

    pub fn cookie(&self, app: &App) -> Option<Cookie<'static>> {
        self.is_new
            .then(|| cookie(app, BROWSER_COOKIE, self.id.clone(), SameSite::Lax))
    }

    /// The hidden field that shows that a post comes from a page this browser was given.
    pub fn csrf(&self, app: &App) -> String {
        hash::base64url(&app.mac.mac("csrf", &[self.id.as_bytes()]))
    }

    pub fn csrf_matches(&self, app: &App, sent: &str) -> bool {
        !self.is_new && hash::constant_time_eq(self.csrf(app).as_bytes(), sent.as_bytes())
    }

    pub fn seal(&self, app: &App, flow: &Flow) -> String {
        let plain = serde_json::to_vec(flow).unwrap_or_default();
        app.seal.seal(self.id.as_bytes(), &plain)
    }

    /// The flow, if it was sealed for this browser and is not too old.
    pub fn open(&self, app: &App, sealed: &str) -> Option<Flow> {
        let plain = app.seal.open(self.id.as_bytes(), sealed)?;
        let flow: Flow = serde_json::from_slice(&plain).ok()?;
        (app.now() < flow.started_at + LIFETIME).then_some(flow)
    }
}

impl Flow {
    pub fn new(app: &App, params: &Params) -> Self {
        Self {
            params: params.pairs().to_vec(),
            started_at: app.now(),
            login_done: false,
        }
    }

    pub fn done(&self, consent: bool) -> Done {
        Done {
            login: self.login_done,
            consent,
        }
    }
}

/// The person signed in at this browser.
pub async fn signed_in(
    app: &SharedApp,
    request: &HttpRequest,
) -> Result<Option<SignedIn>, StoreError> {
    match request.cookie(&name(app, SESSION_COOKIE)) {
        Some(cookie) => session::find(app, cookie.value()).await,
        None => Ok(None),
    }
}

pub fn session_cookie(app: &App, value: &Secret) -> Cookie<'static> {
    cookie(
        app,
        SESSION_COOKIE,
        value.expose().to_owned(),
        SameSite::Lax,
    )
}

pub fn expired_session_cookie(app: &App) -> Cookie<'static> {
    let mut cookie = cookie(app, SESSION_COOKIE, String::new(), SameSite::Lax);
    cookie.make_removal();
    cookie
}

/// `__Host-` ties a cookie to this origin; it needs https.
fn name(app: &App, name: &str) -> String {
    if app.config.is_https() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

fn cookie(app: &App, base: &str, value: String, same_site: SameSite) -> Cookie<'static> {
    Cookie::build(name(app, base), value)
        .path("/")
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(same_site)
        .finish()
}
