//! `/sessions`: who is signed in, and signing them out.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answer::{self, Answer, id},
    change::change,
    extract::Params,
    guard::Admin,
    list::{Asked, List, ListQuery, Mark},
    problem::Problem,
};
use crate::{admin::sessions, app::App, store::Tx};

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    /// A username or `sub`.
    user: Option<String>,
    /// Like `user`, but returns an empty list for an unknown user.
    sub: Option<String>,
}

pub(super) const LIST: List = List {
    name: "sessions",
    orders: &["-created"],
};

pub async fn list(
    app: web::Data<App>,
    filter: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let Query { user, sub } = filter.into_inner();
    let (user, sub, text) = (given(user), given(sub), query.text());
    let read = move |tx: &Tx, asked: &Asked| {
        let from = asked.beyond()?;
        let found = match &user {
            Some(user) => sessions::list(tx, Some(user), from, asked.limit)?,
            None => {
                let names = [sub.as_deref(), text.as_deref()];
                sessions::search(tx, names.into_iter().flatten(), from, asked.limit)?
            }
        };
        let marked = found.into_iter().map(|one| (Mark::of(one.id), one));
        Ok(marked.collect())
    };
    LIST.answer(&app, &query, read).await
}

/// Revokes a session and notifies the clients it visited.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let session = id(&path)?;
    change(&app, move |tx| sessions::revoke(tx, &admin.by, session)).await?;
    Ok(answer::no_content())
}
