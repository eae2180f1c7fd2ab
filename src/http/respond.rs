//! Formats of responses and errors.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, StatusCode, header},
    web,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    app::App,
    clock::OncePerSecond,
    domain::{
        client_address::ClientAddress, client_registration::CLIENT_ALGORITHMS, secret::Secret,
    },
    http::{forwarded, validation::ValidationErrors},
    oauth::{
        bearer::{self, Scheme},
        error::{ErrorCode, OAuthError},
        issue::Issued,
    },
};

/// Dialect of a request and its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JSON of the contract: errors repeat their text in `detail`, responses have all six members.
    Json,
    /// RFC 6749's, and nothing more.
    Form,
}

impl Dialect {
    /// A member without a value is `null` in one dialect and left out in the other.
    fn shows<T>(self, value: Option<T>) -> Option<Option<T>> {
        match self {
            Dialect::Json => Some(value),
            Dialect::Form => value.map(Some),
        }
    }
}

/// Responses of these endpoints must not be cached (RFC 6749 §5.1).
pub fn no_store(status: u16) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"));
    response
}

/// Successful token response (RFC 6749 §5.1).
pub fn tokens<'a>(dialect: Dialect, issued: &'a Issued) -> HttpResponse {
    let shown = |token: &'a Option<Secret>| dialect.shows(token.as_ref().map(Secret::expose));
    let scope = Some(issued.scope.to_string()).filter(|scope| !scope.is_empty());
    no_store(200).json(Tokens {
        access_token: issued.access_token.expose(),
        token_type: if issued.is_bound { "DPoP" } else { "Bearer" },
        expires_in: issued.expires_in,
        refresh_token: shown(&issued.refresh_token),
        scope: dialect.shows(scope),
        id_token: shown(&issued.id_token),
        issued_token_type: issued.issued_token_type,
    })
}

/// Response to a token request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TokenResponse")]
pub struct Tokens<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<Option<&'a str>>,
    /// Token exchange: type of the issued token (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = "urn:ietf:params:oauth:token-type:access_token"))]
    issued_token_type: Option<&'static str>,
}

/// Error response (RFC 6749 §5.2, RFC 6750 §3).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OAuthError")]
pub struct Refusal<'a> {
    /// Error code of the standard.
    #[schemars(extend("examples" = ["invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
        "unsupported_grant_type", "invalid_scope", "invalid_token", "insufficient_scope", "access_denied",
        "temporarily_unavailable"]))]
    error: &'a str,
    /// Explanation for the client's developer.
    error_description: &'a str,
    /// Same as `error_description`. The form dialect leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// Response for an unknown path.
#[derive(Serialize, JsonSchema)]
pub struct NotFound {
    detail: &'static str,
}

/// Error as in RFC 6749 §5.2.
pub fn refusal(dialect: Dialect, error: &OAuthError, basic: bool) -> HttpResponse {
    log(error);
    let mut response = no_store(error.code.status());
    if error.code == ErrorCode::InvalidClient && basic {
        response.insert_header((
            header::WWW_AUTHENTICATE,
            r#"Basic realm="keyfob", charset="UTF-8""#,
        ));
    }
    finish(response, dialect, error)
}

