//! `/settings`: what the server was told when it started, and which of flag, variable and file said it.

use actix_web::web;
use serde_json::{Value, json};

use super::{
    answer::{self, Answer},
    guard::Admin,
};
use crate::{
    app::App,
    config::settings::{SETTINGS, Settings},
};

/// Every setting, in the order of the README. A secret is said to be set, and not shown.
pub async fn get(app: web::Data<App>, _admin: Admin) -> Answer {
    let told = app.told.get();
    let settings = Settings {
        config: app.config.clone(),
        start: told.map(|told| told.start.clone()).unwrap_or_default(),
    };
    let items = SETTINGS.iter().map(|setting| {
        json!({
            "key": setting.key,
            "help": setting.help,
            "value": setting.show(&settings),
            "origin": told.and_then(|told| told.origins.get(setting.key)),
            "flag": format!("--{}", setting.flag()),
            "variable": setting.variable(),
            "secret": setting.is_secret(),
        })
    });
    answer::json(&json!({
        "items": items.collect::<Vec<Value>>(),
        "version": env!("CARGO_PKG_VERSION"),
        "dev": app.config.is_dev(),
    }))
}
