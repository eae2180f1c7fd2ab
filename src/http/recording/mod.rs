//! Records the exchanges of a sign-in. [`record`] opens the trace of a request, to which the rules report, and reads
//! everything else from the request and its response.

mod origin;
mod own_exchange;
mod step;

use std::{
    future::{Ready, ready},
    time::Instant,
};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use url::form_urlencoded;

pub use self::{origin::origin_refused, own_exchange::OwnExchange};
use crate::{
    app::App,
    domain::id::Id,
    http::{
        body::{self, SentBody},
        respond,
    },
    oauth::{
        client_auth,
        params::{self, Params},
    },
    trace::{Encoding, Step, Trace},
};

/// Header with the trace of a response. Development mode only.
const TRACE: HeaderName = HeaderName::from_static("keyfob-trace");

/// Trace of this request: one that keeps nothing where the endpoint is not recorded.
pub fn trace(request: &HttpRequest) -> Trace {
    let extensions = request.extensions();
    extensions.get::<Trace>().cloned().unwrap_or_default()
}

impl FromRequest for Trace {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(trace(request)))
    }
}

/// ID of the trace of this request, also in its log lines.
pub fn id(app: &App, request: &HttpRequest) -> Id {
    let id = trace(request).id(|| app.new_id());
    id.unwrap_or_else(|| app.new_id())
}

/// Records the exchange, if it is one to be recorded.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let app = request.app_data::<web::Data<App>>();
    let trace = app.map(|app| app.trace()).unwrap_or_default();
    if trace.is_off() {
        return next.call(request).await;
    }
    let began = Instant::now();
    request.extensions_mut().insert(trace.clone());
    let mut answer = next.call(request).await?;
    if let Some(id) = remember(&answer, &trace, began)
        && let Ok(value) = HeaderValue::from_str(&id.simple())
    {
        answer.headers_mut().insert(TRACE, value);
    }
    Ok(answer)
}

/// Id of the trace that the exchange was added to, for a developer.
fn remember<B>(answer: &ServiceResponse<B>, trace: &Trace, began: Instant) -> Option<Id> {
    let request = answer.request();
    let app = request.app_data::<web::Data<App>>()?;
    let error = respond::refusal_of(answer.response());
    let notes = trace.take();
    if !notes.is_wanted && error.as_ref().is_none_or(|error| error.code.is_routine()) {
        return None;
    }
    let authorization = respond::authorization(request);
    // A rejected token belongs to the sign-in that it was issued in.
    let of_token = || {
        let (_, token) = authorization.as_deref()?.split_once(' ')?;
        app.traces.of(app.traces.masks.mark(token.trim()))
    };
    let id = notes.id.or_else(of_token).unwrap_or_else(|| app.new_id());
    let (encoding, params) = sent(request);
    let mut known = notes.known;
    known.client_id = known
        .client_id
        .or_else(|| named_client(app, authorization.as_deref(), &params));
    let mut step = step::step(app, request.method().as_str(), request.path());
    let refused = error.map(|error| step::refused(&error, notes.checks.failed()));
    step = Step {
        micros: step::micros(began),
        encoding,
        sent: app
            .traces
            .masks
            .params(&params, |id| step::is_client(app, id)),
        authorization: authorization.map(|value| step::credentials(app, &value)),
        origin: respond::header_text(request, "origin").map(step::cut),
        status: answer.status().as_u16(),
        to: answer.headers().get(header::LOCATION).and_then(address),
        says: notes.says,
        checks: notes.checks.into_list(),
        refused,
        yields: notes.yields,
        ..step
    };
    app.traces.add(app.now(), id, step, known);
    app.config.is_dev().then_some(id)
}

/// Parameters of the request, as they were sent.
fn sent(request: &HttpRequest) -> (Encoding, Vec<(String, String)>) {
    let form = |text: &[u8]| -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(text).into_owned();
        pairs.take(params::LIMIT).collect()
    };
    let content_type = respond::header_text(request, "content-type");
    let extensions = request.extensions();
    let body = extensions.get::<SentBody>().map(|body| &body.0);
    let (encoding, params) = match body {
        Some(body) if body::is_form(content_type.as_deref()) => (Encoding::Form, form(body)),
        Some(body) => (Encoding::Json, members(body)),
        None => (Encoding::Query, Vec::new()),
    };
    match params.is_empty() {
        true => (Encoding::Query, form(request.query_string().as_bytes())),
        false => (encoding, params),
    }
}

/// Members of a JSON object.
fn members(body: &[u8]) -> Vec<(String, String)> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).unwrap_or_default();
    let member = |(name, value)| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    };
    let members = object.into_iter().filter_map(member);
    members.take(params::LIMIT).collect()
}

/// Claimed client of the request, if it exists.
fn named_client(
    app: &App,
    authorization: Option<&str>,
    params: &[(String, String)],
) -> Option<String> {
    let params = Params::new(params.to_vec()).ok()?;
    client_auth::named(authorization, &params)
        .or_else(|| params.optional("client_id").map(str::to_owned))
        .filter(|id| step::is_client(app, id))
}

/// Redirect target of a response, without its query, which contains the code.
fn address(location: &HeaderValue) -> Option<String> {
    let location = location.to_str().ok()?;
    let address = location.split(['?', '#']).next()?;
    Some(address.chars().take(300).collect())
}