/// Error for a caller with an access token (RFC 6750 §3, RFC 9449 §7.1).
pub fn caller_refusal(scheme: Scheme, error: &OAuthError) -> HttpResponse {
    log(error);
    let status = error.code.status_at_resource();
    let scheme = match error.code {
        // Whichever way the token came, it is the proof that is not right.
        ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => Scheme::Dpop,
        _ => scheme,
    };
    let mut response = no_store(status);
    if matches!(status, 400 | 401) || error.code == ErrorCode::InsufficientScope {
        let mut challenge = format!(
            r#"{} realm="keyfob", error="{}", error_description="{}""#,
            match scheme {
                Scheme::Bearer => "Bearer",
                Scheme::Dpop => "DPoP",
            },
            error.code,
            error.text()
        );
        if let Some(scope) = &error.scope {
            challenge.push_str(&format!(r#", scope="{scope}""#));
        }
        if scheme == Scheme::Dpop {
            challenge.push_str(&format!(", {}", algorithms()));
        }
        response.append_header((header::WWW_AUTHENTICATE, challenge));
    }
    // A caller who failed with one scheme gets a challenge for the other (RFC 9449 §7.2).
    if status == 401 && scheme == Scheme::Bearer {
        response.append_header((header::WWW_AUTHENTICATE, dpop_challenge()));
    }
    finish(response, Dialect::Json, error)
}

/// Challenge without further details (RFC 6750 §3).
pub const BEARER: &str = r#"Bearer realm="keyfob""#;

/// Challenge of the other scheme (RFC 9449 §7.1).
pub fn dpop_challenge() -> String {
    format!("DPoP {}", algorithms())
}

/// Error for a caller that is not authenticated.
pub fn unauthenticated(refused: &bearer::Refused) -> HttpResponse {
    match refused {
        // RFC 6750 §3.1: no error code when no credentials were sent.
        bearer::Refused::NoCredentials => no_store(401)
            .append_header((header::WWW_AUTHENTICATE, BEARER))
            .append_header((header::WWW_AUTHENTICATE, dpop_challenge()))
            .json(Refusal {
                error: "invalid_token",
                error_description: "An access token is required.",
                detail: Some("An access token is required."),
            }),
        bearer::Refused::Error(scheme, error) => caller_refusal(*scheme, error),
    }
}

/// Algorithms of proofs (RFC 9449 §7.1).
fn algorithms() -> String {
    format!(r#"algs="{}""#, CLIENT_ALGORITHMS.join(" "))
}

/// Response of the contract to a malformed body.
pub fn invalid(errors: &ValidationErrors) -> HttpResponse {
    no_store(422).json(errors)
}

pub async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(NotFound {
        detail: "Not Found",
    })
}

/// Supported methods: for OPTIONS (RFC 9110 §9.3.7), and with 405 for an unsupported one (§15.5.6). Not cached: no
/// response of the token endpoint is.
pub fn other_method(method: &Method, allow: &str) -> HttpResponse {
    if method == Method::OPTIONS {
        return no_store(204).insert_header((header::ALLOW, allow)).finish();
    }
    no_store(405)
        .insert_header((header::ALLOW, allow))
        .json(json!({ "detail": "Method Not Allowed" }))
}

/// Network address that a request came from, read once and in canonical form: that of the connection, or, with a
/// trusted proxy, the last one before the trusted proxies (addresses further to the left can be forged, RFC 7239 §8.1).
pub fn address(request: &HttpRequest) -> Option<ClientAddress> {
    let peer = ClientAddress::new(request.peer_addr()?.ip());
    let app = request.app_data::<web::Data<App>>();
    let trusted = app.map_or(&[][..], |app| &app.config.trusted_proxies);
    let is_trusted = |at: ClientAddress| trusted.iter().any(|network| network.contains(&at.ip()));
    if !is_trusted(peer) {
        if let Some(app) = app
            && forwarded::names_elsewhere(request.headers())
        {
            app.untrusted_proxy.note(app.now(), peer);
        }
        return Some(peer);
    }
    let mut at = peer;
    for node in forwarded::nodes(request.headers()) {
        // A node without an address came from whatever the proxy before it let through.
        let Some(node) = node else { break };
        at = node;
        if !is_trusted(node) {
            break;
        }
    }
    Some(at)
}

/// The `Authorization` header. It is sent once: several lines would be one list, which no scheme here accepts as
/// credentials (RFC 9110 §5.3, §11.6.2). Bytes that are not text make it unreadable, not absent.
pub fn authorization(request: &HttpRequest) -> Option<String> {
    let mut lines = request.headers().get_all(header::AUTHORIZATION);
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let first = text(lines.next()?);
    Some(lines.fold(first, |list, line| format!("{list}, {}", text(line))))
}

/// A header's value, if it is text.
pub fn header_text(request: &HttpRequest, name: &str) -> Option<String> {
    request
        .headers()
        .get(name)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

fn finish(mut response: HttpResponseBuilder, dialect: Dialect, error: &OAuthError) -> HttpResponse {
    if let Some(seconds) = error.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    let description = error.text();
    let refusal = Refusal {
        error: error.code.as_str(),
        error_description: &description,
        detail: (dialect == Dialect::Json).then_some(&description),
    };
    with_refusal(response.json(refusal), error)
}

/// Response with its error attached, for the trace.
pub fn with_refusal(mut answer: HttpResponse, error: &OAuthError) -> HttpResponse {
    answer.extensions_mut().insert(error.clone());
    answer
}

/// Error attached to a response.
pub fn refusal_of<B>(answer: &HttpResponse<B>) -> Option<OAuthError> {
    answer.extensions().get::<OAuthError>().cloned()
}

/// `detail` is logged here, once, and never sent. A database that takes no writes fails every request for as
/// long: one of them a second is logged.
fn log(error: &OAuthError) {
    static UNAVAILABLE: OncePerSecond = OncePerSecond::new();
    let Some(detail) = &error.detail else { return };
    let code = error.code.as_str();
    let is_storm = matches!(
        error.code,
        ErrorCode::TemporarilyUnavailable | ErrorCode::CannotStore
    );
    if !is_storm {
        tracing::error!(code, detail, "request failed");
    } else if let Some(unlogged) = UNAVAILABLE.admit() {
        tracing::error!(code, detail, unlogged, "request failed");
    }
}
