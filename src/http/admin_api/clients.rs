//! `/clients`: their list, from memory, and their secrets.

use actix_web::web;
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
    admin::{clients, object::Managed},
    app::App,
    domain::time::Lifetime,
    store::Tx,
};

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let (text, held) = (query.text(), app.clone());
    let read = move |tx: &Tx, asked: &Asked| clients::list(&held, tx, text.as_deref(), asked);
    clients::LIST.answer(&app, &query, read).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Rotation {
    /// Seconds for which the replaced secret stays valid.
    overlap: Option<u32>,
}

/// A new secret, shown this one time.
pub async fn rotate_secret(
    app: web::Data<App>,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    admin.require_fresh()?;
    let rotation: Rotation = answer::read(&body)?;
    let overlap = rotation.overlap.map_or(clients::SECRET_OVERLAP, Lifetime);
    if overlap > Lifetime::days(30) {
        return Err(Problem::invalid(
            "overlap",
            "must be at most 30d (2592000 seconds)",
        ));
    }
    let made = change(&app, move |tx| {
        clients::rotate_secret(tx, &admin.by, &path, overlap)
    })
    .await?;
    answer::created(&made.value.made(made.secret.as_ref())?)
}
