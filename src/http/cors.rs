//! Responses that pages of other origins can read (Fetch standard, §3.2 «CORS protocol»). Never with credentials: other
//! sites cannot use cookies of this server.

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};

use crate::{
    app::App,
    domain::name::ClientId,
    http::{recording, respond},
    oauth::{client_auth, params::Params},
};

/// Response headers that a page can read: the reason of an error, and the next DPoP nonce (RFC 9449 §8).
const EXPOSED: HeaderValue =
    HeaderValue::from_static("WWW-Authenticate, DPoP-Nonce, Retry-After, refreshed-token");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
/// Request headers allowed if a preflight names none.
const HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, DPoP, refreshed-token");
/// Maximum length of an allowed list of request headers, in bytes: it is repeated in the response.
const LONGEST_HEADERS: usize = 1024;
/// Seconds for which a browser can cache a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Claimed client of a request.
struct OfClient(String);

/// Stores the client, so that its origins decide who can read the response.
pub fn note_client(request: &HttpRequest, client_id: &str) {
    if request.headers().contains_key(header::ORIGIN) {
        request
            .extensions_mut()
            .insert(OfClient(client_id.to_owned()));
    }
}

/// [`note_client`], by what is sent to authenticate it.
pub fn note_credentials(request: &HttpRequest, authorization: Option<&str>, params: &Params) {
    if request.headers().contains_key(header::ORIGIN)
        && let Some(client_id) = client_auth::named(authorization, params)
    {
        note_client(request, &client_id);
    }
}

/// For all origins: public data.
pub async fn everybody<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    answered(request, next, |_, _| Some(HeaderValue::from_static("*"))).await
}

/// For the origins of clients: of the current client if known, otherwise of any.
pub async fn clients<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let may_read = |request: &HttpRequest, origin: &str| {
        let app = request.app_data::<web::Data<App>>()?;
        let of = request.extensions();
        let of = of.get::<OfClient>().map(|of| of.0.as_str());
        // A client with a metadata document can have pages on any origin, and an unknown client can be one of those.
        let described = match of {
            Some(client_id) => ClientId::is_url(client_id),
            None => *request.method() == Method::OPTIONS,
        };
        let allowed = (described && app.live().client_metadata_documents)
            || app.directory.snapshot().allows_origin(of, origin);
        allowed.then(|| HeaderValue::from_str(origin).ok())?
    };
    answered(request, next, |request, origin| {
        let allowed = may_read(request, origin);
        if allowed.is_none() {
            let of = request.extensions();
            let of = of.get::<OfClient>().map(|of| of.0.as_str());
            recording::origin_refused(request, of, origin);
        }
        allowed
    })
    .await
}

async fn answered<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    allow: impl Fn(&HttpRequest, &str) -> Option<HeaderValue>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let origin = respond::header_text(request.request(), "origin");
    let is_preflight = *request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let headers = is_preflight.then(|| allowed_headers(request.headers()));
    let mut response = if is_preflight && origin.is_some() {
        let answer = HttpResponse::NoContent().finish();
        request.into_response(answer).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    // A sandboxed page or a file has the origin `null`, which belongs to no client.
    let allowed = origin
        .filter(|origin| origin != "null")
        .and_then(|origin| allow(response.request(), &origin));
    write(response.headers_mut(), allowed, headers);
    Ok(response)
}

/// Every request header that the page wants to send (the Fetch standard, §3.2.3): tracing, caching and protocol
/// versions have headers of their own. What is allowed is the origin; no header gives a page more power.
fn allowed_headers(request: &HeaderMap) -> HeaderValue {
    request
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .filter(|asked| (1..=LONGEST_HEADERS).contains(&asked.len()))
        .cloned()
        .unwrap_or(HEADERS)
}

/// `allowed_headers` are those of a preflight response.
fn write(
    headers: &mut HeaderMap,
    allowed: Option<HeaderValue>,
    allowed_headers: Option<HeaderValue>,
) {
    headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
    if allowed_headers.is_some() {
        let asked = HeaderValue::from_name(header::ACCESS_CONTROL_REQUEST_HEADERS);
        headers.append(header::VARY, asked);
    }
    let Some(allowed) = allowed else { return };
    let mut put = |name: HeaderName, value: HeaderValue| headers.insert(name, value);
    put(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if let Some(allowed_headers) = allowed_headers {
        put(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        put(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers);
        put(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else {
        put(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
