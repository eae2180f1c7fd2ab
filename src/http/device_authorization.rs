//! `POST /api/v1/oauth/device_authorization` (RFC 8628 §3.1).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::{
    app::App,
    http::{
        body::Body,
        cors,
        respond::{self, Dialect},
    },
    oauth::{client_auth, device, params::Params},
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
        let params = body.and_then(|body| Params::from_urlencoded(&body));
        let params = trace.check("parameters", params)?;
        cors::note_credentials(&request, authorization.as_deref(), &params);
        let named = authorization.as_deref();
        let client = client_auth::authenticate(&app, &trace, named, &params, address).await?;
        device::begin(&app, &trace, &client, &params, address).await
    };
    let begun = match answer.await {
        Ok(begun) => begun,
        Err(error) => {
            app.counters
                .refused("device_authorization", error.code.as_str());
            return respond::refusal(Dialect::Form, &error, authorization.is_some());
        }
    };
    let verification_uri = format!("{}/device", app.config.issuer);
    respond::no_store(200).json(json!({
        "device_code": begun.device_code.expose(),
        "user_code": begun.user_code.to_string(),
        "verification_uri": verification_uri,
        "verification_uri_complete": format!("{verification_uri}?user_code={}", begun.user_code),
        "expires_in": begun.expires_in,
        "interval": begun.interval,
    }))
}
