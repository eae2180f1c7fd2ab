//! `/teams` and who is in them.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answer::{self, Answer},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, ListQuery},
    problem::Problem,
};
use crate::{
    admin::{AdminError, object, teams, users},
    app::App,
    domain::{
        name::TeamId,
        team::{Membership, Role, Team},
    },
    store::Tx,
};

/// Lists the members with their names and roles.
pub async fn members(
    app: web::Data<App>,
    path: web::Path<String>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let (path, text) = (path.into_inner(), query.text());
    let read = move |tx: &Tx, asked: &Asked| teams::members(tx, &path, text.as_deref(), asked);
    teams::MEMBERS.answer(&app, &query, read).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Member {
    /// A username or `sub`.
    user: String,
    #[serde(default)]
    role: Role,
}

/// Adds a member, or changes their role.
pub async fn put_member(
    app: web::Data<App>,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let member: Member = answer::read(&body)?;
    let team_id = TeamId::parse(&path).map_err(|error| Problem::not_found(error.to_string()))?;
    let job = move |tx: &Tx| -> Result<_, AdminError> {
        object::get::<Team>(tx, team_id.as_str())?;
        let membership = Membership {
            team_id,
            role: member.role,
        };
        users::join(tx, &admin.by, &member.user, membership)
    };
    change(&app, job).await?;
    Ok(answer::no_content())
}

pub async fn delete_member(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let (team_id, sub) = path.into_inner();
    change(&app, move |tx| users::leave(tx, &admin.by, &sub, &team_id)).await?;
    Ok(answer::no_content())
}
