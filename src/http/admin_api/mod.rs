//! Admin API under `/admin/api/v1`, for the admin page and for programs with an access token that has `keyfob:admin`.
//! One file per page. The rules are in `admin`; this module parses requests, checks access ([`guard`]) and writes
//! responses ([`problem`], [`answer`]).

mod answer;
mod at;
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
mod object_routes;
mod objects;
mod overview;
pub mod problem;
mod resources;
mod routes;
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
    HttpResponse,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use self::bounds::BODY_LIMIT;
pub use self::{bounds::BASE, routes::endpoints};
use crate::http::dpop;

pub fn configure(config: &mut ServiceConfig) {
    let mut endpoints = endpoints();
    // `/users/import` is not the user of this name.
    endpoints.sort_by_key(|endpoint| endpoint.path.matches('{').count());
    let scope = web::scope(BASE)
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .wrap(from_fn(dpop::offer_nonce))
        .configure(|config| {
            endpoints
                .into_iter()
                .for_each(|endpoint| endpoint.register(config));
        })
        .default_service(web::to(not_found));
    config.service(scope);
}

async fn not_found() -> HttpResponse {
    problem::Problem::not_found("Not found.").into()
}
