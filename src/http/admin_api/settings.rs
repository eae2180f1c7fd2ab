//! `/settings`: what the server was told, and by whom; some of it can be changed here.

use actix_web::{HttpRequest, web};
use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer},
    change::change,
    guard::Admin,
};
use crate::{
    admin::settings::{self, SettingsView},
    app::App,
    http::look::Look,
};

pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    answer::object(&view(&app))
}

/// RFC 7396: what is given is changed, `null` gives the default back.
pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
    admin: Admin,
) -> Answer {
    // Who may register clients, and how long sign-ins last, is decided here.
    admin.require_fresh()?;
    answer::check_unchanged(&request, &view(&app))?;
    let changes: Map<String, Value> = answer::read(&body)?;
    let told = app.directory.told();
    change(&app, move |tx| {
        settings::update(tx, &admin.by, &told, &changes)
    })
    .await?;
    answer::object(&view(&app))
}

/// What would be made of a colour, in light and in dark.
pub async fn accent(color: web::Path<String>, _admin: Admin) -> Answer {
    let [light, dark] = settings::accent(&color)?;
    answer::json(&json!({ "light": light, "dark": dark }))
}

fn view(app: &App) -> SettingsView {
    let snapshot = app.directory.snapshot();
    let logo = Look::of(&snapshot.settings.live).logo;
    settings::view(
        &app.config,
        &snapshot.settings,
        logo.map(|logo| logo.address),
    )
}
