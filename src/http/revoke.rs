//! `POST /api/v1/oauth/revoke` (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        body::Body,
        cors,
        respond::{self, Dialect},
    },
    oauth::{client_auth, params::Params, revoke},
    trace::Trace,
};

pub async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
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
        Ok(()) => respond::no_store(200).finish(),
        Err(error) => {
            app.counters.refused("revoke", error.code.as_str());
            respond::refusal(Dialect::Form, &error, authorization.is_some())
        }
    }
}
