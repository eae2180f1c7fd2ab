//! Reads the body of a request: no more of it than an endpoint can need, and no longer than a client that
//! means well takes to send it.

use std::{convert::Infallible, future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, dev::Payload, error::PayloadError, web::Bytes,
};
use tokio::time::timeout;

use crate::{
    oauth::error::{ErrorCode, OAuthError},
    trace::Trace,
};

/// Largest body, in bytes, once it is unpacked.
pub const LIMIT: usize = 64 * 1024;
/// Time limit for sending it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The whole body, or the reason why there is none. The endpoint formats the error.
pub struct Body(pub Result<Bytes, OAuthError>);

/// Body of a request that is traced, as it was sent.
pub struct SentBody(pub Bytes);

/// Whether this is the content type of a form.
pub fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = Bytes::from_request(request, payload);
        let is_traced = request.extensions().contains::<Trace>();
        let traced = is_traced.then(|| request.clone());
        Box::pin(async move {
            let body = match timeout(PATIENCE, reading).await {
                Ok(Ok(body)) => Ok(body),
                Ok(Err(error)) => Err(refusal(&error)),
                Err(_) => Err(OAuthError::new(
                    ErrorCode::RequestTimeout,
                    "Timed out reading the request body.",
                )),
            };
            if let (Some(request), Ok(body)) = (traced, &body) {
                request.extensions_mut().insert(SentBody(body.clone()));
            }
            Ok(Self(body))
        })
    }
}

fn refusal(error: &actix_web::Error) -> OAuthError {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => OAuthError::new(
            ErrorCode::RequestTooLarge,
            format!("The request body must be at most {LIMIT} bytes."),
        ),
        _ => OAuthError::invalid_request("The request body could not be read."),
    }
}
