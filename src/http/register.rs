//! `POST /api/v1/oauth/register` (RFC 7591), `GET`, `PUT` and `DELETE` below it (RFC 7592).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        body::Body,
        respond::{self, Dialect},
    },
    oauth::{
        bearer::{self, Scheme},
        error::{ErrorCode, OAuthError},
        register::{self, Refused, Registered, manage},
    },
};

pub async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
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

pub async fn get(
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

pub async fn put(
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

pub async fn delete(
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
    let document = answer.and_then(|registered| Ok(registered.document(app)?));
    match document {
        Ok(document) => respond::no_store(status).json(document),
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
