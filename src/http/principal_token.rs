//! `GET /api/v1/oauth/principal-token`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::contracted,
};
use crate::{
    app::App,
    http::{
        caller::{caller_with_proof, renewed},
        respond::{self, Dialect},
    },
    oauth::delegation,
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    at("/principal-token")
        .get(get, contracted().refuses_callers())
        .takes_proof()
}

async fn get(app: web::Data<App>, request: HttpRequest, trace: Trace) -> HttpResponse {
    let (caller, proof) = match caller_with_proof(&app, &trace, &request) {
        Ok(caller) => caller,
        Err(refused) => return respond::unauthenticated(&refused),
    };
    let address = respond::address(&request);
    let answer = match delegation::principal(&app, &trace, &caller, proof, address).await {
        Ok(issued) => respond::tokens(Dialect::Json, &issued),
        Err(error) => respond::caller_refusal(caller.scheme, &error),
    };
    renewed(&app, &caller, answer).await
}
