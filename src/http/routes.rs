//! The whole route table.

use actix_web::{
    HttpResponse, Resource,
    http::Method,
    web::{self, ServiceConfig},
};

use crate::{
    http::{
        assets, delegated_token, discovery, health, introspect, openapi,
        pages::{authorize, home, login, logout},
        principal_token, respond, revoke, token, userinfo,
    },
    oauth::metadata::BASE,
};

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

pub fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| format!("{BASE}{path}");
    config
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .service(
            only(at("/authorize"), "GET, POST")
                .route(get().to(authorize::authorize))
                .route(web::post().to(authorize::authorize)),
        )
        .service(only(at("/token"), "POST").route(web::post().to(token::post)))
        .service(
            only(at("/userinfo"), "GET, POST")
                .route(get().to(userinfo::get))
                .route(web::post().to(userinfo::get)),
        )
        .service(only(at("/delegated-token"), "POST").route(web::post().to(delegated_token::post)))
        .service(only(at("/principal-token"), "GET").route(get().to(principal_token::get)))
        .service(only(at("/introspect"), "POST").route(web::post().to(introspect::post)))
        .service(only(at("/revoke"), "POST").route(web::post().to(revoke::post)))
        .service(
            only("/.well-known/openid-configuration".into(), "GET")
                .route(get().to(discovery::metadata)),
        )
        .service(
            only("/.well-known/oauth-authorization-server".into(), "GET")
                .route(get().to(discovery::metadata)),
        )
        .service(only("/.well-known/jwks.json".into(), "GET").route(get().to(discovery::jwks)))
        .service(only("/openapi.json".into(), "GET").route(get().to(openapi::get)))
        .service(only("/healthz".into(), "GET").route(get().to(health::healthz)))
        .service(only("/readyz".into(), "GET").route(get().to(health::readyz)))
        .service(only("/".into(), "GET").route(get().to(home::get)))
        .service(
            only("/login".into(), "GET, POST")
                .route(get().to(login::get))
                .route(web::post().to(login::post)),
        )
        .service(
            only("/consent".into(), "GET, POST")
                .route(get().to(authorize::get_consent))
                .route(web::post().to(authorize::post_consent)),
        )
        .service(
            only("/logout".into(), "GET, POST")
                .route(get().to(logout::get))
                .route(web::post().to(logout::post)),
        )
        .service(only("/logout/done".into(), "GET").route(get().to(logout::done)))
        .service(only("/_a/{hash}/{name:.+}".into(), "GET").route(get().to(assets::get)))
        .default_service(web::to(respond::not_found));
}

/// A resource that answers 405 with `Allow` to every method it has no route for.
fn only(path: String, allow: &'static str) -> Resource {
    let refuse = move || async move { respond::method_not_allowed(allow) as HttpResponse };
    web::resource(path).default_service(web::to(refuse))
}

/// GET, and HEAD with it (RFC 9110 §9.3.2).
fn get() -> actix_web::Route {
    web::route().guard(
        actix_web::guard::Any(actix_web::guard::Method(Method::GET))
            .or(actix_web::guard::Method(Method::HEAD)),
    )
}
