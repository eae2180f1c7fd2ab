//! `GET /api/v1/oauth/principal-token`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        caller::{caller_with_proof, renewed},
        respond::{self, Dialect},
    },
    oauth::delegation,
    trace::Trace,
};

pub async fn get(app: web::Data<App>, request: HttpRequest, trace: Trace) -> HttpResponse {
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
