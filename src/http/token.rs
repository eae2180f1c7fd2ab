//! `POST /api/v1/oauth/token`, in both dialects.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{LIMITED, TOO_LARGE, contracted},
};
use crate::{
    app::{App, SharedApp},
    domain::time_zone::TimeZone,
    http::{
        body::{Body, is_form},
        cors, dpop,
        respond::{self, Dialect},
        validation,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        forms, grants,
        params::Params,
        token::{self, TokenRequest},
    },
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    let operation = contracted()
        .form::<forms::TokenRequest>()
        .json::<respond::Tokens>(200, "Successful Response")
        .refuses(400, "The request failed (RFC 6749 §5.2).")
        .refuses_clients()
        .refuses(413, TOO_LARGE)
        .limits(LIMITED)
        .may_be_busy();
    at("/token").post(post, operation).takes_proof()
}

async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    trace: Trace,
    Body(body): Body,
) -> HttpResponse {
    let content_type = respond::header_text(&request, "content-type");
    let basic = request.headers().contains_key(header::AUTHORIZATION);
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
            token::exchange(app, &asked).await
        }
        Err(error) => {
            app.counters.token_refused(None, error.code.as_str());
            Err(error)
        }
    };
    match issued {
        Ok(issued) => respond::tokens(dialect, &issued),
        Err(error) => respond::refusal(dialect, &error, basic),
    }
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
                "tz must be an IANA time zone such as Europe/Oslo.",
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
