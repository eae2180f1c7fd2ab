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
    admin::sessions::{self, SessionView},
    app::App,
};

#[derive(Deserialize)]
pub struct Query {
    /// A username or `sub`.
    user: Option<String>,
    cursor: Option<String>,
}

const LIMIT: u32 = 50;

pub async fn list(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    let query = query.into_inner();
    let before = query.cursor.as_deref().map(id).transpose()?;
    let found = listed(&app, move |tx| {
        sessions::list(
            tx,
            query.user.as_deref().filter(|user| !user.is_empty()),
            before,
            LIMIT + 1,
        )
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
