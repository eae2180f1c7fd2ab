//! Sending pages: headers, and the parts of every page.

use std::borrow::Cow;

use super::{
    browser::Browser,
    offer, reader,
    views::{Comparison, ErrorPage, GoOn, LeadOn, Page, View},
};
use crate::{
    app::App,
    domain::time::Lifetime,
    http::{assets, body::Body, branding::Branding, recording, respond},
    oauth::{error::OAuthError, params::Params},
    trace,
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    cookie::Cookie,
    http::{
        StatusCode,
        header::{self, HeaderValue},
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

/// Data of every page, for the sender of this request.
pub fn page<'a>(app: &'a App, request: &HttpRequest) -> Page<'a> {
    Page {
        asset_prefix: &assets::PREFIX,
        theme: reader::theme(request),
        dev_mode: app.config.is_dev(),
        issuer: &app.config.issuer,
        lang: reader::language(request),
        branding: Branding::of(&app.live()),
    }
}

fn with_headers(status: u16, cookies: Vec<Cookie<'static>>) -> HttpResponseBuilder {
    // `same-origin` and not `no-referrer`: with that a browser posts `Origin: null`.
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

/// Page from which the browser can be redirected to a client.
pub fn html(status: u16, template: &impl View, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    rendered(status, template, cookies, HOSTED_CSP)
}

/// Page whose forms stay on this server.
pub fn own_page(status: u16, template: &impl View, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    rendered(status, template, cookies, OWN_CSP)
}

fn rendered(
    status: u16,
    template: &impl View,
    cookies: Vec<Cookie<'static>>,
    policy: &'static str,
) -> HttpResponse {
    match template.render() {
        Ok(body) => with_headers(status, cookies)
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header((header::CONTENT_LANGUAGE, template.page().lang.tag()))
            // The language depends on both, the color scheme and the user on cookies (RFC 9110 §12.5.5).
            .insert_header((header::VARY, "Accept-Language, Cookie"))
            .content_type("text/html; charset=utf-8")
            .body(body),
        Err(error) => {
            tracing::error!(%error, "could not render page");
            HttpResponse::InternalServerError().body("Internal Server Error")
        }
    }
}

/// Sets the time after which the client can retry (RFC 9110 §10.2.3).
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

/// Longest address that a redirect has, in bytes: proxies take 4 KB of response headers at most
/// (nginx `proxy_buffer_size`), cookies and all.
pub const LONGEST_LOCATION: usize = 2048;

/// Leads to a page of this server with what is sealed for it.
pub fn lead_to(
    app: &App,
    request: &HttpRequest,
    page: &str,
    sealed: &str,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    send_to(
        app,
        request,
        format!("{page}?interaction={sealed}"),
        cookies,
    )
}

/// Redirects to a URL that can be long because of the request. A long one is in the body, not in the headers: the page
/// redirects by itself, also without a script.
pub fn send_to(
    app: &App,
    request: &HttpRequest,
    to: String,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    if to.len() <= LONGEST_LOCATION {
        return see_other(&to, cookies);
    }
    let view = LeadOn {
        page: page(app, request),
        to,
    };
    own_page(200, &view, cookies)
}

/// Fields of a posted form, or an error page.
pub fn form(app: &App, request: &HttpRequest, body: Body) -> Result<Params, HttpResponse> {
    body.0
        .and_then(|body| Params::from_urlencoded(&body))
        .map_err(|refusal| error(app, request, &refusal, None))
}

/// Error page with the error code. A developer on the same machine and an administrator also see the sent value next to
/// the registered ones, and the fix.
pub fn error(
    app: &App,
    request: &HttpRequest,
    error: &OAuthError,
    comparison: Option<(String, Vec<String>)>,
) -> HttpResponse {
    let page = shown(app, request, error);
    let t = page.page.lang;
    let explanation = error.why.as_deref().and_then(|why| why.reason);
    let explanation = explanation.and_then(trace::explanation);
    let standard = match (explanation, error.code.status()) {
        (Some(explanation), _) => Some(explanation.standard.to_owned()),
        (None, 400..500) => Some("RFC 6749 §4.1.2.1".to_owned()),
        _ => None,
    };
    let browser = Browser::of(app, request);
    let quick_fix = offer::offer(app, request, &browser, error);
    let cookies = quick_fix.as_ref().and_then(|_| browser.cookie(app));
    let cookies = cookies.into_iter().collect();
    let view = ErrorPage {
        title: match comparison {
            Some(_) => t.address_not_registered(),
            None => t.error_title(error.code),
        },
        standard,
        fix: match comparison {
            Some(_) => Some(t.address_must_match()),
            None => explanation.map(|explanation| explanation.fix),
        },
        quick_fix,
        comparison: comparison.map(|(sent, expected)| Comparison { sent, expected }),
        ..page
    };
    let answer = html(error.code.status(), &view, cookies);
    let answer = respond::with_refusal(answer, error);
    match error.retry_after {
        Some(seconds) => retry_after(answer, Lifetime(seconds)),
        None => answer,
    }
}

/// Error of an unverified client whose user has not acted yet: it is shown here.
pub fn not_sent_on(app: &App, request: &HttpRequest, error: &OAuthError) -> HttpResponse {
    let page = shown(app, request, error);
    let explanation = error.why.as_deref().and_then(|why| why.reason);
    let explanation = explanation.and_then(trace::explanation);
    let view = ErrorPage {
        advice: page.page.lang.app_is_not_verified().into(),
        standard: Some("RFC 9700 §4.11.2".into()),
        fix: explanation.map(|explanation| explanation.fix),
        ..page
    };
    let answer = html(error.code.status(), &view, Vec::new());
    respond::with_refusal(answer, error)
}

/// The page of an error, which is in the log and among the traces under its reference.
fn shown<'a>(app: &'a App, request: &HttpRequest, error: &OAuthError) -> ErrorPage<'a> {
    let reference = recording::id(app, request).simple();
    let (code, description) = (error.code.as_str(), &error.description);
    match &error.detail {
        Some(detail) => tracing::error!(reference, code, detail, "request failed"),
        None => tracing::info!(reference, code, %description, "error page shown"),
    }
    let page = page(app, request);
    let is_admin = offer::administrator(app, request).is_some();
    let leads_to_trace = app.records_traces() && (is_admin || page.dev_mode);
    ErrorPage {
        explains: is_admin || page.dev_mode,
        trace_href: leads_to_trace.then(|| format!("/admin/traces/{reference}")),
        quick_fix: None,
        title: page.lang.error_title(error.code),
        advice: page.lang.error_advice(error.code).into(),
        code: Some(code),
        description: Some(description.to_string()),
        reference: Some(reference),
        standard: None,
        comparison: None,
        fix: None,
        go_on: None,
        page,
    }
}

