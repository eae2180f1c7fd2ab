//! `POST /api/v1/oauth/device_authorization` (RFC 8628 §3.1).

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    endpoint::{Endpoint, at},
    openapi::operation::{LIMITED, OAUTH, TOO_LARGE, operation},
};
use crate::{
    app::App,
    domain::time::Lifetime,
    http::{
        body::Body,
        cors,
        respond::{self, Dialect},
    },
    oauth::{client_auth, device, forms, params::Params},
    trace::Trace,
};

pub fn endpoint() -> Endpoint {
    let operation = operation(
        "device_authorization_api_v1_oauth_device_authorization_post",
        OAUTH,
        "Device Authorization",
    )
    .about("Issues the codes for signing in on a device without a browser (RFC 8628).")
    .by_client()
    .form::<forms::DeviceAuthorization>()
    .json::<Begun>(200, "The device code, the user code and where to enter it.")
    .refuses(400, "The request failed (RFC 6749 §5.2).")
    .refuses_clients()
    .refuses(413, TOO_LARGE)
    .limits(LIMITED)
    .may_be_busy();
    at("/device_authorization").post(post, operation)
}

/// RFC 8628 §3.2.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeviceAuthorizationResponse")]
struct Begun<'a> {
    /// Code that the device sends to the token endpoint.
    device_code: &'a str,
    /// Shown to the user by the device. Case and hyphen do not matter.
    #[schemars(regex(pattern = "^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$"))]
    user_code: String,
    /// URL at which the user enters it.
    #[schemars(url)]
    verification_uri: &'a str,
    /// Same, with the code filled in, for a QR code.
    #[schemars(url)]
    verification_uri_complete: String,
    /// Seconds until both codes expire.
    expires_in: Lifetime,
    /// Seconds between polls. Each `slow_down` adds five.
    interval: Lifetime,
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
    respond::no_store(200).json(Begun {
        device_code: begun.device_code.expose(),
        user_code: begun.user_code.to_string(),
        verification_uri: &verification_uri,
        verification_uri_complete: format!("{verification_uri}?user_code={}", begun.user_code),
        expires_in: begun.expires_in,
        interval: begun.interval,
    })
}
