//! `/sessions`: who is signed in, and signing them out.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{
    answer::{self, Answer, Page, id},
    change::{change, listed},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{
        AdminError,
        sessions::{self, SessionView},
    },
    app::App,
};

#[derive(Deserialize)]
pub struct Query {
    /// A username or `sub`.
    user: Option<String>,
    /// As `user`, but a filter: nothing is listed if there is no such user.
    sub: Option<String>,
    cursor: Option<String>,
}

const LIMIT: u32 = 50;

pub async fn list(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    let Query { user, sub, cursor } = query.into_inner();
    let before = cursor.as_deref().map(id).transpose()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (user, sub) = (given(user), given(sub));
    let found = listed(&app, move |tx| {
        let whose = user.as_deref().or(sub.as_deref());
        match sessions::list(tx, whose, before, LIMIT + 1) {
            Err(AdminError::NotFound { .. }) if user.is_none() => Ok(Vec::new()),
            found => found,
        }
    });
    answer::json(&Page::of(found.await?, LIMIT, |session: &SessionView| {
        session.id.to_string()
    }))
}

/// Ends one; the clients it visited are told.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let session = id(&path)?;
    change(&app, move |tx| sessions::revoke(tx, &admin.by, session)).await?;
    Ok(answer::no_content())
}
