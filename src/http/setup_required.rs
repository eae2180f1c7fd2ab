//! A server that others can reach serves nobody until it has its first administrator: others could otherwise use it
//! before its setup is complete.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use crate::{
    app::App,
    http::{
        body::is_form,
        pages::html,
        respond::{self, Dialect},
    },
    oauth::error::{ErrorCode, OAuthError},
};

/// Passes a request on, or responds with 503 in the format of the endpoint. Without `Retry-After`: only a person can
/// change it.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let Some(app) = app.filter(|app| is_shut(app)) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let error = OAuthError::new(
        ErrorCode::SetupRequired,
        "This server is not set up yet. Run keyfob setup-url on the server, or open the setup link in its console.",
    );
    let is_page = ["/authorize", "/logout"].map(|page| request.path().ends_with(page));
    let answer = if is_page.contains(&true) {
        html::error(&app, request.request(), &error, None)
    } else {
        let content_type = respond::header_text(request.request(), "content-type");
        let dialect = match is_form(content_type.as_deref()) {
            true => Dialect::Form,
            false => Dialect::Json,
        };
        respond::refusal(dialect, &error, false)
    };
    Ok(request.into_response(answer).map_into_right_body())
}

fn is_shut(app: &App) -> bool {
    !app.config.listens_on_loopback() && !app.directory.snapshot().has_admin
}
