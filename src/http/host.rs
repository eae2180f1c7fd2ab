//! The name under which a request asks for this server.

use actix_web::HttpRequest;

use crate::{app::App, domain::redirect_uri::is_loopback_host, http::respond};

/// Whether it is one of this machine. A page of any other name can have that name lead here (DNS rebinding),
/// and is then of the same origin as the server: what is open to whoever is at this machine is not for it.
pub fn is_this_machine(request: &HttpRequest) -> bool {
    let host = respond::header_text(request, "host").unwrap_or_default();
    let without_port = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
    is_loopback_host(without_port.map_or(&*host, |(host, _)| host))
}

/// Whether one click signs in: in dev mode, which serves this machine only.
pub fn has_personas(app: &App, request: &HttpRequest) -> bool {
    app.config.is_dev() && is_this_machine(request)
}
