//! `POST /api/v1/oauth/par` (RFC 9126).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{LIMITED, OAUTH, operation},
};
use crate::{
    app::App,
    http::{
        body::{Body, is_form},
        cors, dpop,
        respond::{self, Dialect},
    },
    oauth::{error::OAuthError, forms, par, params::Params},
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    let operation = operation(
        "par_api_v1_oauth_par_post",
        OAUTH,
        "Pushed Authorization Request",
    )
    .about(
        "Accepts an authorization request directly from the client and returns a `request_uri` for it (RFC 9126). The \
         client authenticates as at the token endpoint. All checks of the authorization endpoint run here.",
    )
    .by_client()
    .form::<forms::PushedAuthorization>()
    .json::<par::Pushed>(
        201,
        "Request stored. Redirect the browser to the authorization endpoint with `client_id` and this `request_uri`.",
    )
    .header("Cache-Control", "Always `no-store`.", true)
    .refuses(400, "The request is invalid; `error` as at the authorization endpoint.")
    .refuses_clients()
    .refuses(413, "The parameters of the request are larger than 7 KB (RFC 9126 §2.3).")
    .limits(LIMITED)
    .may_be_busy();
    at("/par").post(post, operation).takes_proof()
}

async fn post(
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
        Ok(pushed) => respond::no_store(201).json(pushed),
        Err(error) => {
            app.counters.refused("par", error.code.as_str());
            respond::refusal(Dialect::Form, &error, authorization.is_some())
        }
    }
}
