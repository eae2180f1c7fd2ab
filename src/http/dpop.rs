//! DPoP (RFC 9449) as HTTP has it: the header that is read and the nonce that is offered.

use actix_web::{
    HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{AUTHORIZATION, HeaderName, HeaderValue},
    middleware::Next,
    web,
};

use crate::{app::App, oauth::dpop};

const DPOP: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The proofs of a request; `None` if it brings none.
pub fn presented(request: &HttpRequest) -> Option<dpop::Presented> {
    let headers: Vec<_> = request
        .headers()
        .get_all(DPOP)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    (!headers.is_empty()).then(|| dpop::Presented {
        headers,
        method: request.method().as_str().to_owned(),
        path: request.path().to_owned(),
    })
}

/// Every response to a client that uses proofs has the nonce for the next one (RFC 9449 §8.2).
pub async fn offer_nonce(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let headers = request.headers();
    let tries_dpop = |value: &HeaderValue| {
        let scheme = value.as_bytes().get(..5);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"DPoP "))
    };
    let uses_proofs =
        headers.contains_key(DPOP) || headers.get(AUTHORIZATION).is_some_and(tries_dpop);
    if !uses_proofs {
        return next.call(request).await;
    }
    let app = request.app_data::<web::Data<App>>().cloned();
    let mut answer = next.call(request).await?;
    if let Some(app) = app
        && let Ok(nonce) = HeaderValue::from_str(&dpop::nonce(&app))
    {
        answer.headers_mut().insert(NONCE, nonce);
    }
    Ok(answer)
}
