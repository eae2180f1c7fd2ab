//! `POST /api/v1/oauth/delegated-token`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{TOO_LARGE, contracted},
};
use crate::{
    app::App,
    domain::{name::ScopeName, scope::ScopeSet},
    http::{
        body::Body,
        caller::{caller_with_proof, renewed},
        respond::{self, Dialect},
        validation::{self, ValidationErrors},
    },
    oauth::delegation::{self, Delegation},
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    at("/delegated-token")
        .post(post, contracted().refuses_callers().refuses(413, TOO_LARGE))
        .takes_proof()
}

async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    trace: Trace,
    Body(body): Body,
) -> HttpResponse {
    let (caller, proof) = match caller_with_proof(&app, &trace, &request) {
        Ok(caller) => caller,
        Err(refused) => return respond::unauthenticated(&refused),
    };
    let content_type = respond::header_text(&request, "content-type");
    let answer = match body {
        Ok(body) => match read(&app, content_type.as_deref(), &body) {
            Ok(asked) => {
                let address = respond::address(&request);
                match delegation::delegate(&app, &trace, &caller, proof, asked, address).await {
                    Ok(issued) => respond::tokens(Dialect::Json, &issued),
                    Err(error) => respond::caller_refusal(caller.scheme, &error),
                }
            }
            Err(errors) => respond::invalid(&errors),
        },
        Err(error) => respond::refusal(Dialect::Json, &error, false),
    };
    renewed(&app, &caller, answer).await
}

fn read(
    app: &App,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Delegation, ValidationErrors> {
    let snapshot = app.directory.snapshot();
    let registered: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    let parsed = validation::parse_object(content_type, body)
        .and_then(|object| validation::delegated_token_request(object, &registered))?;
    let names = |names: Vec<String>| {
        names
            .iter()
            .map(|name| ScopeName::trusted(name))
            .collect::<ScopeSet>()
    };
    Ok(Delegation {
        sub: parsed.sub,
        scopes: parsed.scopes.map(names),
        team_id: parsed.team_id,
    })
}
