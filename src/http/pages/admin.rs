//! `/admin` and `/docs`: the shells of the admin page and of the API description. Everything in them comes
//! from the admin API and from `/openapi.json`.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::html;
use crate::{
    app::App,
    crypto::hash,
    http::{assets, cookies, documents},
};

/// Stricter than that of the hosted pages: nothing here leads elsewhere.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same shell at every URL of the admin page; its script selects the page by the URL.
pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    // Never a bare sign-in form where nobody can sign in: `/` says what to do.
    if !app.directory.snapshot().has_admin {
        return html::see_other("/", Vec::new());
    }
    shell(&app, &request, "admin/index.html")
}

/// API documentation, also while there is no administrator.
pub async fn docs(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    shell(&app, &request, "docs/index.html")
}

fn shell(app: &App, request: &HttpRequest, name: &str) -> HttpResponse {
    let Some(shell) = assets::text(name) else {
        tracing::error!(name, "embedded page missing");
        return HttpResponse::InternalServerError().body("Internal Server Error");
    };
    let theme = cookies::theme(request)
        .map(|theme| format!(r#" data-theme="{theme}""#))
        .unwrap_or_default();
    let dev = if app.config.is_dev() { " data-dev" } else { "" };
    let shell = shell
        .replace("{assets}", &assets::PREFIX)
        .replace("{html}", &format!("{theme}{dev}"));
    let tag = format!(
        "\"{}\"",
        hash::base64url(&hash::sha256(shell.as_bytes())[..12])
    );
    let is_known = documents::has_it(request, &tag);
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "Cookie"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
    // It ends with the headers (RFC 9110 §15.4.5).
    match is_known {
        true => response.finish(),
        false => response
            .content_type("text/html; charset=utf-8")
            .body(shell),
    }
}
