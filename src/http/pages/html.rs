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
    views::{Comparison, ErrorPage, GoOn, Page},
};
use crate::{
    app::App,
    domain::time::Lifetime,
    http::{assets, body::Body},
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
    },
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

/// An error that is shown, with its code in the page. A server in dev mode shows what was sent beside
/// what is registered.
pub fn error(
    app: &App,
    error: &OAuthError,
    comparison: Option<(String, Vec<String>)>,
) -> HttpResponse {
    let fix = comparison.is_some().then(|| {
        "The address must be registered for the client, character for character (RFC 9700 §2.1).".to_owned()
    });
    let standard = match error.code.status() {
        400..500 => Some("RFC 6749 §4.1.2.1".to_owned()),
        _ => None,
    };
    let view = ErrorPage {
        title: title(error, comparison.is_some()).into(),
        standard,
        comparison: comparison.map(|(sent, expected)| Comparison {
            sent_label: "Sent".into(),
            sent,
            expected_label: "Registered".into(),
            expected,
        }),
        fix,
        ..shown(app, error)
    };
    let answer = html(error.code.status(), &view, Vec::new());
    match error.retry_after {
        Some(seconds) => retry_after(answer, Lifetime(seconds)),
        None => answer,
    }
}

fn title(error: &OAuthError, of_an_address: bool) -> &'static str {
    match error.code {
        _ if of_an_address => "This app asked to return to an address it has not registered",
        ErrorCode::ServerError => "Something went wrong on this server",
        ErrorCode::TemporarilyUnavailable => "This server is busy",
        ErrorCode::SetupRequired => "This server is not set up yet",
        _ => "This request cannot be answered",
    }
}

/// The page of an error, which is in the log under its reference.
fn shown<'a>(app: &'a App, error: &OAuthError) -> ErrorPage<'a> {
    let reference = app.new_id().simple();
    let (code, description) = (error.code.as_str(), &error.description);
    match &error.detail {
        Some(detail) => tracing::error!(reference, code, detail, "a request failed"),
        None => tracing::info!(reference, code, %description, "a page showed an error"),
    }
    ErrorPage {
        page: page(app),
        title: String::new(),
        code: Some(code.into()),
        description: description.to_string(),
        reference: Some(reference),
        standard: None,
        comparison: None,
        fix: None,
        go_on: None,
    }
}

/// A page that has nothing to do but say something.
fn notice(
    app: &App,
    status: u16,
    title: &str,
    description: &str,
    go_on: Option<GoOn>,
) -> HttpResponse {
    let view = ErrorPage {
        page: page(app),
        title: title.into(),
        code: None,
        description: description.into(),
        reference: None,
        standard: None,
        comparison: None,
        fix: None,
        go_on,
    };
    html(status, &view, Vec::new())
}

/// `/setup` of a server that has its administrator.
pub fn setup_is_over(app: &App) -> HttpResponse {
    let go_on = GoOn {
        label: "Sign in",
        href: "/login".into(),
    };
    let description =
        "The set-up link works once, and it was used. An administrator can make others.";
    notice(
        app,
        410,
        "This server has its administrator",
        description,
        Some(go_on),
    )
}

/// A logout request that cannot be (OIDC RP-Initiated Logout §4): nobody is signed out, and the browser
/// stays here.
pub fn logout_refused(app: &App, refusal: &OAuthError) -> HttpResponse {
    let view = ErrorPage {
        title: "This app could not sign you out".into(),
        standard: Some("OIDC RP-Initiated Logout §2".into()),
        go_on: Some(GoOn {
            label: "Sign out here",
            href: "/logout".into(),
        }),
        ..shown(app, refusal)
    };
    html(refusal.code.status(), &view, Vec::new())
}

/// A page that was open too long. `start_again` leads back into the same sign-in.
pub fn too_old(app: &App, start_again: Option<String>) -> HttpResponse {
    let description = match start_again {
        Some(_) => "Nothing is lost: start again and sign in.",
        None => "Nothing is lost: go back to the app and start again.",
    };
    let go_on = start_again.map(|href| GoOn {
        label: "Start again",
        href,
    });
    notice(app, 200, "This page was open too long", description, go_on)
}

/// A page that came without the cookie it was bound to: why, as far as it can be told from here.
pub fn no_cookie(app: &App, browser: &Browser) -> HttpResponse {
    if !browser.is_new() {
        let description = "It was made for another browser or another sign-in. Go back to the app and start again.";
        return notice(
            app,
            400,
            "This page does not belong here",
            description,
            None,
        );
    }
    let issuer = &app.config.issuer;
    let description = format!(
        "Allow the cookies of this site, and start again from the app, in the browser in which you want to \
         sign in. If its address bar does not begin with {issuer}, that is why: cookies are kept for that \
         address only."
    );
    notice(app, 400, "The browser sent no cookie", &description, None)
}
