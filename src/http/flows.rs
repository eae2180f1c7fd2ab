//! Notes the exchanges of a sign-in as they happen. Handlers tell what only they know ([`note`]); all
//! else is read off the request and its answer here, in one place.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use url::form_urlencoded;

use crate::{
    app::App,
    domain::id::Id,
    http::respond,
    oauth::{
        client_auth,
        error::OAuthError,
        params::{self, Params},
    },
    trace::{
        Check, Encoding, Known, Reason, Refused, Step, Trace, explanation, without_query_values,
    },
};

/// Where a developer finds the flow of an answer. Dev mode only.
const FLOW: HeaderName = HeaderName::from_static("keyfob-flow");

/// What a handler tells of its request.
#[derive(Default)]
pub struct Note {
    flow: Option<Id>,
    trace: Trace,
    /// Whether there is anything to remember: a sign-in has begun, or somebody got a token.
    wanted: bool,
    encoding: Encoding,
    params: Vec<(String, String)>,
    known: Known,
    says: Option<String>,
    /// What the client came for.
    yields: bool,
}

/// Whether anything is noted at all.
fn is_on(request: &HttpRequest) -> bool {
    let app = request.app_data::<web::Data<App>>();
    app.is_some_and(|app| app.remembers_flows())
}

/// Takes a note for the flow of this request.
fn note(request: &HttpRequest, take: impl FnOnce(&mut Note)) {
    if !is_on(request) {
        return;
    }
    let mut extensions = request.extensions_mut();
    if !extensions.contains::<Note>() {
        let trace = request.app_data::<web::Data<App>>().map(|app| app.trace());
        extensions.insert(Note {
            trace: trace.unwrap_or_default(),
            ..Note::default()
        });
    }
    if let Some(note) = extensions.get_mut::<Note>() {
        take(note);
    }
}

/// Handle to which the rules report what they check of this request.
pub fn trace(request: &HttpRequest) -> Trace {
    let mut trace = Trace::off();
    note(request, |note| trace = note.trace.clone());
    trace
}

/// The rules of this request have reported to this trace.
pub fn traced(request: &HttpRequest, trace: &Trace) {
    note(request, |note| note.trace = trace.clone());
}

/// The flow of this request. It begins here if the request belongs to none yet.
pub fn id(app: &App, request: &HttpRequest) -> Id {
    let known = request
        .extensions()
        .get::<Note>()
        .and_then(|note| note.flow);
    let id = known.unwrap_or_else(|| app.new_id());
    note(request, |note| note.flow = Some(id));
    id
}

/// The request belongs to a flow that has begun.
pub fn belongs(request: &HttpRequest, id: Id) {
    note(request, |note| {
        note.flow = Some(id);
        note.wanted = true;
    });
}

/// The request brings a code or token that may be known from a flow.
pub fn brings(app: &App, request: &HttpRequest, secret: &str) {
    if let Some(id) = app.flows.of(app.flows.masks.mark(secret)) {
        belongs(request, id);
    }
}

/// The answer brings a code or token: whoever comes with it belongs to the same flow.
pub fn gives(app: &App, request: &HttpRequest, secret: &str) {
    note(request, |note| {
        note.known.marks.push(app.flows.masks.mark(secret))
    });
}

/// A sign-in begins with this request.
pub fn begins(request: &HttpRequest) {
    note(request, |note| note.wanted = true);
}

/// What was sent. Masked when it is remembered.
pub fn sent(request: &HttpRequest, encoding: Encoding, params: &Params) {
    note(request, |note| {
        note.encoding = encoding;
        note.params = params.pairs().to_vec();
    });
}

pub fn client(request: &HttpRequest, client_id: &str) {
    note(request, |note| {
        note.known.client_id = Some(client_id.to_owned())
    });
}

pub fn user(request: &HttpRequest, username: &str) {
    note(request, |note| {
        note.known.username = Some(username.to_owned())
    });
}

/// What came of it, in a few words.
pub fn says(request: &HttpRequest, text: impl Into<String>) {
    note(request, |note| {
        let text = text.into();
        note.says = Some(match note.says.take() {
            Some(before) => format!("{before}; {text}"),
            None => text,
        });
    });
}

