//! The documents under `/.well-known/`, open to every origin.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde_json::json;

use crate::{
    app::App,
    http::{
        documents::{Documents, open_to_all},
        respond::{self, Dialect},
    },
    oauth::{metadata, params::Params, resource_metadata},
};

/// RFC 8414 §3 and OIDC Discovery §4: one document, two addresses.
pub async fn metadata(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    documents
        .metadata
        .answer(&app, &request, "application/json", |app| {
            Ok(metadata::document(app))
        })
}

/// RFC 7517 §5
pub async fn jwks(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    documents
        .jwks
        .answer(&app, &request, "application/jwk-set+json", |app| {
            let keys = app.directory.snapshot().published_jwks(app.now());
            Ok(json!({ "keys": keys }))
        })
}

/// RFC 9728 §3: of this server, or of the resource that the query names.
pub async fn resource(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = match Params::from_urlencoded(request.query_string().as_bytes()) {
        Ok(params) => params,
        Err(error) => return respond::refusal(Dialect::Form, &error, false),
    };
    let uri = params.optional("resource").unwrap_or(&app.config.issuer);
    found(resource_metadata::of_uri(&app, uri)).await
}

/// RFC 9728 §3.1: of the resource that has this path.
pub async fn resource_at(app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    found(resource_metadata::of_path(&app, &format!("/{path}"))).await
}

async fn found(body: Option<serde_json::Value>) -> HttpResponse {
    match body {
        Some(body) => open_to_all(StatusCode::OK).json(body),
        None => respond::not_found().await,
    }
}
