//! Documents that are requested often and rarely change: rendered once, and again only when they may have changed, that
//! is, when the directory was read again or in another second.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web::Bytes,
};
use arc_swap::ArcSwapOption;
use serde_json::{Value, json};

use crate::{
    app::App, crypto::hash, directory::Snapshot, domain::time::UnixSeconds, http::respond,
};

/// Time that a client can cache a document, in seconds. Keys are published longer than this before they sign.
const MAX_AGE: &str = "public, max-age=300";

/// Rendered document, shared by all workers.
#[derive(Default)]
pub struct Documents {
    pub metadata: Document,
    pub jwks: Document,
    pub openapi: Document,
}

#[derive(Default)]
pub struct Document(ArcSwapOption<Written>);

struct Written {
    snapshot: Arc<Snapshot>,
    at: UnixSeconds,
    body: Bytes,
    etag: String,
}

impl Document {
    /// The document as it is now, or 304 for who has it already (RFC 9110 §13.1.2).
    pub fn answer(
        &self,
        app: &App,
        request: &HttpRequest,
        content_type: &'static str,
        write: impl FnOnce(&App) -> serde_json::Result<Value>,
    ) -> HttpResponse {
        let written = match self.current(app, write) {
            Ok(written) => written,
            Err(error) => {
                tracing::error!(%error, "embedded document missing");
                return HttpResponse::InternalServerError()
                    .json(json!({ "detail": "Internal Server Error" }));
            }
        };
        if has_it(request, &written.etag) {
            return open_to_all(StatusCode::NOT_MODIFIED)
                .insert_header((header::ETAG, &*written.etag))
                .finish();
        }
        open_to_all(StatusCode::OK)
            .insert_header((header::ETAG, &*written.etag))
            .content_type(content_type)
            .body(written.body.clone())
    }

    fn current(
        &self,
        app: &App,
        write: impl FnOnce(&App) -> serde_json::Result<Value>,
    ) -> serde_json::Result<Arc<Written>> {
        let (snapshot, now) = (app.directory.snapshot(), app.now());
        if let Some(written) = &*self.0.load()
            && written.at == now
            && Arc::ptr_eq(&written.snapshot, &snapshot)
        {
            return Ok(written.clone());
        }
        let body = write(app)?.to_string();
        let etag = format!(
            "\"{}\"",
            hash::base64url(&hash::sha256(body.as_bytes())[..12])
        );
        let written = Arc::new(Written {
            snapshot: snapshot.clone(),
            at: now,
            body: body.into(),
            etag,
        });
        self.0.store(Some(written.clone()));
        Ok(written)
    }
}

/// Response that can be cached for a while and read by pages of any origin.
pub fn open_to_all(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, MAX_AGE))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    response
}

pub fn has_it(request: &HttpRequest, etag: &str) -> bool {
    respond::header_text(request, "if-none-match").is_some_and(|known| {
        known
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*")
    })
}