/// The client has what it came for.
pub fn yields(request: &HttpRequest) {
    note(request, |note| {
        note.yields = true;
        note.wanted = true;
    });
}

/// Leaves the refusal with its answer, for the flow.
pub fn refused(mut answer: HttpResponse, error: &OAuthError) -> HttpResponse {
    answer.extensions_mut().insert(error.clone());
    answer
}

/// Remembers the exchange, if it is one to be remembered.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !is_on(request.request()) {
        return next.call(request).await;
    }
    let began = Instant::now();
    let mut answer = next.call(request).await?;
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if let Some(id) = remember(&answer, micros)
        && let Ok(value) = HeaderValue::from_str(&id.simple())
    {
        answer.headers_mut().insert(FLOW, value);
    }
    Ok(answer)
}

/// The flow to which the exchange was added, for whoever may be told.
fn remember<B>(answer: &ServiceResponse<B>, micros: u64) -> Option<Id> {
    let request = answer.request();
    let app = request.app_data::<web::Data<App>>()?;
    let error = answer.response().extensions().get::<OAuthError>().cloned();
    let note = request.extensions_mut().remove::<Note>();
    let trace = note
        .as_ref()
        .map(|note| note.trace.clone())
        .unwrap_or_default();
    let refused = error.as_ref().map(|error| shown(error, &trace));
    let counts = refused.as_ref().is_some_and(|refused| !refused.is_routine);
    if !counts && !note.as_ref().is_some_and(|note| note.wanted) {
        return None;
    }
    let note = note.unwrap_or_default();
    let authorization = respond::authorization(request);
    // A token that is refused belongs to the sign-in it came of.
    let of_token = || {
        let (_, token) = authorization.as_deref()?.split_once(' ')?;
        app.flows.of(app.flows.masks.mark(token.trim()))
    };
    let id = trace
        .known_id()
        .or(note.flow)
        .or_else(of_token)
        .unwrap_or_else(|| app.new_id());
    let params = match note.params.is_empty() {
        true => form_urlencoded::parse(request.query_string().as_bytes())
            .into_owned()
            .take(params::LIMIT)
            .collect(),
        false => note.params,
    };
    let mut known = note.known;
    known.client_id = known.client_id.or_else(|| {
        let params = Params::new(params.clone()).ok()?;
        let authorization = authorization.as_deref();
        client_auth::named(authorization, &params)
            .or_else(|| params.optional("client_id").map(str::to_owned))
            .filter(|id| is_client(app, id))
    });
    let masks = &app.flows.masks;
    let step = Step {
        at: app.clock.now_ms(),
        micros,
        method: request.method().as_str().chars().take(10).collect(),
        path: request.path().chars().take(200).collect(),
        encoding: note.encoding,
        sent: masks.params(&params, |id| is_client(app, id)),
        authorization: authorization.map(|value| {
            let (scheme, secret) = value.split_once(' ').unwrap_or(("?", &value));
            masks.masked(scheme, secret)
        }),
        origin: respond::header_text(request, "origin").map(cut),
        status: answer.status().as_u16(),
        to: answer.headers().get(header::LOCATION).and_then(address),
        says: note.says,
        checks: trace.checks(),
        refused,
        yields: note.yields,
        times: 1,
    };
    app.flows.add(app.now(), id, step, known);
    app.config.is_dev().then_some(id)
}

