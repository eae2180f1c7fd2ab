//! `POST /api/v1/oauth/introspect` (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    http::{
        body::Body,
        respond::{self, Dialect},
    },
    oauth::{client_auth, introspect, params::Params},
    trace::Trace,
};

pub async fn post(app: web::Data<App>, request: HttpRequest, Body(body): Body) -> HttpResponse {
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
