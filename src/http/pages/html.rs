//! How a page is sent: its headers, and what every page shows.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    cookie::Cookie,
    http::{StatusCode, header},
};
use askama::Template;

use super::views::{Comparison, ErrorPage, Page};
use crate::{app::App, http::assets, oauth::error::OAuthError};

/// No `form-action`: browsers apply it to the redirect after a post, and the redirect to the client
/// would be blocked.
const HOSTED_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

pub fn page(app: &App) -> Page<'_> {
    Page {
        asset_prefix: &assets::PREFIX,
        theme: None,
        dev_mode: app.config.is_dev(),
        issuer: &app.config.issuer,
        lang: "en",
    }
}

fn with_headers(status: u16, cookies: Vec<Cookie<'static>>) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"));
    for cookie in cookies {
        response.cookie(cookie);
    }
    response
}

pub fn html(status: u16, template: &impl Template, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    match template.render() {
        Ok(body) => with_headers(status, cookies)
            .insert_header((header::CONTENT_SECURITY_POLICY, HOSTED_CSP))
            .content_type("text/html; charset=utf-8")
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::InternalServerError().body("Internal Server Error")
        }
    }
}

/// RFC 9700 §4.12: 303, so that no browser posts a password on.
pub fn see_other(to: &str, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    with_headers(303, cookies)
        .insert_header((header::LOCATION, to))
        .finish()
}

/// An error that is shown, with its code in the page.
pub fn error(
    app: &App,
    error: &OAuthError,
    comparison: Option<(String, Vec<String>)>,
) -> HttpResponse {
    if let Some(detail) = &error.detail {
        tracing::error!(code = error.code.as_str(), detail, "a request failed");
    }
    let view = ErrorPage {
        page: page(app),
        title: "This request cannot be answered".into(),
        code: Some(error.code.as_str().into()),
        description: error.description.to_string(),
        reference: app.new_id().simple(),
        standard: Some("RFC 6749 §4.1.2.1".into()),
        comparison: comparison.map(|(sent, expected)| Comparison {
            sent_label: "Sent".into(),
            sent,
            expected_label: "Registered".into(),
            expected,
        }),
        fix: None,
        start_again: None,
    };
    html(error.code.status(), &view, Vec::new())
}

/// A page that was open too long, or opened in another browser.
pub fn expired(app: &App) -> HttpResponse {
    let view = ErrorPage {
        page: page(app),
        title: "This page was open too long".into(),
        code: None,
        description: "Go back to the app and start again. If this happens at once, the browser does not keep \
                      this server's cookies."
            .into(),
        reference: app.new_id().simple(),
        standard: None,
        comparison: None,
        fix: None,
        start_again: Some("/".into()),
    };
    html(400, &view, Vec::new())
}