/// A page that has nothing to do but say something.
fn notice<'a>(
    page: Page<'a>,
    title: &'static str,
    advice: impl Into<Cow<'a, str>>,
) -> ErrorPage<'a> {
    ErrorPage {
        page,
        title,
        advice: advice.into(),
        code: None,
        description: None,
        reference: None,
        standard: None,
        explains: false,
        comparison: None,
        fix: None,
        trace_href: None,
        quick_fix: None,
        go_on: None,
    }
}

/// `/setup` of a server that has its administrator.
pub fn setup_is_over(app: &App, request: &HttpRequest) -> HttpResponse {
    let page = page(app, request);
    let t = page.lang;
    let view = ErrorPage {
        go_on: Some(GoOn {
            label: t.sign_in(),
            href: "/login".into(),
        }),
        ..notice(page, t.has_its_administrator(), t.setup_link_worked_once())
    };
    html(410, &view, Vec::new())
}

/// Invalid logout request (OIDC RP-Initiated Logout §4): nobody is signed out, and the browser stays here.
pub fn logout_refused(
    app: &App,
    request: &HttpRequest,
    refusal: &OAuthError,
    is_signed_in: bool,
) -> HttpResponse {
    let page = shown(app, request, refusal);
    let t = page.page.lang;
    let view = ErrorPage {
        title: t.could_not_sign_you_out(),
        advice: match is_signed_in {
            true => t.still_signed_in().into(),
            false => t.not_signed_in_here().into(),
        },
        standard: Some("OIDC RP-Initiated Logout §2".into()),
        go_on: is_signed_in.then(|| GoOn {
            label: t.sign_out_here(),
            href: "/logout".into(),
        }),
        ..page
    };
    html(refusal.code.status(), &view, Vec::new())
}

/// A logout request for a session that this browser does not have, and that is active.
pub fn signed_in_elsewhere(app: &App, request: &HttpRequest) -> HttpResponse {
    let page = page(app, request);
    let t = page.lang;
    let view = notice(page, t.could_not_sign_you_out(), t.session_is_elsewhere());
    html(400, &view, Vec::new())
}

/// The rejected value is registered now.
pub fn fixed(app: &App, request: &HttpRequest, again: GoOn) -> HttpResponse {
    let page = page(app, request);
    let t = page.lang;
    let view = ErrorPage {
        go_on: Some(again),
        ..notice(page, t.address_is_registered(), t.sign_in_can_be_tried())
    };
    html(200, &view, Vec::new())
}

/// A page that was open too long. `start_again` leads back into the same sign-in.
pub fn too_old(app: &App, request: &HttpRequest, start_again: Option<String>) -> HttpResponse {
    let page = page(app, request);
    let t = page.lang;
    let advice = match start_again {
        Some(_) => t.start_again_and_sign_in(),
        None => t.start_again_from_the_app(),
    };
    let view = ErrorPage {
        go_on: start_again.map(|href| GoOn {
            label: t.start_again(),
            href,
        }),
        ..notice(page, t.open_too_long(), advice)
    };
    html(200, &view, Vec::new())
}

/// Page of a request that already got its response: after a second click, the back button, or a saved URL. The request
/// starts again, with all its questions to the user.
pub fn already_answered(
    app: &App,
    request: &HttpRequest,
    start_again: Option<String>,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    if let Some(again) = start_again
        .as_ref()
        .filter(|again| again.len() <= LONGEST_LOCATION)
    {
        return see_other(again, cookies);
    }
    let page = page(app, request);
    let t = page.lang;
    let view = ErrorPage {
        go_on: start_again.map(|href| GoOn {
            label: t.start_again(),
            href,
        }),
        ..notice(page, t.already_completed(), t.start_again_from_the_app())
    };
    html(409, &view, cookies)
}

/// Page whose cookie is missing, with the likely reason.
pub fn no_cookie(app: &App, request: &HttpRequest, browser: &Browser) -> HttpResponse {
    let page = page(app, request);
    let t = page.lang;
    let view = match browser.is_new() {
        true => notice(page, t.no_cookie(), t.why_no_cookie(&app.config.issuer)),
        false => notice(page, t.does_not_belong_here(), t.made_for_another_browser()),
    };
    html(400, &view, Vec::new())
}
