//! `/openapi.json`: the contract's document, with the server's own scopes and grants filled in, and the admin API.

mod admin;
mod notes;
mod shape;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use crate::{
    app::App,
    config::Metrics,
    http::documents::Documents,
    oauth::{BASE, grants, register},
};

pub async fn get(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    documents
        .openapi
        .answer(&app, &request, "application/json", document)
}

fn document(app: &App) -> serde_json::Result<Value> {
    let mut document: Value = serde_json::from_str(include_str!("../../assets/openapi.json"))?;
    let snapshot = app.directory.snapshot();
    let scopes: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    document["components"]["schemas"]["Scope"]["enum"] = json!(scopes);
    document["components"]["schemas"]["GrantType"]["enum"] = json!(grants::names());
    // What is switched off is not there.
    if !register::is_on(app)
        && let Some(paths) = document["paths"].as_object_mut()
    {
        paths.retain(|path, _| !path.starts_with(&format!("{BASE}/register")));
    }
    if app.live().metrics == Metrics::Off
        && let Some(paths) = document["paths"].as_object_mut()
    {
        paths.shift_remove("/metrics");
    }
    admin::describe(app, &mut document);
    Ok(document)
}
