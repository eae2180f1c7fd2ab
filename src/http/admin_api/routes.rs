//! The admin API's route table. The order is that of the pages, and of `/openapi.json`.

use serde_json::{Value, json};

use super::{
    at::{Nothing, at, list},
    backup, choices, clients, delegation, devices, events, grants, keys,
    list::Page,
    object_routes,
    objects::{self, Shapes},
    overview, session, sessions, settings, state, stream, tokens, traces, trials,
};
use crate::{
    admin::{
        self,
        clients::{CreatedClient, ListedClient},
        register::each_kind,
    },
    domain::{client::Client, object::Object},
    http::{
        endpoint::Endpoint,
        openapi::{admin_operation::admin as op, schemas},
    },
    store::backup::Contents,
};

const SQLITE: &str = "application/vnd.sqlite3";

pub fn endpoints() -> Vec<Endpoint> {
    [
        pages(),
        managed_objects(),
        object_routes::of_clients(),
        object_routes::of_users(),
        object_routes::of_teams(),
        object_routes::of_resources(),
        issued(),
        watched(),
        of_the_server(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every kind of managed object, at [`Kind::path`](crate::admin::Kind::path).
fn managed_objects() -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    each_kind!(M => {
        // Clients are many: their list is read from memory.
        endpoints.extend(match M::KIND == Client::KIND {
            true => objects::endpoints_with::<M, _, _>(
                clients::list,
                Shapes {
                    listed: schemas::answer::<Page<ListedClient>>,
                    made: schemas::answer::<CreatedClient>,
                },
            ),
            false => objects::endpoints::<M>(),
        });
    });
    endpoints
}

fn pages() -> Vec<Endpoint> {
    vec![
        at("/session")
            .get(
                session::get,
                op("Get the admin session and sign-in options")
                    .public()
                    .gives::<session::Session>(),
            )
            .post(
                session::post,
                op("Sign in to the admin page")
                    .public()
                    .json_body::<session::Credentials>()
                    .makes::<session::SignedIn>(),
            )
            .put(
                session::put,
                op("Confirm the password before a sensitive change")
                    .json_body::<session::Credentials>()
                    .does(),
            )
            .delete(session::delete, op("Sign out").does()),
        at("/overview").get(
            overview::get,
            op("Get the dashboard: numbers, chart and warnings")
                .gives::<admin::overview::Overview>(),
        ),
    ]
}

fn issued() -> Vec<Endpoint> {
    let tokens = |summary, name| {
        list::<admin::issued::TokenView>(summary, &grants::issued_list(name))
            .searched()
            .query::<grants::Query>()
            .parameter(subject())
    };
    vec![
        at("/sessions").get(
            sessions::list,
            list::<admin::sessions::SessionView>("List sessions", &sessions::LIST)
                .searched()
                .query::<sessions::Query>(),
        ),
        at("/sessions/{id}").delete(
            sessions::delete,
            op("Revoke a session and notify its clients (back-channel logout)").does(),
        ),
        at("/devices").get(
            devices::list,
            list::<admin::devices::DeviceView>("List pending device requests", &devices::LIST)
                .searched(),
        ),
        at("/devices/{id}").delete(
            devices::delete,
            op("Deny a device request; revokes its grant if it was allowed").does(),
        ),
        at("/grants").get(
            grants::list,
            list::<admin::issued::GrantView>("List grants", &grants::issued_list("grants"))
                .searched()
                .query::<grants::Query>()
                .parameter(subject()),
        ),
        at("/grants/{id}").delete(grants::delete, op("Revoke a grant and its tokens").does()),
        at("/tokens").get(grants::tokens, tokens("List access tokens", "tokens")),
        at("/tokens/inspect").post(
            tokens::inspect,
            op("Decode a token and check whether it is valid")
                .json_body::<tokens::Named>()
                .gives::<tokens::Inspected>(),
        ),
        at("/tokens/revoke").post(
            tokens::revoke,
            op("Revoke a token and everything issued from it")
                .json_body::<tokens::Named>()
                .does(),
        ),
        at("/tokens/{jti}").delete(
            grants::delete_token,
            op("Revoke an access token and everything delegated from it").does(),
        ),
        at("/delegations").get(
            grants::delegations,
            tokens(
                "List delegated tokens; actor matches anyone in the chain",
                "delegations",
            ),
        ),
        at("/delegations/revoke").post(
            grants::revoke_delegated,
            op("Revoke the delegated tokens of an actor or a subject")
                .json_body::<grants::Whose>()
                .gives::<grants::Revoked>(),
        ),
        at("/delegation/policy").get(
            delegation::policy,
            op("List clients with delegation rights").gives::<delegation::Policy>(),
        ),
        at("/delegation/policy/{sub}").get(
            delegation::simulate,
            op("List who can act for a user and why").gives::<admin::delegation::Simulation>(),
        ),
    ]
}

fn watched() -> Vec<Endpoint> {
    vec![
        at("/choices").get(
            choices::get,
            op("The values that filters and fields accept").gives::<choices::Choices>(),
        ),
        at("/events").get(
            events::list,
            list::<admin::audit::EventView>("List audit events", &events::LIST)
                .query::<events::Query>(),
        ),
        at("/events/export").get(
            events::export,
            op("Export audit events")
                .query::<events::Query>()
                .query::<events::Export>()
                .file(&["application/jsonl", "application/json", "text/csv"]),
        ),
        at("/events/stream").get_only(
            stream::get,
            op("Stream new audit events (server-sent events)")
                .query::<events::Query>()
                .file(&["text/event-stream"]),
        ),
        at("/traces").get(
            traces::list,
            op("List traces")
                .searched()
                .query::<traces::Query>()
                .listed(&traces::LIST)
                .gives::<traces::Traces>(),
        ),
        at("/traces/{id}").get(
            traces::get,
            op("Get a trace with its exchanges").gives::<admin::traces::TraceView>(),
        ),
        at("/traces/{id}/{kind}").get(
            traces::export,
            op("Export a trace as HAR 1.2 or Postman collection").file(&["application/json"]),
        ),
        at("/trials").post(
            trials::begin,
            op("Start a test sign-in, with Keyfob as the client")
                .json_body::<trials::Asked>()
                .makes::<trials::Trial>(),
        ),
        at("/trials/{id}").get(
            trials::get,
            op("Get a test sign-in").gives::<trials::Trial>(),
        ),
        at("/trials/{id}/{step}").post(
            trials::step,
            op("Continue a test sign-in")
                .json_body::<Nothing>()
                .gives::<trials::Trial>(),
        ),
    ]
}

fn of_the_server() -> Vec<Endpoint> {
    vec![
        at("/keys")
            .get(
                keys::list,
                list::<admin::keys::KeyView>("List signing keys", &keys::LIST).searched(),
            )
            .post(
                keys::rotate,
                op("Publish a new signing key")
                    .fresh()
                    .json_body::<keys::Rotation>()
                    .makes::<admin::keys::KeyView>(),
            ),
        at("/keys/{kid}").delete(
            keys::delete,
            op("Retire a signing key; tokens signed with it become invalid")
                .fresh()
                .does(),
        ),
        at("/state/export").get(
            state::export,
            op("Export the database as a configuration file, without secrets")
                .file(&["application/toml"]),
        ),
        at("/state/plan").post(
            state::plan,
            op("Plan a configuration import; changes nothing")
                .json_body::<state::Import>()
                .gives::<state::Plan>(),
        ),
        at("/state/apply").post(
            state::apply,
            op("Import a configuration file, if it still matches its plan")
                .fresh()
                .json_body::<state::Import>()
                .gives::<state::Applied>(),
        ),
        at("/settings")
            .get(
                settings::get,
                op("List settings with their source").gives::<admin::settings::SettingsView>(),
            )
            .patch(
                settings::patch,
                op("Update settings; null resets to the default. Applies immediately")
                    .fresh()
                    .if_match()
                    .json_body::<serde_json::Map<String, Value>>()
                    .gives::<admin::settings::SettingsView>(),
            ),
        at("/settings/accent/{color}").get(
            settings::accent,
            op("Preview an accent color in light and dark").gives::<settings::Accent>(),
        ),
        at("/backup").get(backup::get, op("List backups").gives::<backup::Backups>()),
        at("/backup/download").get_only(
            backup::download,
            op("Download a backup of the database")
                .fresh()
                .file(&[SQLITE]),
        ),
        at("/backup/files/{name}").get_only(
            backup::file,
            op("Download a scheduled backup").fresh().file(&[SQLITE]),
        ),
        at("/backup/upload")
            .post(
                backup::upload,
                op("Upload a backup and check it; nothing else changes")
                    .fresh()
                    .file_body(SQLITE)
                    .makes::<Contents>(),
            )
            .delete(backup::forget, op("Discard the uploaded backup").does()),
        at("/backup/restore").post(
            backup::restore,
            op("Restore a backup (restarts the server)")
                .fresh()
                .json_body::<backup::Restore>()
                .json::<backup::Restoring>(202, "Accepted."),
        ),
    ]
}

/// Another name of the parameter `sub`.
fn subject() -> Value {
    json!({ "name": "subject", "in": "query", "schema": { "type": "string" }, "description": "Same as `sub`." })
}
