//! One log line per request, at level debug. It has no query, headers or body.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::http::respond;

/// Whether these lines are enabled. Checked once, so that they cost nothing otherwise.
pub fn is_wanted() -> bool {
    tracing::enabled!(tracing::Level::DEBUG)
}

pub async fn line<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.path().to_owned();
    let address = respond::address(request.request());
    let answer = next.call(request).await?;
    tracing::debug!(
        %method,
        path,
        status = answer.status().as_u16(),
        micros = began.elapsed().as_micros(),
        address = address.map(tracing::field::display),
        "request"
    );
    Ok(answer)
}
