//! `/logout` and `/logout/done`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    flow::{self, Browser},
    html,
    views::{Logout, LogoutDone},
};
use crate::{
    app::App,
    http::{body::Body, cookies, respond},
    login::session,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let person = match flow::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &error.into(), None),
    };
    let view = Logout {
        page: html::page(&app),
        csrf: browser.csrf(&app),
        username: person.map(|person| person.user.username),
        client_name: None,
        flow: String::new(),
    };
    html::html(200, &view, browser.cookie(&app).into_iter().collect())
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    if !browser.csrf_matches(&app, params.optional("csrf").unwrap_or_default()) {
        return html::no_cookie(&app, &browser);
    }
    if params.optional("decision") != Some("logout") {
        return html::see_other("/", Vec::new());
    }
    let ended = match flow::signed_in(&app, &request).await {
        Ok(Some(person)) => {
            session::end(
                &app,
                person.session.id,
                respond::address(&request).as_deref(),
            )
            .await
        }
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => html::see_other("/logout/done", cookies::removals(&app)),
        Err(error) => html::error(&app, &error.into(), None),
    }
}

pub async fn done(app: web::Data<App>) -> HttpResponse {
    html::html(
        200,
        &LogoutDone {
            page: html::page(&app),
        },
        Vec::new(),
    )
}
