//! Reads the three ways in which a caller presents an access token.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
};
use url::form_urlencoded;

use crate::{
    app::{App, SharedApp},
    http::{cookies, cors, dpop as dpop_header, recording, respond},
    login::page_token,
    oauth::{
        bearer::{self, Caller, Presentation, Presented, Refused, Scheme},
        dpop::{self, Proof},
        error::{ErrorCode, OAuthError},
    },
    trace::Trace,
};

const REFRESHED_TOKEN: HeaderName = HeaderName::from_static("refreshed-token");

/// Caller of a request. A POST with only the cookie must come from the server's own pages.
pub async fn caller(app: &SharedApp, request: &HttpRequest) -> Result<Caller, Refused> {
    let trace = recording::trace(request);
    spent(app, &trace, caller_with_proof(app, &trace, request)?).await
}

/// Caller of a request with the token in a form (RFC 6750 §2.2): equivalent to the header, but not together with it
/// (§2).
pub async fn caller_of_form(
    app: &SharedApp,
    request: &HttpRequest,
    token: &str,
) -> Result<Caller, Refused> {
    let trace = recording::trace(request);
    let mut presented = presented(request);
    if presented.authorization.is_some() || presented.refreshed.is_some() {
        let error =
            OAuthError::invalid_request("Send the access token in one way only (RFC 6750 §2).");
        let error = trace.fail("access token", error);
        return Err(Refused::Error(Scheme::Bearer, error));
    }
    presented.authorization = Some(format!("Bearer {token}"));
    spent(app, &trace, authenticate(app, &trace, request, &presented)?).await
}

async fn spent(
    app: &SharedApp,
    trace: &Trace,
    (caller, proof): (Caller, Option<Proof>),
) -> Result<Caller, Refused> {
    if let Some(proof) = proof {
        let spent = dpop::spend(app, proof).await;
        let spent = trace.check("DPoP proof used once", spent);
        spent.map_err(|error| Refused::Error(caller.scheme, error))?;
    }
    Ok(caller)
}

/// The caller of a request that writes, and the DPoP proof to be spent in the same transaction.
pub fn caller_with_proof(
    app: &App,
    trace: &Trace,
    request: &HttpRequest,
) -> Result<(Caller, Option<Proof>), Refused> {
    authenticate(app, trace, request, &presented(request))
}

fn presented(request: &HttpRequest) -> Presented {
    Presented {
        refreshed: respond::header_text(request, REFRESHED_TOKEN.as_str())
            .filter(|token| !token.is_empty()),
        authorization: respond::authorization(request),
        cookie: cookies::token(request),
        dpop: dpop_header::presented(request),
    }
}

fn authenticate(
    app: &App,
    trace: &Trace,
    request: &HttpRequest,
    presented: &Presented,
) -> Result<(Caller, Option<Proof>), Refused> {
    let (caller, proof) = bearer::authenticate(app, trace, presented)?;
    // A token in the query is not accepted (OAuth 2.1 §5.2.1), and is an error together with another one (RFC 6750 §2).
    if has_token_in_query(request) {
        let error =
            OAuthError::invalid_request("Send the access token in one way only (RFC 6750 §2).");
        let error = trace.fail("access token", error);
        return Err(Refused::Error(caller.scheme, error));
    }
    cors::note_client(request, caller.claims.client_id.as_str());
    if caller.presentation == Presentation::Cookie
        && request.method() == Method::POST
        && !is_same_origin(app, request)
    {
        let error = OAuthError::new(
            ErrorCode::AccessDenied,
            "A POST with the token cookie must come from a page of this server.",
        );
        let error = trace.fail("origin", error);
        return Err(Refused::Error(caller.scheme, error));
    }
    Ok((caller, proof))
}

fn has_token_in_query(request: &HttpRequest) -> bool {
    form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, _)| name == "access_token")
}

/// `Sec-Fetch-Site` first, then `Origin`; a browser always sends one of them with a POST.
pub fn is_same_origin(app: &App, request: &HttpRequest) -> bool {
    match respond::header_text(request, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => respond::header_text(request, "origin")
            .is_some_and(|origin| origin == app.config.issuer),
    }
}

/// Whether a browser reports that a page of another origin sent the request. Other programs do not send these headers.
pub fn is_cross_origin(app: &App, request: &HttpRequest) -> bool {
    let says = |name| respond::header_text(request, name).is_some();
    (says("sec-fetch-site") || says("origin")) && !is_same_origin(app, request)
}

/// Sliding renewal: the response to a caller with only the cookie sets a new one after half its lifetime, and repeats
/// the token in the `refreshed-token` header for clients that keep a copy.
pub async fn renewed(app: &SharedApp, caller: &Caller, mut answer: HttpResponse) -> HttpResponse {
    if caller.presentation != Presentation::Cookie {
        return answer;
    }
    let token = match page_token::renew(app, &caller.claims).await {
        Ok(Some(token)) => token,
        Ok(None) => return answer,
        // The response itself is fine; the next request tries again.
        Err(error) => {
            tracing::warn!(%error, "token cookie not renewed");
            return answer;
        }
    };
    if let Ok(value) = HeaderValue::from_str(token.expose()) {
        answer.headers_mut().insert(REFRESHED_TOKEN, value);
    }
    if let Err(error) = answer.add_cookie(&cookies::set_token(app, &token)) {
        tracing::error!(%error, "could not set token cookie");
    }
    answer
}
