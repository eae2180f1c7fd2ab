//! `POST /api/v1/oauth/introspect` (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{LIMITED, OAUTH, TOO_LARGE, operation},
};
use crate::{
    app::App,
    http::{
        body::Body,
        respond::{self, Dialect},
    },
    oauth::{
        client_auth, forms,
        introspect::{self, Introspected},
        params::Params,
    },
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    let operation = operation(
        "introspect_api_v1_oauth_introspect_post",
        OAUTH,
        "Token Introspection",
    )
    .about(
        "Returns whether a token is active and its content (RFC 7662), to the client it was issued to or the API it \
         is for. Requires client authentication; public clients cannot use it.",
    )
    .by_client()
    .form::<forms::Introspection>()
    .json::<Introspected>(
        200,
        "The token's content; `{\"active\":false}` if it is unknown, expired, revoked or not visible to the caller.",
    )
    .refuses(400, "The request is malformed.")
    .refuses_clients()
    .refuses(413, TOO_LARGE)
    .limits(LIMITED)
    .may_be_busy();
    at("/introspect").post(post, operation)
}

async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
    let authorization = respond::authorization(&request);
    let address = respond::address(&request);
    let answer = async {
        let params = Params::from_urlencoded(&body?)?;
        let named = authorization.as_deref();
        let client =
            client_auth::authenticate(&app, &Trace::off(), named, &params, address).await?;
        introspect::introspect(&app, &client, params.required("token")?)
    };
    match answer.await {
        Ok(answer) => respond::no_store(200).json(answer),
        Err(error) => {
            app.counters.refused("introspect", error.code.as_str());
            respond::refusal(Dialect::Form, &error, authorization.is_some())
        }
    }
}
