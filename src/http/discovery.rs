//! The documents under `/.well-known/`, open to every origin.

use actix_web::{HttpResponse, http::header, web};
use serde_json::json;

use crate::{app::App, oauth::metadata};

/// How long a client may keep a document, in seconds. Keys are published longer before they sign.
const MAX_AGE: &str = "public, max-age=300";

/// RFC 8414 §3 and OIDC Discovery §4: one document, two addresses.
pub async fn metadata(app: web::Data<App>) -> HttpResponse {
    document("application/json", &metadata::document(&app))
}

/// RFC 7517 §5
pub async fn jwks(app: web::Data<App>) -> HttpResponse {
    let keys = app.directory.snapshot().published_jwks(app.now());
    document("application/jwk-set+json", &json!({ "keys": keys }))
}

fn document(content_type: &'static str, body: &serde_json::Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, MAX_AGE))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .content_type(content_type)
        .body(body.to_string())
}
