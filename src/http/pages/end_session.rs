//! `GET` and `POST /api/v1/oauth/logout` (OIDC RP-Initiated Logout §2): parses the request of a client and redirects to
//! the page on which the user decides.

use actix_web::{HttpRequest, HttpResponse, http::Method, web};

use super::{
    browser::Browser,
    html,
    interaction::{self, Destination, Interaction},
    own_get, reader,
};
use crate::{
    app::{App, SharedApp},
    domain::id::Id,
    http::{
        body::Body,
        caller::is_same_origin,
        cookies,
        endpoint::{Endpoint, at},
        openapi::operation::{OAUTH, Operation, operation},
        respond,
    },
    login::session,
    oauth::{BASE, end_session::EndSession, forms, params::Params},
};

pub fn endpoint() -> Endpoint {
    let shown =
        operation("logout_api_v1_oauth_logout_get", OAUTH, "Logout").query::<forms::Logout>();
    let sent = operation("logout_api_v1_oauth_logout_post", OAUTH, "Logout")
        .form_if_any::<forms::Logout>();
    at("/logout")
        .get(end_session, answered(shown))
        .post(end_session, answered(sent))
}

fn answered(operation: Operation) -> Operation {
    operation
        .about(
            "Signs the user out after they confirm (OIDC RP-Initiated Logout 1.0) and notifies the session's clients \
             (OIDC Back-Channel Logout 1.0).",
        )
        .page(200, "A page that repeats the request from this server, so that the browser sends its session cookie.")
        .empty(
            303,
            "Redirects to the confirmation page, or to `post_logout_redirect_uri` if nobody is signed in or the client does \
             without confirmation (`logout_confirmation`).",
        )
        .location()
        .page(400, "An error page. The user stays signed in.")
        .page(413, "The request is too large.")
}

async fn end_session(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let is_post = request.method() == Method::POST;
    let params = match is_post {
        true => body.0.and_then(|body| Params::from_urlencoded(&body)),
        false => Params::from_urlencoded(request.query_string().as_bytes()),
    };
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let is_signed_in = person.is_some();
    let session = person.map(|person| person.session.id);
    let params = match params {
        Ok(params) => params,
        Err(error) => return html::logout_refused(&app, &request, &error, is_signed_in),
    };
    reader::asks_for(&request, params.optional("ui_locales"));
    if is_post && !is_same_origin(&app, &request) {
        let title = reader::language(&request).sign_out();
        let fields = params.pairs().to_vec();
        return own_get::repeat(&app, &request, &format!("{BASE}/logout"), fields, title);
    }
    let asked = match EndSession::read(&app, &params) {
        Ok(asked) => asked,
        Err(error) => return html::logout_refused(&app, &request, &error, is_signed_in),
    };
    let Some(session) = session else {
        return nobody(&app, &request, &asked);
    };
    if asked.needs_no_confirmation(session) {
        return sign_out(&app, &request, Some(session), Some(&asked)).await;
    }
    let browser = Browser::of(&app, &request);
    let interaction = Interaction::new(
        &app,
        app.new_id(),
        Destination::Logout(params.pairs().to_vec()),
    );
    let sealed = browser.seal(&app, &interaction);
    let cookies = browser.cookie(&app).into_iter().collect();
    html::lead_to(&app, &request, "/logout", &sealed, cookies)
}

/// Revokes the session, and redirects to the URI that the client sent.
pub(super) async fn sign_out(
    app: &SharedApp,
    request: &HttpRequest,
    session: Option<Id>,
    asked: Option<&EndSession>,
) -> HttpResponse {
    if let Some(id) = session {
        let ended = session::end(app, id, respond::address(request)).await;
        if let Err(error) = ended {
            return html::error(app, request, &error.into(), None);
        }
    }
    let to = asked.and_then(EndSession::answer);
    let to = to.unwrap_or_else(|| format!("/logout/done{}", reader::language_query(request)));
    html::send_to(app, request, to, cookies::removals(app))
}

/// Response to a browser without a session. There is nothing to confirm, but the page must not say "signed out" while
/// the session of the hint is active.
pub(super) fn nobody(app: &App, request: &HttpRequest, asked: &EndSession) -> HttpResponse {
    match asked.is_session_active(app) {
        Ok(false) => {
            let done = || format!("/logout/done{}", reader::language_query(request));
            let to = asked.silent_answer().unwrap_or_else(done);
            html::send_to(app, request, to, Vec::new())
        }
        Ok(true) => html::signed_in_elsewhere(app, request),
        Err(error) => html::error(app, request, &error.into(), None),
    }
}
