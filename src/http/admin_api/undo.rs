//! `POST …/restore`: what was deleted comes back, within 30 days.

use actix_web::web;

use super::{
    answer::{self, Answer},
    change::change,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{
        clients::ClientView, danger, resources::ResourceView, scopes::ScopeView, teams::TeamView,
        undo, users::UserView,
    },
    app::App,
    store::Tx,
};

pub async fn client(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    let restored = change(&app, move |tx| -> Result<_, Problem> {
        let restored = undo::client(tx, &admin.by, &path)?;
        admin.require_fresh_if(danger::of_client(None, &restored.value)?)?;
        Ok(restored)
    })
    .await?;
    answer::object(&ClientView::from(&restored.value))
}

/// With the password comes the power the user had, so it needs what deleting one needs.
pub async fn user(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let restored = change(&app, move |tx| undo::user(tx, &admin.by, &path)).await?;
    answer::object(&UserView::from(&restored.value))
}

pub async fn team(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    let restored = change(&app, move |tx| undo::team(tx, &admin.by, &path)).await?;
    answer::object(&TeamView::from(&restored.value))
}

pub async fn scope(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    let restored = change(&app, move |tx| undo::scope(tx, &admin.by, &path)).await?;
    answer::object(&ScopeView::from(&restored.value))
}

pub async fn resource(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    let restored = change(&app, move |tx| -> Result<_, Problem> {
        let restored = undo::resource(tx, &admin.by, &path)?;
        admin.require_fresh_if(danger::of_resource(None, &restored.value))?;
        Ok(restored)
    })
    .await?;
    answer::object(&ResourceView::from(&restored.value))
}

/// It vouches for users again, so it needs what trusting one needs.
pub async fn trusted_issuer(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let job = move |tx: &Tx| undo::trusted_issuer(tx, &admin.by, &path);
    let restored = change(&app, job).await?;
    answer::object(&restored.value)
}
