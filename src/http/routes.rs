//! The whole route table.

use actix_web::{
    Resource,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    app::trials::CALLBACK,
    http::{
        admin_api, assets, body, branding, cors, delegated_token, device_authorization, discovery,
        dpop,
        endpoint::{Endpoint, at},
        health, introspect, metrics, openapi,
        pages::{
            account, admin, authorize, consent, device, end_session, home, login, logout, password,
            quick_fix, setup,
        },
        par, principal_token, recording, register, respond, revoke, setup_required, token,
        trial_client, userinfo,
    },
    oauth::BASE,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(body::LIMIT))
        .service(
            web::scope(BASE)
                .wrap(from_fn(setup_required::guard))
                .wrap(from_fn(dpop::offer_nonce))
                .configure(|config| {
                    protocol()
                        .into_iter()
                        .for_each(|endpoint| endpoint.register(config));
                }),
        );
    for endpoint in documents().into_iter().chain(other_addresses()) {
        endpoint.register(config);
    }
    // Before the pages, one of which matches everything under /admin.
    admin_api::configure(config);
    for endpoint in pages() {
        endpoint.register(config);
    }
    config.default_service(web::to(respond::not_found));
}

/// Endpoints in the API description, in order, each with its full path.
pub fn described() -> Vec<Endpoint> {
    let protocol = protocol().into_iter().map(|endpoint| endpoint.under(BASE));
    let admin = admin_api::endpoints()
        .into_iter()
        .map(|endpoint| endpoint.under(admin_api::BASE));
    protocol.chain(documents()).chain(admin).collect()
}

/// The endpoints of the protocol, under [`BASE`].
fn protocol() -> Vec<Endpoint> {
    vec![
        token::endpoint().within(recorded_for_clients),
        userinfo::endpoint().within(recorded_for_clients),
        delegated_token::endpoint().within(recorded_for_clients),
        principal_token::endpoint().within(recorded_for_clients),
        authorize::endpoint().within(recorded),
        par::endpoint().within(recorded_for_clients),
        device_authorization::endpoint().within(recorded_for_clients),
        introspect::endpoint(),
        revoke::endpoint().within(for_clients),
        // A page that registers itself has no client yet whose origins could be checked.
        register::endpoint().within(for_everybody),
        register::own().within(for_everybody),
        end_session::endpoint(),
    ]
}

/// Server metadata.
fn documents() -> Vec<Endpoint> {
    vec![
        discovery::openid().within(for_everybody),
        discovery::oauth().within(for_everybody),
        discovery::resources().within(for_everybody),
        discovery::resource_paths().within(for_everybody),
        discovery::keys().within(for_everybody),
        health::alive(),
        health::ready(),
        metrics::endpoint(),
        openapi::endpoint().within(for_everybody),
    ]
}

/// Paths that older MCP clients use, whatever the metadata has. The description has the actual paths of the endpoints.
fn other_addresses() -> Vec<Endpoint> {
    vec![
        authorize::endpoint().within(|resource, config| {
            let resource = resource
                .wrap(from_fn(recording::record))
                .wrap(from_fn(setup_required::guard));
            config.service(resource);
        }),
        token::endpoint().within(|resource, config| {
            let resource = resource
                .wrap(from_fn(recording::record))
                .wrap(from_fn(cors::clients))
                .wrap(from_fn(setup_required::guard));
            config.service(resource);
        }),
        register::endpoint().within(|resource, config| {
            let resource = resource
                .wrap(from_fn(cors::everybody))
                .wrap(from_fn(setup_required::guard));
            config.service(resource);
        }),
    ]
}

/// For browsers.
fn pages() -> Vec<Endpoint> {
    vec![
        at("/docs").page(admin::docs),
        at("/").page(home::get),
        at("/login")
            .page(login::get)
            .form(login::post)
            .within(recorded),
        at("/consent")
            .page(consent::get)
            .form(consent::post)
            .within(recorded),
        at("/device")
            .page(device::get)
            .form(device::post)
            .within(recorded),
        at("/device/allowed").page(device::allowed),
        at("/device/denied").page(device::denied),
        at("/logout").page(logout::get).form(logout::post),
        at("/account")
            .page(account::profile::get)
            .form(account::profile::post),
        at("/account/password")
            .page(account::password::get)
            .form(account::password::post),
        at("/account/sessions")
            .page(account::sessions::get)
            .form(account::sessions::post),
        at("/account/apps")
            .page(account::apps::get)
            .form(account::apps::post),
        at("/account/export").page(account::export::get),
        at("/quick-fix").form(quick_fix::post),
        at("/setup").page(setup::get).form(setup::post),
        at("/setup/done").page(setup::done),
        at("/password").page(password::get).form(password::post),
        at("/password/done").page(password::done),
        at("/logout/done").page(logout::done),
        at(CALLBACK).visit(trial_client::callback),
        at("/admin").page(admin::get),
        at("/admin/{page:.*}").page(admin::get),
        at("/_a/{hash}/{name:.+}").page(assets::get),
        at("/_branding/{hash}/{name}").page(branding::get),
    ]
}

fn recorded(resource: Resource, config: &mut ServiceConfig) {
    config.service(resource.wrap(from_fn(recording::record)));
}

fn recorded_for_clients(resource: Resource, config: &mut ServiceConfig) {
    let resource = resource.wrap(from_fn(recording::record));
    config.service(resource.wrap(from_fn(cors::clients)));
}

fn for_clients(resource: Resource, config: &mut ServiceConfig) {
    config.service(resource.wrap(from_fn(cors::clients)));
}

fn for_everybody(resource: Resource, config: &mut ServiceConfig) {
    config.service(resource.wrap(from_fn(cors::everybody)));
}
