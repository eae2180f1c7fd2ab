//! Browser identity: a random cookie, set before anyone signs in.

use actix_web::{HttpRequest, cookie::Cookie};

use crate::{
    app::App,
    crypto::{hash, random},
    http::cookies,
};

/// Browser, identified by a random cookie that is set before anyone signs in.
pub struct Browser {
    id: String,
    is_new: bool,
}

impl Browser {
    pub fn of(app: &App, request: &HttpRequest) -> Self {
        let known = cookies::browser(app, request);
        match known.filter(|id| id.len() == 43 && hash::from_base64url(id).is_some()) {
            Some(id) => Self { id, is_new: false },
            None => Self {
                id: random::text(32),
                is_new: true,
            },
        }
    }

    pub fn cookie(&self, app: &App) -> Option<Cookie<'static>> {
        self.is_new.then(|| cookies::set_browser(app, &self.id))
    }

    /// The hidden field that shows that a post comes from a page this browser was given.
    pub fn csrf(&self, app: &App) -> String {
        hash::base64url(&app.mac.mac("csrf", &[self.id.as_bytes()]))
    }

    pub fn csrf_matches(&self, app: &App, sent: &str) -> bool {
        !self.is_new && hash::constant_time_eq(self.csrf(app).as_bytes(), sent.as_bytes())
    }

    /// Seals what a form of this browser carries.
    pub fn seal_text(&self, app: &App, plain: &[u8]) -> String {
        app.seal.seal(self.form_context().as_bytes(), plain)
    }

    /// Opens a value that was sealed for a form of this browser.
    pub fn open_text(&self, app: &App, sealed: &str) -> Option<Vec<u8>> {
        app.seal.open(self.form_context().as_bytes(), sealed)
    }

    /// Key that seals the interactions of this browser.
    pub(super) fn context(&self) -> &[u8] {
        self.id.as_bytes()
    }

    /// Keeps these values distinct from interactions.
    fn form_context(&self) -> String {
        format!("form {}", self.id)
    }

    /// Whether the browser is only now getting its cookie, and did not send one.
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}
