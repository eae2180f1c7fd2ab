//! `/delegation`: the delegation policy, and its decisions for one user.

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::{self, Answer},
    change::listed,
    guard::Admin,
};
use crate::{admin::delegation, app::App};

/// The clients with delegation rights.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Policy {
    clients: Vec<delegation::Rule>,
}

pub async fn policy(app: web::Data<App>, _admin: Admin) -> Answer {
    let clients = delegation::rules(&app);
    answer::json(&Policy { clients })
}

/// Decisions for the user with this username or `sub`.
pub async fn simulate(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let user = path.into_inner();
    let asking = app.clone();
    let found = listed(&app, move |tx| {
        delegation::simulate(&asking, tx, user.trim())
    });
    answer::json(&found.await?)
}
