//! `GET /api/v1/oauth/principal-token`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        caller::{caller_with_proof, renewed},
        flows,
        respond::{self, Dialect},
    },
    oauth::delegation,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let (caller, proof) = match caller_with_proof(&app, &request) {
        Ok(caller) => caller,
        Err(refused) => return respond::unauthenticated(&refused),
    };
    let (address, trace) = (respond::address(&request), flows::trace(&request));
    let answer = match delegation::principal(&app, &trace, &caller, proof, address).await {
        Ok(issued) => respond::tokens(Dialect::Json, &issued),
        Err(error) => respond::caller_refusal(caller.scheme, &error),
    };
    renewed(&app, &caller, answer).await
}
