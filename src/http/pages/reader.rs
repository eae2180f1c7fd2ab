//! Who reads a page: in which language, and in which colours.

use actix_web::{HttpMessage, HttpRequest};

use crate::{
    domain::{language::Language, user::User},
    http::{cookies, respond},
    oauth::params::Params,
};

/// What has been found out about the reader of the answer to one request.
#[derive(Clone, Copy, Default)]
struct Known {
    /// By the request that the pages serve.
    asked: Option<Language>,
    /// By the person's own profile.
    own: Option<Language>,
}

/// Notes the languages that were asked for (OIDC Core §3.1.2.1, `ui_locales`).
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

/// `ui_locales`, which any page also takes in its address, then the person's own `locale`, then what the
/// browser accepts.
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

/// What a page adds to the address of one that will not know the person any more, so that it is in the
/// same language: nothing, where it would be anyway.
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