/// A page of this origin may not read the answer. Its developer sees nothing of it but a line in the
/// browser's console, so it is remembered here as what it is, however the request itself went.
pub fn origin_refused(request: &HttpRequest, client_id: Option<&str>, origin: &str) {
    let Some(app) = request.app_data::<web::Data<App>>() else {
        return;
    };
    if !app.remembers_flows() || origin == app.config.issuer {
        return;
    }
    let snapshot = app.directory.snapshot();
    let client = client_id.and_then(|id| snapshot.client(id));
    let registered: Vec<_> = client
        .map(|client| client.origins().collect())
        .unwrap_or_default();
    let error = OAuthError::from(Reason::OriginNotRegistered).comparing(Some(origin), registered);
    // One flow for a page that tries again and again.
    let mark = app.flows.masks.mark(&format!(
        "origin {origin} {}",
        client_id.unwrap_or_default()
    ));
    let id = app.flows.of(mark).unwrap_or_else(|| app.new_id());
    let checks = vec![Check {
        name: "origin",
        passed: false,
    }];
    let mut refused = shown(&error, &Trace::off());
    (refused.error, refused.check) = ("cors", Some("origin"));
    let step = Step {
        at: app.clock.now_ms(),
        micros: 0,
        method: request.method().as_str().chars().take(10).collect(),
        path: request.path().chars().take(200).collect(),
        encoding: Encoding::Query,
        sent: Vec::new(),
        authorization: None,
        origin: Some(cut(origin.to_owned())),
        status: 0,
        to: None,
        says: None,
        checks,
        refused: Some(refused),
        yields: false,
        times: 1,
    };
    let known = Known {
        client_id: client.map(|client| client.client_id.to_string()),
        username: None,
        marks: vec![mark],
    };
    app.flows.add(app.now(), id, step, known);
}

/// Where an answer leads, without its query: there the codes are.
fn address(location: &HeaderValue) -> Option<String> {
    let location = location.to_str().ok()?;
    let address = location.split(['?', '#']).next()?;
    Some(address.chars().take(300).collect())
}

/// An exchange that the server has made with itself, as the client of a trial run.
pub struct OwnExchange<'a> {
    /// The flow it belongs to; a new one if there is none.
    pub flow: Option<Id>,
    pub path: &'a str,
    pub params: &'a Params,
    pub authorization: Option<&'a str>,
    pub began: Instant,
    pub trace: &'a Trace,
    pub error: Option<&'a OAuthError>,
    /// The codes and tokens that came of it.
    pub gives: Vec<&'a str>,
}

impl OwnExchange<'_> {
    /// Remembers it: the flow in which it is, and why it was refused.
    pub fn remember(self, app: &App, client_id: &str) -> (Option<Id>, Option<Refused>) {
        let refused = self.error.map(|error| shown(error, self.trace));
        if !app.remembers_flows() {
            return (None, refused);
        }
        let id = self
            .flow
            .or(self.trace.known_id())
            .unwrap_or_else(|| app.new_id());
        let masks = &app.flows.masks;
        let step = Step {
            at: app.clock.now_ms(),
            micros: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            method: "POST".to_owned(),
            path: self.path.to_owned(),
            encoding: Encoding::Form,
            sent: masks.params(self.params.pairs(), |id| is_client(app, id)),
            authorization: self.authorization.map(|value| {
                let (scheme, secret) = value.split_once(' ').unwrap_or(("?", value));
                masks.masked(scheme, secret)
            }),
            origin: None,
            status: self.error.map_or(200, |error| error.code.status()),
            to: None,
            says: Some("a trial run".to_owned()),
            yields: refused.is_none(),
            checks: self.trace.checks(),
            refused: refused.clone(),
            times: 1,
        };
        let known = Known {
            client_id: Some(client_id.to_owned()),
            username: None,
            marks: self.gives.iter().map(|secret| masks.mark(secret)).collect(),
        };
        app.flows.add(app.now(), id, step, known);
        (Some(id), refused)
    }
}

/// A refusal as flows keep it.
pub fn shown(error: &OAuthError, trace: &Trace) -> Refused {
    let why = error.why.as_deref().cloned().unwrap_or_default();
    Refused {
        error: error.code.as_str(),
        description: error.description.to_string(),
        is_routine: error.code.is_routine(),
        reason: why.reason.and_then(explanation).map(|row| row.code),
        check: trace.failed(),
        sent: why.sent.map(|sent| {
            cut(match sent.contains("://") {
                true => without_query_values(&sent),
                false => sent,
            })
        }),
        expected: why.expected.into_iter().take(20).map(cut).collect(),
    }
}

/// Whether the id may be shown: a client has it, or it is an address (a client ID metadata document). Anything else may
/// be a secret in the wrong place.
fn is_client(app: &App, client_id: &str) -> bool {
    client_id.starts_with("https://") || app.directory.snapshot().client(client_id).is_some()
}

fn cut(text: String) -> String {
    match text.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
