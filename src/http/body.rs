//! Reads the body of a request: no more of it than an endpoint can need, and no longer than a client that
//! means well takes to send it.

use std::{convert::Infallible, future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::PayloadError,
    web::{self, Bytes},
};
use tokio::time::timeout;

use crate::oauth::error::{ErrorCode, OAuthError};

/// Largest body, in bytes, once it is unpacked.
pub const LIMIT: usize = 64 * 1024;
/// How long a client may take to send it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The whole body, or why there is none. The endpoint says it in its own shape.
pub struct Body(pub Result<Bytes, OAuthError>);

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = match timeout(PATIENCE, reading).await {
                Ok(Ok(body)) => Ok(body),
                Ok(Err(error)) => Err(refusal(&error)),
                Err(_) => Err(OAuthError::new(
                    ErrorCode::RequestTimeout,
                    "the body of the request did not come in time",
                )),
            };
            Ok(Self(body))
        })
    }
}

fn refusal(error: &actix_web::Error) -> OAuthError {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => OAuthError::new(
            ErrorCode::RequestTooLarge,
            format!("the body of the request is larger than {LIMIT} bytes"),
        ),
        _ => OAuthError::invalid_request("the body of the request could not be read"),
    }
}
