//! The documents under `/.well-known/`, open to every origin.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{METADATA, operation},
};
use crate::{
    app::{App, SharedApp},
    http::{
        documents::{Documents, open_to_all},
        respond::{self, Dialect, NotFound},
    },
    oauth::{
        forms, issue,
        metadata::{self, Metadata},
        params::Params,
        resource_metadata::{self, ResourceMetadata},
    },
};

const DOCUMENT: &str = "The document. It may be cached and read from any origin.";

pub fn openid() -> Endpoint {
    let operation = operation(
        "openid_configuration_get",
        METADATA,
        "OpenID Provider Metadata",
    )
    .about("OpenID Connect Discovery §4.")
    .json::<Metadata>(200, DOCUMENT)
    .cached();
    at("/.well-known/openid-configuration").get(metadata, operation)
}

pub fn oauth() -> Endpoint {
    let operation = operation(
        "oauth_authorization_server_get",
        METADATA,
        "Authorization Server Metadata",
    )
    .about("RFC 8414 §3. The same document as `/.well-known/openid-configuration`.")
    .json::<Metadata>(200, DOCUMENT)
    .cached();
    at("/.well-known/oauth-authorization-server").get(metadata, operation)
}

const NO_RESOURCE: &str = "No such resource is registered, or several have this path.";

pub fn resources() -> Endpoint {
    let operation = operation(
        "protected_resource_metadata__well_known_oauth_protected_resource_get",
        METADATA,
        "Protected Resource Metadata",
    )
    .about(
        "Metadata of this server as a resource, or of the API named in the query, for that API to serve (RFC 9728).",
    )
    .query::<forms::NamedResource>()
    .json::<ResourceMetadata>(200, "The metadata.")
    .refuses(400, "A parameter was sent more than once.")
    .json::<NotFound>(404, NO_RESOURCE);
    at("/.well-known/oauth-protected-resource").get(resource, operation)
}

/// RFC 9728 §3.1
pub fn resource_paths() -> Endpoint {
    let operation = operation(
        "protected_resource_metadata_at__well_known_oauth_protected_resource__path__get",
        METADATA,
        "Protected Resource Metadata by Path",
    )
    .path_parameter(
        "path",
        "The path of the resource's URI, without the slash at its beginning.",
    )
    .about("Same, for the API with this path, if exactly one has it (RFC 9728 §3.1).")
    .json::<ResourceMetadata>(200, "The metadata.")
    .json::<NotFound>(404, NO_RESOURCE);
    at("/.well-known/oauth-protected-resource/{path:.+}").get(resource_at, operation)
}

pub fn keys() -> Endpoint {
    let operation = operation("jwks_get", METADATA, "Signing Keys")
        .about(
            "Public keys to verify tokens (RFC 7517). New keys are published before they sign; old keys stay until \
             the last token they signed has expired.",
        )
        .typed::<JwkSet>(200, "application/jwk-set+json", DOCUMENT)
        .cached();
    at("/.well-known/jwks.json").get(jwks, operation)
}

/// The public halves of the signing keys (RFC 7517 §5).
#[derive(Serialize, JsonSchema)]
struct JwkSet {
    #[schemars(with = "Vec<Jwk>")]
    keys: Vec<Value>,
}

/// A public key (RFC 7517 §4). Which of the last members it has follows from `kty` (RFC 7518 §6, RFC 8037 §2).
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "says what crypto::jwk writes")]
struct Jwk {
    /// The key type: `EC`, `OKP` or `RSA`.
    kty: String,
    /// The key's id, as in a token's header.
    kid: String,
    #[schemars(extend("const" = "sig"))]
    r#use: String,
    /// The algorithm it signs with.
    alg: String,
    /// The curve of an EC or OKP key.
    #[schemars(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

/// Waits for the keys that the first start generates, so that no client caches a document without them. If one is
/// missing, the documents list the others.
async fn ensure_keys(app: &SharedApp) {
    if let Err(error) = issue::ensure_all_keys(app, None).await {
        tracing::error!(%error, "could not create signing key");
    }
}

/// RFC 8414 §3 and OIDC Discovery §4: one document, two addresses.
async fn metadata(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    ensure_keys(&app).await;
    documents
        .metadata
        .answer(&app, &request, "application/json", |app| {
            serde_json::to_value(metadata::document(app))
        })
}

/// RFC 7517 §5
async fn jwks(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    ensure_keys(&app).await;
    documents
        .jwks
        .answer(&app, &request, "application/jwk-set+json", |app| {
            let keys = app.directory.snapshot().published_jwks(app.now());
            serde_json::to_value(JwkSet { keys })
        })
}

/// RFC 9728 §3: of this server, or of the resource that the query names.
async fn resource(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = match Params::from_urlencoded(request.query_string().as_bytes()) {
        Ok(params) => params,
        Err(error) => return respond::refusal(Dialect::Form, &error, false),
    };
    let uri = params.optional("resource").unwrap_or(&app.config.issuer);
    found(resource_metadata::of_uri(&app, uri)).await
}

/// RFC 9728 §3.1: of the resource that has this path.
async fn resource_at(app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    found(resource_metadata::of_path(&app, &format!("/{path}"))).await
}

async fn found(body: Option<ResourceMetadata>) -> HttpResponse {
    match body {
        Some(body) => open_to_all(StatusCode::OK).json(body),
        None => respond::not_found().await,
    }
}
