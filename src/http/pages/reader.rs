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
    let accepted =
        || Language::of_accept_language(&respond::header_text(request, "accept-language")?);
    known
        .asked
        .or_else(in_address)
        .or(known.own)
        .or_else(accepted)
        .unwrap_or(Language::English)
}

/// `light` or `dark`, if the reader chose.
pub fn theme(request: &HttpRequest) -> Option<&'static str> {
    cookies::theme(request)
}
