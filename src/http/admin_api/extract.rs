//! Extractors: parts of a request that are parsed before its handler runs. Errors have the format of the admin API.

use std::{
    future::{Future, Ready, ready},
    ops::Deref,
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, error::PayloadError, web};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::form_urlencoded;

use super::{answer, bounds::BODY_LIMIT, problem::Problem};
use crate::{http::body::PATIENCE, oauth::params::LIMIT};

/// The whole body, with the time limit of all other request bodies.
pub struct Body(web::Bytes);

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            match timeout(PATIENCE, reading).await {
                Ok(Ok(bytes)) => Ok(Self(bytes)),
                Ok(Err(error)) => Err(refusal(&error)),
                Err(_) => Err(Problem::new(
                    408,
                    "request_timeout",
                    "Timed out reading the request body.",
                )),
            }
        })
    }
}

fn refusal(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            let detail = format!("The request body must be at most {BODY_LIMIT} bytes.");
            Problem::new(413, "request_too_large", detail)
        }
        _ => Problem::new(400, "unreadable", "The request body could not be read."),
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The parameters of the query. One that cannot be is named.
pub struct Params<T>(T);

impl<T> Params<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = request.query_string().as_bytes();
        if form_urlencoded::parse(query).nth(LIMIT).is_some() {
            let reason = format!("The query must have at most {LIMIT} parameters.");
            return ready(Err(Problem::new(422, "invalid", reason)));
        }
        let pairs = form_urlencoded::parse(query);
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        ready(read.map(Self).map_err(|error| {
            match answer::unreadable(error.path().to_string(), &error.inner().to_string()) {
                (None, reason) => Problem::new(422, "invalid", reason),
                (Some(name), reason) => Problem::invalid(name, reason),
            }
        }))
    }
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
