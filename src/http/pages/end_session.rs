//! `GET` and `POST /api/v1/oauth/logout` (OIDC RP-Initiated Logout §2): reads what a client asks and leads
//! to the page on which the person decides.

use actix_web::{HttpRequest, HttpResponse, http::Method, web};

use super::{
    flow::{self, Browser, Destination, Flow},
    html, reader,
};
use crate::{
    app::App,
    http::body::Body,
    oauth::{end_session::EndSession, params::Params},
};

pub async fn end_session(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let params = if request.method() == Method::POST {
        body.0.and_then(|body| Params::from_urlencoded(&body))
    } else {
        Params::from_urlencoded(request.query_string().as_bytes())
    };
    let read = params.and_then(|params| Ok((EndSession::read(&app, &params)?, params)));
    if let Ok((_, params)) = &read {
        reader::asks_for(&request, params.optional("ui_locales"));
    }
    let (asked, params) = match read {
        Ok(read) => read,
        Err(error) => return html::logout_refused(&app, &request, &error),
    };
    let person = match flow::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    // Nobody is signed in, so there is nothing to ask.
    if person.is_none() {
        let to = asked.answer().unwrap_or_else(|| "/logout/done".to_owned());
        return html::see_other(&to, Vec::new());
    }
    let browser = Browser::of(&app, &request);
    let flow = Flow::new(
        &app,
        app.new_id(),
        Destination::Logout(params.pairs().to_vec()),
    );
    html::see_other(
        &format!("/logout?flow={}", browser.seal(&app, &flow)),
        browser.cookie(&app).into_iter().collect(),
    )
}
