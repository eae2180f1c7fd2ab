//! Origin of a request: this machine, or another one through a tunnel or a proxy.

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};
use serde_json::json;

use crate::{
    app::App,
    domain::redirect_uri::is_loopback_host,
    http::{forwarded, respond},
};

/// Names under which a container reaches the machine that it runs on.
const OF_CONTAINERS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

/// Whether the request came from this machine and names it. A page with another host name can have that name resolve to
/// this machine (DNS rebinding), and then has the same origin as the server; a tunnel or a proxy forwards requests of
/// others. A development proxy on this machine (Vite, Next.js) reports this machine and is accepted.
pub fn is_this_machine(request: &HttpRequest) -> bool {
    began_here(request) && is_loopback(&host(request))
}

/// Whether one-click sign-in is available: in development mode, which serves this machine only.
pub fn has_personas(app: &App, request: &HttpRequest) -> bool {
    app.config.is_dev() && is_this_machine(request)
}

/// Dev mode: nothing is served to requests from elsewhere, whatever the path. Containers of this machine pass.
pub async fn this_machine_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let host = host(request.request());
    let is_named = is_loopback(&host) || OF_CONTAINERS.contains(&without_port(&host));
    if is_named && began_here(request.request()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let app = request.app_data::<web::Data<App>>();
    let issuer = app.map_or("http://localhost", |app| app.config.issuer.as_str());
    let detail = format!(
        "keyfob dev serves this machine only. This request came from another machine or for another host. \
         Open {issuer}, or run keyfob serve."
    );
    let refusal = HttpResponse::Forbidden()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({ "detail": detail }));
    Ok(request.into_response(refusal.map_into_right_body()))
}

fn began_here(request: &HttpRequest) -> bool {
    let peer = request.peer_addr();
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !forwarded::comes_from_elsewhere(request.headers())
        && forwarded::hosts(request.headers()).all(|host| is_loopback(&host))
}

/// The `Host` of the request; over HTTP/2 its `:authority` (RFC 9113 §8.3.1).
fn host(request: &HttpRequest) -> String {
    let authority = || request.uri().authority().map(ToString::to_string);
    let host = respond::header_text(request, "host").or_else(authority);
    host.unwrap_or_default().to_ascii_lowercase()
}

/// RFC 6761 §6.3: `localhost` and all names below it are this machine.
fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    is_loopback_host(name) || name.ends_with(".localhost")
}

fn without_port(host: &str) -> &str {
    let split = host.rsplit_once(':');
    let split = split.filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
    split.map_or(host, |(name, _)| name)
}
