//! `/users`: sign out everywhere, a link to choose a password.

use actix_web::{HttpResponse, web};

use super::{
    answer::{self, Answer},
    change::change,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{password_links, sessions},
    app::App,
};

/// Revokes all sessions, grants and tokens of the user.
pub async fn sign_out(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| sessions::revoke_all(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

/// Creates a one-time link with which the user sets a password. Anyone who has it can sign in as that user.
pub async fn make_link(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let issuer = app.config.issuer.clone();
    let made = change(&app, move |tx| {
        password_links::make(tx, &admin.by, &path, &issuer)
    });
    answer::created(&made.await?.value)
}

/// Revokes the link.
pub async fn withdraw_link(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| {
        password_links::withdraw(tx, &admin.by, &path)
    })
    .await?;
    Ok(answer::no_content())
}
