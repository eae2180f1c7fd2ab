//! `/teams` and who is in them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::{
    answer::{self, Answer, Seen},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark},
    problem::Problem,
};
use crate::{
    admin::{
        AdminError,
        teams::{self, TeamInput, TeamView},
        users,
    },
    app::{App, SharedApp},
    domain::{
        name::TeamId,
        team::{Membership, Role, Team},
    },
    store::{
        Tx,
        teams::{self as stored, MembersWanted, Sort, Wanted},
        users as stored_users,
    },
};

const LIST: List = List {
    name: "teams",
    orders: &["id", "name", "created"],
};

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| {
        let sort = match asked.by {
            "name" => Sort::Name,
            "created" => Sort::Created,
            _ => Sort::Id,
        };
        let wanted = Wanted {
            text: text.as_deref(),
            sort,
            descending: asked.descending,
            after: asked.after(),
        };
        let found = stored::list(tx, wanted, asked.limit)?;
        let mark = |team: &Team| Mark::new(sort.key(team), &team.id);
        Ok(found
            .iter()
            .map(|team| (mark(team), TeamView::from(team)))
            .collect())
    };
    LIST.answer(&app, &query, read).await
}

pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input = answer::read::<TeamInput>(&body)?.check()?;
    let made = change(&app, move |tx| teams::create(tx, &admin.by, input)).await?;
    answer::created(&TeamView::from(&made.value))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    answer::object(&TeamView::from(&find(&app, &path)?))
}

pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    let seen = Seen::of(&request)?;
    let input = answer::read::<TeamInput>(&body)?.check()?;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        seen.is(&TeamView::from(&teams::get(tx, &path)?))?;
        Ok(teams::update(tx, &admin.by, &path, input)?)
    })
    .await?;
    answer::object(&TeamView::from(&changed.value))
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| teams::delete(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

const MEMBERS: List = List {
    name: "members",
    orders: &["sub"],
};

/// With their names and roles.
pub async fn members(
    app: web::Data<App>,
    path: web::Path<String>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let (path, text) = (path.into_inner(), query.text());
    let read = move |tx: &Tx, asked: &Asked| {
        teams::get(tx, &path)?;
        let wanted = MembersWanted {
            text: text.as_deref(),
            descending: asked.descending,
            after: asked.after().map(|(_, sub)| sub),
        };
        let members = stored::members(tx, &path, wanted, asked.limit)?;
        members
            .into_iter()
            .map(|(sub, role)| {
                let user = stored_users::get(tx, sub.as_str())?;
                let member = json!({
                    "sub": sub,
                    "role": role,
                    "username": user.as_ref().map(|user| &user.username),
                    "name": user.as_ref().map(|user| user.display_name()),
                    "managed_by": user.as_ref().and_then(|user| user.managed_by.as_ref()),
                });
                Ok((Mark::new("", &sub), member))
            })
            .collect()
    };
    MEMBERS.answer(&app, &query, read).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    /// A username or `sub`.
    user: String,
    #[serde(default)]
    role: Role,
}

/// Adds somebody, or changes their role.
pub async fn put_member(
    app: web::Data<App>,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let member: Member = answer::read(&body)?;
    let team_id = TeamId::parse(&path).map_err(|error| Problem::not_found(error.to_string()))?;
    let job = move |tx: &Tx| -> Result<_, AdminError> {
        teams::get(tx, team_id.as_str())?;
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

fn find(app: &SharedApp, id: &str) -> Result<Team, Problem> {
    Ok(app.store.read(|tx| teams::get(tx, id))?)
}
