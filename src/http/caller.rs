//! Reads the three ways in which a caller presents an access token.

use actix_web::{HttpRequest, http::Method};

use crate::{
    app::App,
    http::respond,
    oauth::{
        bearer::{self, Caller, Presentation, Presented, Refused},
        error::{ErrorCode, OAuthError},
    },
};

/// The caller of a request. With the cookie alone a POST must come from the server's own pages.
pub fn caller(app: &App, request: &HttpRequest) -> Result<Caller, Refused> {
    let presented = Presented {
        refreshed: respond::header_text(request, "refreshed-token")
            .filter(|token| !token.is_empty()),
        authorization: respond::header_text(request, "authorization"),
        cookie: request
            .cookie("token")
            .map(|cookie| cookie.value().to_owned())
            .filter(|token| !token.is_empty()),
    };
    let caller = bearer::authenticate(app, &presented)?;
    if caller.presentation == Presentation::Cookie
        && request.method() == Method::POST
        && !is_same_origin(app, request)
    {
        let error = OAuthError::new(
            ErrorCode::AccessDenied,
            "a POST with the token cookie must come from a page of this server",
        );
        return Err(Refused::Error(error));
    }
    Ok(caller)
}

/// `Sec-Fetch-Site` first, then `Origin`; a browser always sends one of them with a POST.
pub fn is_same_origin(app: &App, request: &HttpRequest) -> bool {
    match respond::header_text(request, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => respond::header_text(request, "origin")
            .is_some_and(|origin| origin == app.config.issuer),
    }
}
