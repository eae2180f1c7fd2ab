//! `POST /api/v1/oauth/register` (RFC 7591), `GET`, `PUT` and `DELETE` below it (RFC 7592).

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{OAUTH, TOO_LARGE, operation},
};
use crate::{
    app::App,
    domain::client_registration::ClientRegistration,
    http::{
        body::Body,
        respond::{self, Dialect, NotFound},
    },
    oauth::{
        bearer::{self, Scheme},
        error::{ErrorCode, OAuthError},
        register::{self, ClientInformation, Refused, Registered, manage},
    },
};

/// Registration endpoint.
pub fn endpoint() -> Endpoint {
    let operation = operation("register_api_v1_oauth_register_post", OAUTH, "Client Registration")
        .about(
            "Registers a client (RFC 7591). Off by default; can require an initial access token or be open to anyone.",
        )
        .by_token_if_any()
        .json_body::<ClientRegistration>()
        .json::<ClientInformation>(201, "The client is registered.")
        .refuses(400, INVALID)
        .refuses_tokens("The initial access token is missing or wrong (`invalid_token`).")
        .json::<NotFound>(404, "Registration is off.")
        .refuses(413, TOO_LARGE)
        .limits(BY_NETWORK)
        .may_be_busy();
    at("/register").post(post, operation)
}

/// Management of a registration.
pub fn own() -> Endpoint {
    const TOKEN: &str =
        "The registration access token is missing, wrong, or of another client (`invalid_token`).";
    const MANAGED: &str = "The client is managed by an administrator (`access_denied`).";
    let read = operation(
        "read_registration_api_v1_oauth_register__client_id__get",
        OAUTH,
        "Read Registration",
    )
    .about("Returns the client's registration (RFC 7592 §2.1).")
    .by_token()
    .json::<ClientInformation>(200, "The registration.")
    .refuses_tokens(TOKEN)
    .refuses(403, MANAGED)
    .json::<NotFound>(404, "Registration is off.")
    .refuses(400, "The `Authorization` header is malformed.")
    .may_be_busy();
    let change = operation(
        "change_registration_api_v1_oauth_register__client_id__put",
        OAUTH,
        "Change Registration",
    )
    .about("Replaces the client's registration (RFC 7592 §2.2).")
    .by_token()
    .json_body::<ClientUpdate>()
    .json::<ClientInformation>(200, "The updated registration.")
    .refuses(400, INVALID)
    .refuses_tokens(TOKEN)
    .refuses(403, MANAGED)
    .json::<NotFound>(404, "Registration is off.")
    .refuses(413, TOO_LARGE)
    .limits(BY_NETWORK)
    .may_be_busy();
    let remove = operation(
        "delete_registration_api_v1_oauth_register__client_id__delete",
        OAUTH,
        "Delete Registration",
    )
    .about("Deletes the client and revokes its grants and tokens (RFC 7592 §2.3).")
    .by_token()
    .empty(204, "Deleted.")
    .refuses_tokens(TOKEN)
    .refuses(403, MANAGED)
    .json::<NotFound>(404, "Registration is off.")
    .refuses(400, "The `Authorization` header is malformed.")
    .may_be_busy();
    at("/register/{client_id}")
        .get(get, read)
        .put(put, change)
        .delete(delete, remove)
}

const BY_NETWORK: &str = "Too many requests from one network.";

const INVALID: &str = "The metadata is invalid (`invalid_redirect_uri`, `invalid_client_metadata`); \
    `error_description` says why.";

/// The new registration; members left out are reset to their defaults (RFC 7592 §2.2).
#[derive(JsonSchema)]
#[expect(dead_code, reason = "says what oauth::register::manage reads")]
struct ClientUpdate {
    /// The client's own.
    client_id: String,
    /// The client's own, or absent.
    client_secret: Option<String>,
    #[schemars(flatten)]
    metadata: ClientRegistration,
}

async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
    if !register::is_on(&app) {
        return respond::not_found().await;
    }
    let (authorization, address) = (authorization(&request), respond::address(&request));
    let body = json(&request).and(body);
    let answer = register::register(&app, authorization.as_deref(), body, address);
    let answer = answer.await;
    if let Err(Refused::Error(error)) = &answer {
        app.counters.refused("register", error.code.as_str());
    }
    respond(&app, 201, answer)
}

async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    client_id: web::Path<String>,
) -> HttpResponse {
    if !register::is_on(&app) {
        return respond::not_found().await;
    }
    let authorization = authorization(&request);
    let answer = manage::read(&app, &client_id, authorization.as_deref());
    respond(&app, 200, answer.await)
}

async fn put(
    app: web::Data<App>,
    request: HttpRequest,
    client_id: web::Path<String>,
    Body(body): Body,
) -> HttpResponse {
    if !register::is_on(&app) {
        return respond::not_found().await;
    }
    let (authorization, address) = (authorization(&request), respond::address(&request));
    let authorization = authorization.as_deref();
    let body = json(&request).and(body);
    let answer = manage::update(&app, &client_id, authorization, body, address);
    respond(&app, 200, answer.await)
}

async fn delete(
    app: web::Data<App>,
    request: HttpRequest,
    client_id: web::Path<String>,
) -> HttpResponse {
    if !register::is_on(&app) {
        return respond::not_found().await;
    }
    let (authorization, address) = (authorization(&request), respond::address(&request));
    let deleted = manage::delete(&app, &client_id, authorization.as_deref(), address);
    match deleted.await {
        Ok(()) => respond::no_store(204).finish(),
        Err(refused) => refusal(refused),
    }
}

fn authorization(request: &HttpRequest) -> Option<String> {
    respond::authorization(request)
}

/// RFC 7591 §3.1
fn json(request: &HttpRequest) -> Result<(), OAuthError> {
    let content_type = respond::header_text(request, "content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidClientMetadata,
        "Content-Type must be application/json (RFC 7591 §3.1).",
    ))
}

fn respond(app: &App, status: u16, answer: Result<Registered, Refused>) -> HttpResponse {
    match answer {
        Ok(registered) => respond::no_store(status).json(registered.document(app)),
        Err(refused) => refusal(refused),
    }
}

/// RFC 6750 §3 for a token that is missing or wrong, RFC 7591 §3.2.2 for all else.
fn refusal(refused: Refused) -> HttpResponse {
    match refused {
        Refused::NoCredentials => respond::unauthenticated(&bearer::Refused::NoCredentials),
        Refused::Error(error) if error.code == ErrorCode::InvalidToken => {
            respond::unauthenticated(&bearer::Refused::Error(Scheme::Bearer, error))
        }
        Refused::Error(error) => respond::refusal(Dialect::Form, &error, false),
    }
}
