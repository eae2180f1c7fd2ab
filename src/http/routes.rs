//! The whole route table.

use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    app::tries::CALLBACK,
    http::{
        admin_api, assets, body, cors, delegated_token, device_authorization, discovery, dpop,
        health, introspect, look, metrics, openapi,
        pages::{
            account, admin, authorize, consent, device, end_session, home, login, logout, mend,
            password, setup,
        },
        par, principal_token, recording, register,
        resource::{get, only},
        respond, revoke, setup_required, token, try_run, userinfo,
    },
    oauth::BASE,
};

/// RFC 9728 §3.1
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const RESOURCE_AT: &str = "/.well-known/oauth-protected-resource/{path:.+}";

pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(body::LIMIT))
        .service(
            web::scope(BASE)
                .wrap(from_fn(setup_required::guard))
                .wrap(from_fn(dpop::offer_nonce))
                .service(
                    only("/authorize", "GET, HEAD, POST")
                        .route(get().to(authorize::authorize))
                        .route(web::post().to(authorize::authorize))
                        .wrap(from_fn(recording::record)),
                )
                .service(
                    only("/logout", "GET, HEAD, POST")
                        .route(get().to(end_session::end_session))
                        .route(web::post().to(end_session::end_session)),
                )
                .service(
                    only("/par", "POST")
                        .route(web::post().to(par::post))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    only("/token", "POST")
                        .route(web::post().to(token::post))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    only("/userinfo", "GET, HEAD, POST")
                        .route(get().to(userinfo::get))
                        .route(web::post().to(userinfo::post))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    only("/delegated-token", "POST")
                        .route(web::post().to(delegated_token::post))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    only("/principal-token", "GET, HEAD")
                        .route(get().to(principal_token::get))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    only("/device_authorization", "POST")
                        .route(web::post().to(device_authorization::post))
                        .wrap(from_fn(recording::record))
                        .wrap(from_fn(cors::clients)),
                )
                .service(only("/introspect", "POST").route(web::post().to(introspect::post)))
                .service(
                    only("/revoke", "POST")
                        .route(web::post().to(revoke::post))
                        .wrap(from_fn(cors::clients)),
                )
                .service(
                    // A page that registers itself has no client yet whose origins could be asked.
                    only("/register", "POST")
                        .route(web::post().to(register::post))
                        .wrap(from_fn(cors::everybody)),
                )
                .service(
                    only("/register/{client_id}", "GET, HEAD, PUT, DELETE")
                        .route(get().to(register::get))
                        .route(web::put().to(register::put))
                        .route(web::delete().to(register::delete))
                        .wrap(from_fn(cors::everybody)),
                ),
        )
        .service(
            only("/.well-known/openid-configuration", "GET, HEAD")
                .route(get().to(discovery::metadata))
                .wrap(from_fn(cors::everybody)),
        )
        .service(
            only("/.well-known/oauth-authorization-server", "GET, HEAD")
                .route(get().to(discovery::metadata))
                .wrap(from_fn(cors::everybody)),
        )
        .service(
            only(RESOURCE, "GET, HEAD")
                .route(get().to(discovery::resource))
                .wrap(from_fn(cors::everybody)),
        )
        .service(
            only(RESOURCE_AT, "GET, HEAD")
                .route(get().to(discovery::resource_at))
                .wrap(from_fn(cors::everybody)),
        )
        .service(
            only("/.well-known/jwks.json", "GET, HEAD")
                .route(get().to(discovery::jwks))
                .wrap(from_fn(cors::everybody)),
        )
        .service(
            // Where older MCP clients look, whatever the metadata says.
            only("/authorize", "GET, HEAD, POST")
                .route(get().to(authorize::authorize))
                .route(web::post().to(authorize::authorize))
                .wrap(from_fn(recording::record))
                .wrap(from_fn(setup_required::guard)),
        )
        .service(
            only("/token", "POST")
                .route(web::post().to(token::post))
                .wrap(from_fn(recording::record))
                .wrap(from_fn(cors::clients))
                .wrap(from_fn(setup_required::guard)),
        )
        .service(
            only("/register", "POST")
                .route(web::post().to(register::post))
                .wrap(from_fn(cors::everybody))
                .wrap(from_fn(setup_required::guard)),
        )
        .service(
            only("/openapi.json", "GET, HEAD")
                .route(get().to(openapi::get))
                .wrap(from_fn(cors::everybody)),
        )
        .service(only("/docs", "GET, HEAD").route(get().to(admin::docs)))
        .service(only("/healthz", "GET, HEAD").route(get().to(health::healthz)))
        .service(only("/readyz", "GET, HEAD").route(get().to(health::readyz)))
        .service(only("/metrics", "GET, HEAD").route(get().to(metrics::get)))
        .service(only("/", "GET, HEAD").route(get().to(home::get)))
        .service(
            only("/login", "GET, HEAD, POST")
                .route(get().to(login::get))
                .route(web::post().to(login::post))
                .wrap(from_fn(recording::record)),
        )
        .service(
            only("/consent", "GET, HEAD, POST")
                .route(get().to(consent::get))
                .route(web::post().to(consent::post))
                .wrap(from_fn(recording::record)),
        )
        .service(
            only("/device", "GET, HEAD, POST")
                .route(get().to(device::get))
                .route(web::post().to(device::post))
                .wrap(from_fn(recording::record)),
        )
        .service(only("/device/allowed", "GET, HEAD").route(get().to(device::allowed)))
        .service(only("/device/denied", "GET, HEAD").route(get().to(device::denied)))
        .service(
            only("/logout", "GET, HEAD, POST")
                .route(get().to(logout::get))
                .route(web::post().to(logout::post)),
        )
        .service(
            only("/account", "GET, HEAD, POST")
                .route(get().to(account::profile::get))
                .route(web::post().to(account::profile::post)),
        )
        .service(
            only("/account/password", "GET, HEAD, POST")
                .route(get().to(account::password::get))
                .route(web::post().to(account::password::post)),
        )
        .service(
            only("/account/sessions", "GET, HEAD, POST")
                .route(get().to(account::sessions::get))
                .route(web::post().to(account::sessions::post)),
        )
        .service(
            only("/account/apps", "GET, HEAD, POST")
                .route(get().to(account::apps::get))
                .route(web::post().to(account::apps::post)),
        )
        .service(only("/account/export", "GET, HEAD").route(get().to(account::export::get)))
        .service(only("/mend", "POST").route(web::post().to(mend::post)))
        .service(
            only("/setup", "GET, HEAD, POST")
                .route(get().to(setup::get))
                .route(web::post().to(setup::post)),
        )
        .service(only("/setup/done", "GET, HEAD").route(get().to(setup::done)))
        .service(
            only("/password", "GET, HEAD, POST")
                .route(get().to(password::get))
                .route(web::post().to(password::post)),
        )
        .service(only("/password/done", "GET, HEAD").route(get().to(password::done)))
        .service(only("/logout/done", "GET, HEAD").route(get().to(logout::done)))
        .configure(admin_api::configure)
        .service(only(CALLBACK, "GET").route(web::get().to(try_run::callback)))
        .service(only("/admin", "GET, HEAD").route(get().to(admin::get)))
        .service(only("/admin/{page:.*}", "GET, HEAD").route(get().to(admin::get)))
        .service(only("/_a/{hash}/{name:.+}", "GET, HEAD").route(get().to(assets::get)))
        .service(only("/_look/{hash}/{name}", "GET, HEAD").route(get().to(look::get)))
        .default_service(web::to(respond::not_found));
}
