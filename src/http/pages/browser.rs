//! A browser, known by a random cookie from before anybody signs in.

use actix_web::{HttpRequest, cookie::Cookie};

use crate::{
    app::App,
    crypto::{hash, random},
    http::cookies,
};

/// The browser, known by a random cookie from before anybody signs in.
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

    /// What was sealed for a form of this browser.
    pub fn open_text(&self, app: &App, sealed: &str) -> Option<Vec<u8>> {
        app.seal.open(self.form_context().as_bytes(), sealed)
    }

    /// By what the interactions of this browser are sealed.
    pub(super) fn context(&self) -> &[u8] {
        self.id.as_bytes()
    }

    /// So that none of it passes for an interaction.
    fn form_context(&self) -> String {
        format!("form {}", self.id)
    }

    /// Whether the browser has only now got its cookie, and so sent none.
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}
