//! `POST /api/v1/oauth/par` (RFC 9126).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::{
    app::App,
    http::{
        body::{Body, is_form},
        cors, dpop,
        respond::{self, Dialect},
    },
    oauth::{error::OAuthError, par, params::Params},
    trace::Trace,
};

pub async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    trace: Trace,
    Body(body): Body,
) -> HttpResponse {
    let authorization = respond::authorization(&request);
    let address = respond::address(&request);
    let answer = async {
        // RFC 9126 §2.1
        if !is_form(respond::header_text(&request, "content-type").as_deref()) {
            let error = OAuthError::invalid_request("The request must be a form.");
            return Err(trace.fail("parameters", error));
        }
        let params = body.and_then(|body| Params::from_urlencoded(&body));
        let params = trace.check("parameters", params)?;
        cors::note_credentials(&request, authorization.as_deref(), &params);
        let proof = dpop::presented(&request);
        let authorization = authorization.as_deref();
        let proof = proof.as_ref();
        par::push(&app, &trace, &params, authorization, proof, address).await
    };
    match answer.await {
        Ok(pushed) => respond::no_store(201).json(json!({
            "request_uri": pushed.request_uri,
            "expires_in": pushed.expires_in,
        })),
        Err(error) => {
            app.counters.refused("par", error.code.as_str());
            respond::refusal(Dialect::Form, &error, authorization.is_some())
        }
    }
}
