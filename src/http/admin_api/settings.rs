//! `/settings`: settings with their sources; some can be changed here.

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    answer::{self, Answer, Seen},
    change::change,
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::settings::{self, SettingsView},
    app::App,
    branding::Shades,
    config::settings::Settings,
    http::branding::Branding,
};

pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    answer::object(&view(&app))
}

/// RFC 7396: what is given is changed, `null` gives the default back.
pub async fn patch(app: web::Data<App>, request: HttpRequest, body: Body, admin: Admin) -> Answer {
    // These settings decide who can register clients, and how long sign-ins last.
    admin.require_fresh()?;
    let seen = Seen::of(&request)?;
    let changes: Map<String, Value> = answer::read(&body)?;
    let (told, held) = (app.directory.told(), app.clone());
    change(&app, move |tx| -> Result<_, Problem> {
        let kept = settings::on_page(tx)?;
        // An invalid value is not applied; the previous value is shown.
        match told.with_page(&kept) {
            Ok(settings) => seen.is(&shown(&held, &settings))?,
            Err(_) => seen.is(&view(&held))?,
        }
        Ok(settings::update(tx, &admin.by, &told, &changes)?)
    })
    .await?;
    answer::object(&view(&app))
}

/// An accent color in both schemes.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Accent {
    light: Shades,
    dark: Shades,
}

/// Shades derived from a color, in light and in dark.
pub async fn accent(color: web::Path<String>, _admin: Admin) -> Answer {
    let [light, dark] = settings::accent(&color)?;
    answer::json(&Accent { light, dark })
}

fn view(app: &App) -> SettingsView {
    shown(app, &app.directory.snapshot().settings)
}

fn shown(app: &App, said: &Settings) -> SettingsView {
    let logo = Branding::of(&said.live).logo;
    settings::view(&app.config, said, logo.map(|logo| logo.address))
}
