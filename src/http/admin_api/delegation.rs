//! `/delegation`: who may act for whom, and what the policy answers for one person.

use actix_web::web;
use serde_json::json;

use super::{
    answer::{self, Answer},
    change::listed,
    guard::Admin,
};
use crate::{admin::delegation, app::App};

pub async fn policy(app: web::Data<App>, _admin: Admin) -> Answer {
    answer::json(&json!({ "clients": delegation::rules(&app) }))
}

/// Of the user of this username or `sub`.
pub async fn simulate(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let user = path.into_inner();
    let asking = app.clone();
    let found = listed(&app, move |tx| {
        delegation::simulate(&asking, tx, user.trim())
    });
    answer::json(&found.await?)
}
