//! `/`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{html, interaction, views::Home};
use crate::{app::App, oauth::BASE};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let at = |path: &str| format!("{}{BASE}{path}", app.config.issuer);
    let view = Home {
        page: html::page(&app, &request),
        version: env!("CARGO_PKG_VERSION"),
        has_admin: app.directory.snapshot().has_admin,
        is_admin: person.as_ref().is_some_and(|person| person.user.admin),
        user: person.map(|person| person.user.display_name()),
        endpoints: vec![
            ("Authorization", at("/authorize")),
            ("Token", at("/token")),
            ("UserInfo", at("/userinfo")),
        ],
    };
    html::html(200, &view, Vec::new())
}
