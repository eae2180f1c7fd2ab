//! The admin API under `/admin/api/v1`: what the admin page talks to, and programs with an access token
//! that has `keyfob:admin`. One file per page. Rules live in `admin`; here requests are read, the right
//! to make them is checked ([`guard`]), and answers are written ([`problem`], [`answer`]).

mod answer;
mod backup;
mod bounds;
mod change;
mod choices;
mod client_page;
mod clients;
mod delegation;
mod devices;
mod events;
mod extract;
mod grants;
pub mod guard;
mod keys;
mod list;
mod objects;
mod overview;
pub mod problem;
mod resources;
mod session;
mod sessions;
mod settings;
mod state;
pub mod stream;
mod teams;
mod tokens;
mod traces;
mod trials;
mod user_import;
mod users;

use actix_web::{
    HttpResponse, Resource,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

pub use self::bounds::BASE;
use self::bounds::BODY_LIMIT;
use crate::{
    admin::register::each_kind,
    domain::{client::Client, object::Object},
    http::{dpop, resource},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(
        web::scope(BASE)
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .wrap(from_fn(dpop::offer_nonce))
            .service(
                at("/session", "GET, POST, PUT, DELETE")
                    .route(resource::get().to(session::get))
                    .route(web::post().to(session::post))
                    .route(web::put().to(session::put))
                    .route(web::delete().to(session::delete)),
            )
            .service(at("/choices", "GET").route(resource::get().to(choices::get)))
            .service(
                at("/clients/{client_id}/secrets", "POST")
                    .route(web::post().to(clients::rotate_secret)),
            )
            .service(
                at("/clients/{client_id}/preview", "GET")
                    .route(resource::get().to(client_page::preview)),
            )
            .service(
                at("/clients/{client_id}/use", "GET").route(resource::get().to(client_page::usage)),
            )
            .service(
                at("/clients/{client_id}/declaration", "GET")
                    .route(resource::get().to(client_page::declaration)),
            )
            .service(
                at("/clients/{client_id}/consents", "GET")
                    .route(resource::get().to(client_page::consents)),
            )
            .service(
                at("/clients/{client_id}/consents/{sub}", "DELETE")
                    .route(web::delete().to(client_page::delete_consent)),
            )
            .service(at("/users/import", "POST").route(web::post().to(user_import::post)))
            .service(at("/users/{sub}/sign-out", "POST").route(web::post().to(users::sign_out)))
            .service(
                at("/users/{sub}/link", "POST, DELETE")
                    .route(web::post().to(users::make_link))
                    .route(web::delete().to(users::withdraw_link)),
            )
            .service(
                at("/teams/{id}/members", "GET, POST")
                    .route(resource::get().to(teams::members))
                    .route(web::post().to(teams::put_member)),
            )
            .service(
                at("/teams/{id}/members/{sub}", "DELETE")
                    .route(web::delete().to(teams::delete_member)),
            )
            .service(
                at("/clients/{client_id}/revoke", "POST")
                    .route(web::post().to(grants::revoke_client)),
            )
            .service(at("/grants", "GET").route(resource::get().to(grants::list)))
            .service(at("/grants/{id}", "DELETE").route(web::delete().to(grants::delete)))
            .service(at("/delegations", "GET").route(resource::get().to(grants::delegations)))
            .service(
                at("/delegations/revoke", "POST").route(web::post().to(grants::revoke_delegated)),
            )
            .service(
                at("/resources/{uri}/clients", "GET").route(resource::get().to(resources::clients)),
            )
            .service(
                at("/resources/{uri}/metadata", "GET")
                    .route(resource::get().to(resources::metadata)),
            )
            .service(at("/delegation/policy", "GET").route(resource::get().to(delegation::policy)))
            .service(
                at("/delegation/policy/{sub}", "GET")
                    .route(resource::get().to(delegation::simulate)),
            )
            .service(at("/overview", "GET").route(resource::get().to(overview::get)))
            .service(at("/sessions", "GET").route(resource::get().to(sessions::list)))
            .service(at("/sessions/{id}", "DELETE").route(web::delete().to(sessions::delete)))
            .service(at("/devices", "GET").route(resource::get().to(devices::list)))
            .service(at("/devices/{id}", "DELETE").route(web::delete().to(devices::delete)))
            .service(at("/events", "GET").route(resource::get().to(events::list)))
            .service(at("/events/stream", "GET").route(web::get().to(stream::get)))
            .service(at("/events/export", "GET").route(resource::get().to(events::export)))
            .service(at("/trials", "POST").route(web::post().to(trials::begin)))
            .service(at("/trials/{id}", "GET").route(resource::get().to(trials::get)))
            .service(at("/trials/{id}/{step}", "POST").route(web::post().to(trials::step)))
            .service(at("/traces", "GET").route(resource::get().to(traces::list)))
            .service(at("/traces/{id}", "GET").route(resource::get().to(traces::get)))
            .service(at("/traces/{id}/{kind}", "GET").route(resource::get().to(traces::export)))
            .service(
                at("/keys", "GET, POST")
                    .route(resource::get().to(keys::list))
                    .route(web::post().to(keys::rotate)),
            )
            .service(at("/keys/{kid}", "DELETE").route(web::delete().to(keys::delete)))
            .service(at("/backup", "GET").route(resource::get().to(backup::get)))
            .service(at("/backup/download", "GET").route(web::get().to(backup::download)))
            .service(at("/backup/files/{name}", "GET").route(web::get().to(backup::file)))
            .service(
                at("/backup/upload", "POST, DELETE")
                    .route(web::post().to(backup::upload))
                    .route(web::delete().to(backup::forget)),
            )
            .service(at("/backup/restore", "POST").route(web::post().to(backup::restore)))
            .service(
                at("/settings", "GET, PATCH")
                    .route(resource::get().to(settings::get))
                    .route(web::patch().to(settings::patch)),
            )
            .service(
                at("/settings/accent/{color}", "GET").route(resource::get().to(settings::accent)),
            )
            .service(at("/state/export", "GET").route(resource::get().to(state::export)))
            .service(at("/state/plan", "POST").route(web::post().to(state::plan)))
            .service(at("/state/apply", "POST").route(web::post().to(state::apply)))
            .service(at("/tokens/inspect", "POST").route(web::post().to(tokens::inspect)))
            .service(at("/tokens/revoke", "POST").route(web::post().to(tokens::revoke)))
            .service(at("/tokens", "GET").route(resource::get().to(grants::tokens)))
            .service(at("/tokens/{jti}", "DELETE").route(web::delete().to(grants::delete_token)))
            .configure(managed_objects)
            .default_service(web::to(not_found)),
    );
}

/// Every kind of managed object, at [`Kind::path`](crate::admin::Kind::path).
fn managed_objects(config: &mut ServiceConfig) {
    each_kind!(M => {
        // Clients are many: their list is read from memory.
        let list = match M::KIND == Client::KIND {
            true => resource::get().to(clients::list),
            false => resource::get().to(objects::list::<M>),
        };
        objects::configure::<M>(config, list);
    });
}

fn at(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        problem::Problem::method_not_allowed(allow) as HttpResponse
    }))
}

async fn not_found() -> HttpResponse {
    problem::Problem::not_found("Not found.").into()
}
