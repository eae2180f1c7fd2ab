//! Routes for clients, users, teams and APIs in addition to those for every kind of object.

use super::{
    at::{Nothing, at, list},
    client_page, clients, grants, resources, teams, user_import, users,
};
use crate::{
    admin::{self, teams as members},
    http::{endpoint::Endpoint, openapi::admin_operation::admin as op},
    oauth::resource_metadata::ResourceMetadata,
};

pub fn of_clients() -> Vec<Endpoint> {
    vec![
        at("/clients/{client_id}/secrets").post(
            clients::rotate_secret,
            op("Rotate the client secret; the new one is returned only once")
                .fresh()
                .json_body::<clients::Rotation>()
                .makes::<admin::clients::CreatedClient>(),
        ),
        at("/clients/{client_id}/preview").get(
            client_page::preview,
            op("Preview the claims the client would get for a user, with reasons; issues nothing")
                .query::<client_page::PreviewQuery>()
                .gives::<admin::preview::Preview>(),
        ),
        at("/clients/{client_id}/usage").get(
            client_page::usage,
            op("Get a client's last use").gives::<admin::clients::Usage>(),
        ),
        at("/clients/{client_id}/declaration").get(
            client_page::declaration,
            op("Get the client as configuration file and as command")
                .gives::<admin::clients::Declaration>(),
        ),
        at("/clients/{client_id}/consents").get(
            client_page::consents,
            list::<admin::consents::ConsentView>(
                "List users' consents for a client",
                &client_page::CONSENTS,
            )
            .searched(),
        ),
        at("/clients/{client_id}/consents/{sub}").delete(
            client_page::delete_consent,
            op("Revoke a user's consent for a client, with its grants and tokens").does(),
        ),
        at("/clients/{client_id}/revoke").post(
            grants::revoke_client,
            op("Revoke all grants and tokens of a client").does(),
        ),
    ]
}

pub fn of_users() -> Vec<Endpoint> {
    vec![
        at("/users/import").post(
            user_import::post,
            op("Import users from CSV: all, or none if a row is invalid. With dry_run, only check")
                .fresh_if(" unless it is a dry run")
                .json_body::<user_import::Request>()
                .gives::<user_import::Response>(),
        ),
        at("/users/{sub}/link")
            .post(
                users::make_link,
                op(
                    "Create a one-time password link (invitation or reset); returned only once, replaces any earlier \
                     link",
                )
                .fresh()
                .json_body::<Nothing>()
                .makes::<admin::password_links::NewLink>(),
            )
            .delete(users::withdraw_link, op("Revoke the password link").does()),
        at("/users/{sub}/sign-out").post(
            users::sign_out,
            op("Revoke all sessions, grants and tokens of a user").json_body::<Nothing>().does(),
        ),
    ]
}

pub fn of_teams() -> Vec<Endpoint> {
    vec![
        at("/teams/{id}/members")
            .get(
                teams::members,
                list::<members::MemberView>("List the members of a team", &members::MEMBERS)
                    .searched(),
            )
            .post(
                teams::put_member,
                op("Add a team member or change their role")
                    .json_body::<teams::Member>()
                    .does(),
            ),
        at("/teams/{id}/members/{sub}")
            .delete(teams::delete_member, op("Remove a team member").does()),
    ]
}

pub fn of_resources() -> Vec<Endpoint> {
    vec![
        at("/resources/{uri}/clients").get(
            resources::clients,
            list::<resources::ClientOfResource>(
                "List the clients allowed to request an API",
                &resources::CLIENTS,
            )
            .searched(),
        ),
        at("/resources/{uri}/metadata").get(
            resources::metadata,
            op("Get an API's protected resource metadata (RFC 9728)").gives::<ResourceMetadata>(),
        ),
    ]
}
