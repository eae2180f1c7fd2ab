//! `POST /api/v1/oauth/token`, in both dialects.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use crate::{
    app::{App, SharedApp},
    domain::{grant_type::GrantType, time_zone::TimeZone},
    http::{
        body::Body,
        cors, dpop, flows,
        respond::{self, Dialect},
        validation,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        grants,
        issue::Issued,
        params::Params,
        token::{self, TokenRequest},
    },
    trace::{Encoding, Trace},
};

pub async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
    let content_type = respond::header_text(&request, "content-type");
    let basic = request.headers().contains_key(header::AUTHORIZATION);
    let trace = app.trace();
    if is_form(content_type.as_deref()) {
        let read = body
            .and_then(|body| Params::from_urlencoded(&body))
            .and_then(|params| form_request(&request, &trace, params));
        return answer(&app, &request, &trace, Dialect::Form, basic, read).await;
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            app.counters.token_refused(None, error.code.as_str());
            return respond::refusal(Dialect::Json, &error, false);
        }
    };
    let names = grants::names();
    let parsed = validation::parse_object(content_type.as_deref(), &body)
        .and_then(|object| validation::token_request(object, &names));
    match parsed {
        Ok(parsed) => {
            let read = json_request(&request, &trace, parsed);
            answer(&app, &request, &trace, Dialect::Json, basic, read).await
        }
        Err(errors) => {
            app.counters
                .token_refused(None, ErrorCode::InvalidRequest.as_str());
            respond::invalid(&errors)
        }
    }
}

async fn answer(
    app: &SharedApp,
    request: &HttpRequest,
    trace: &Trace,
    dialect: Dialect,
    basic: bool,
    read: Result<TokenRequest, OAuthError>,
) -> HttpResponse {
    let issued = match trace.check("parameters", read) {
        Ok(asked) => {
            cors::note_credentials(request, asked.authorization.as_deref(), &asked.params);
            let issued = token::exchange(app, &asked).await;
            note(app, request, dialect, &asked, &issued);
            issued
        }
        Err(error) => {
            app.counters.token_refused(None, error.code.as_str());
            flows::traced(request, trace);
            Err(error)
        }
    };
    match issued {
        Ok(issued) => respond::tokens(dialect, &issued),
        Err(error) => respond::refusal(dialect, &error, basic),
    }
}

/// The grants that a machine is given for itself or for others: there are many, and each stands alone.
const MACHINES: &[GrantType] = &[
    GrantType::ClientCredentials,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];

/// Tells the flow what it needs to know. A machine that gets what it asked for costs nothing here, unless
/// that is to be remembered, too.
fn note(
    app: &App,
    request: &HttpRequest,
    dialect: Dialect,
    asked: &TokenRequest,
    issued: &Result<Issued, OAuthError>,
) {
    let (params, trace) = (&asked.params, &asked.trace);
    let grant = params.optional("grant_type").and_then(GrantType::parse);
    let is_machine = grant.is_some_and(|grant| MACHINES.contains(&grant));
    if !app.remembers_flows() || (is_machine && issued.is_ok() && !app.remembers_all_flows()) {
        return;
    }
    let encoding = match dialect {
        Dialect::Form => Encoding::Form,
        Dialect::Json => Encoding::Json,
    };
    flows::traced(request, trace);
    flows::sent(request, encoding, params);
    for name in token::BROUGHT {
        if let Some(secret) = params.optional(name) {
            flows::brings(app, request, secret);
        }
    }
    if let Ok(issued) = issued {
        flows::yields(request);
        flows::says(request, format!("scope {}", issued.scope));
        flows::gives(app, request, issued.access_token.expose());
        if let Some(token) = &issued.refresh_token {
            flows::gives(app, request, token.expose());
        }
    }
}

pub(super) fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

fn form_request(
    request: &HttpRequest,
    trace: &Trace,
    params: Params,
) -> Result<TokenRequest, OAuthError> {
    let tz = params.optional("tz").map(|name| {
        TimeZone::parse(name).ok_or_else(|| {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                "tz must be an IANA time zone such as Europe/Oslo",
            )
        })
    });
    Ok(TokenRequest {
        tz: tz.transpose()?,
        default_tz: None,
        trace: trace.clone(),
        authorization: respond::authorization(request),
        dpop: dpop::presented(request),
        address: respond::address(request),
        params,
    })
}

fn json_request(
    request: &HttpRequest,
    trace: &Trace,
    parsed: validation::TokenRequest,
) -> Result<TokenRequest, OAuthError> {
    let mut pairs = vec![("grant_type".to_owned(), parsed.grant_type.clone())];
    let named = [
        ("client_id", &parsed.client_id),
        ("code", &parsed.code),
        ("client_secret", &parsed.client_secret),
        ("code_verifier", &parsed.code_verifier),
        ("refresh_token", &parsed.refresh_token),
    ];
    pairs.extend(
        named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))),
    );
    pairs.extend(parsed.others.iter().cloned());
    Ok(TokenRequest {
        params: Params::new(pairs)?,
        authorization: respond::authorization(request),
        dpop: dpop::presented(request),
        tz: parsed.tz_given.then_some(parsed.tz),
        default_tz: Some(TimeZone::DEFAULT),
        trace: trace.clone(),
        address: respond::address(request),
    })
}
