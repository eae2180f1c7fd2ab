//! Preferences of a page's reader: language and color scheme.

use actix_web::{HttpMessage, HttpRequest};

use crate::{
    domain::{language::Language, user::User},
    http::{cookies, respond},
    oauth::params::Params,
};

/// Known preferences of the reader of one response.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Languages of the request that the pages belong to.
    asked: Option<Language>,
    /// Language of the user's profile.
    own: Option<Language>,
}

/// Stores the requested languages (`ui_locales`, OIDC Core §3.1.2.1).
pub fn asks_for(request: &HttpRequest, ui_locales: Option<&str>) {
    if let Some(asked) = ui_locales.and_then(Language::of_ui_locales) {
        note(request, |known| known.asked = Some(asked));
    }
}

/// Notes who is signed in.
pub fn is(request: &HttpRequest, user: &User) {
    let own = user.profile.locale.as_deref().and_then(Language::of_tag);
    note(request, |known| known.own = own);
}

fn note(request: &HttpRequest, change: impl FnOnce(&mut Known)) {
    let mut extensions = request.extensions_mut();
    let mut known = extensions.get::<Known>().copied().unwrap_or_default();
    change(&mut known);
    extensions.insert(known);
}

/// `ui_locales`, which every page also accepts in its URL, then the user's `locale`, then the languages of the browser.
pub fn language(request: &HttpRequest) -> Language {
    let known = request.extensions().get::<Known>().copied();
    let known = known.unwrap_or_default();
    let in_address = || {
        let query = Params::from_urlencoded(request.query_string().as_bytes()).ok()?;
        Language::of_ui_locales(query.optional("ui_locales")?)
    };
    known
        .asked
        .or_else(in_address)
        .or(known.own)
        .or_else(|| accepted(request))
        .unwrap_or(Language::English)
}

/// Query for the URL of a page that will not know the user, so that it has the same language; empty if it would have it
/// anyway.
pub fn language_query(request: &HttpRequest) -> String {
    let now = language(request);
    if accepted(request).unwrap_or(Language::English) == now {
        return String::new();
    }
    format!("?ui_locales={}", now.tag())
}

fn accepted(request: &HttpRequest) -> Option<Language> {
    Language::of_accept_language(&respond::header_text(request, "accept-language")?)
}

/// `light` or `dark`, if the reader chose.
pub fn theme(request: &HttpRequest) -> Option<&'static str> {
    cookies::theme(request)
}
