//! How a page is sent: its headers, and what every page shows.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    cookie::Cookie,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use askama::Template;

use super::{
    flow::Browser,
    views::{Comparison, ErrorPage, Page},
};
use crate::{
    app::App,
    domain::time::Lifetime,
    http::{assets, body::Body},
    oauth::{error::OAuthError, params::Params},
};

/// No `form-action`: browsers apply it to the redirect after a post, and the redirect to the client
/// would be blocked.
const HOSTED_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";
/// The pages that lead nowhere else can have it.
const OWN_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
const PERMISSIONS: &str = "publickey-credentials-get=(self), publickey-credentials-create=(self)";

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
    // `same-origin` and not `no-referrer`: with that a browser posts `Origin: null`.
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::PERMISSIONS_POLICY, PERMISSIONS))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"));
    for cookie in cookies {
        response.cookie(cookie);
    }
    response
}

/// A page from which a browser may be sent to a client.
pub fn html(status: u16, template: &impl Template, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    rendered(status, template, cookies, HOSTED_CSP)
}

/// A page whose forms stay on this server.
pub fn own_page(
    status: u16,
    template: &impl Template,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    rendered(status, template, cookies, OWN_CSP)
}

fn rendered(
    status: u16,
    template: &impl Template,
    cookies: Vec<Cookie<'static>>,
    policy: &'static str,
) -> HttpResponse {
    match template.render() {
        Ok(body) => with_headers(status, cookies)
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .content_type("text/html; charset=utf-8")
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::InternalServerError().body("Internal Server Error")
        }
    }
}

/// Says when the same may be tried again (RFC 9110 §10.2.3).
pub fn retry_after(mut response: HttpResponse, wait: Lifetime) -> HttpResponse {
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(wait.0));
    response
}

/// RFC 9700 §4.12: 303, so that no browser posts a password on.
pub fn see_other(to: &str, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    with_headers(303, cookies)
        .insert_header((header::LOCATION, to))
        .finish()
}

/// The fields of a posted form, or the page that says why they could not be read.
pub fn form(app: &App, body: Body) -> Result<Params, HttpResponse> {
    body.0
        .and_then(|body| Params::from_urlencoded(&body))
        .map_err(|refusal| error(app, &refusal, None))
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

/// What is said on a page that has nothing to do but say it.
struct Notice<'a> {
    status: u16,
    title: &'a str,
    description: String,
    /// A path on this server, where the person can go on.
    start_again: Option<String>,
}

fn notice(app: &App, notice: Notice) -> HttpResponse {
    let view = ErrorPage {
        page: page(app),
        title: notice.title.into(),
        code: None,
        description: notice.description,
        reference: app.new_id().simple(),
        standard: None,
        comparison: None,
        fix: None,
        start_again: notice.start_again,
    };
    html(notice.status, &view, Vec::new())
}

/// `/setup` of a server that has its administrator.
pub fn setup_is_over(app: &App) -> HttpResponse {
    notice(
        app,
        Notice {
            status: 410,
            title: "This server has an administrator",
            description:
                "The set-up link works once, and it was used. Sign in instead; an administrator \
                          can make more of them."
                    .into(),
            start_again: Some("/login".into()),
        },
    )
}

/// A logout request that cannot be (OIDC RP-Initiated Logout §4): nobody is signed out, and the browser
/// stays here.
pub fn logout_refused(app: &App, refusal: &OAuthError) -> HttpResponse {
    let view = ErrorPage {
        page: page(app),
        title: "This app could not sign you out".into(),
        code: Some(refusal.code.as_str().into()),
        description: refusal.description.to_string(),
        reference: app.new_id().simple(),
        standard: Some("OIDC RP-Initiated Logout §2".into()),
        comparison: None,
        fix: None,
        start_again: Some("/logout".into()),
    };
    html(refusal.code.status(), &view, Vec::new())
}

/// A page that was open too long. `start_again` leads back into the same sign-in.
pub fn too_old(app: &App, start_again: Option<String>) -> HttpResponse {
    let description = match start_again {
        Some(_) => "Nothing is lost: start again and sign in.",
        None => "Nothing is lost: go back to the app and start again.",
    };
    notice(
        app,
        Notice {
            status: 200,
            title: "This page was open too long",
            description: description.into(),
            start_again,
        },
    )
}

/// A page that came without the cookie it was bound to: why, as far as it can be told from here.
pub fn no_cookie(app: &App, browser: &Browser) -> HttpResponse {
    let description = if browser.is_new() {
        format!(
            "The browser sent no cookie of this server. Allow its cookies, and start again from the app, in \
             the browser in which you want to sign in. If the address bar does not begin with {}, that is \
             why: cookies are kept for that address.",
            app.config.issuer
        )
    } else {
        "It was made for another browser or another sign-in. Go back to the app and start again."
            .to_owned()
    };
    notice(
        app,
        Notice {
            status: 400,
            title: "This page does not belong to this browser",
            description,
            start_again: None,
        },
    )
}
