//! `POST /api/v1/oauth/revoke` (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{LIMITED, OAUTH, TOO_LARGE, operation},
};
use crate::{
    app::App,
    http::{
        body::Body,
        cors,
        respond::{self, Dialect},
    },
    oauth::{client_auth, forms, params::Params, revoke},
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    let operation = operation("revoke_api_v1_oauth_revoke_post", OAUTH, "Token Revocation")
        .about(
            "Revokes a token immediately (RFC 7009). Revoking a refresh token also revokes its grant's access tokens.",
        )
        .by_client()
        .form::<forms::Revocation>()
        .json::<Revoked>(200, "The token is revoked or was not valid (RFC 7009 §2.2). The body has no members.")
        .refuses(400, "The request is malformed, or the token is another client's.")
        .refuses_clients()
        .refuses(413, TOO_LARGE)
        .limits(LIMITED)
        .may_be_busy();
    at("/revoke").post(post, operation)
}

/// Only the status matters (RFC 7009 §2.2), but some libraries parse every response as JSON.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevocationResponse")]
struct Revoked {}

async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
    let authorization = respond::authorization(&request);
    let address = respond::address(&request);
    let answer = async {
        let params = Params::from_urlencoded(&body?)?;
        cors::note_credentials(&request, authorization.as_deref(), &params);
        let named = authorization.as_deref();
        let client =
            client_auth::authenticate(&app, &Trace::off(), named, &params, address).await?;
        revoke::revoke(&app, &client, params.required("token")?, address).await
    };
    match answer.await {
        Ok(()) => respond::no_store(200).json(Revoked {}),
        Err(error) => {
            app.counters.refused("revoke", error.code.as_str());
            respond::refusal(Dialect::Form, &error, authorization.is_some())
        }
    }
}
