//! `/clients/{client_id}/…`: what the client's page shows beside the client itself.

use actix_web::web;
use serde::Deserialize;

use super::{
    answer::{self, Answer},
    change::listed,
    guard::Admin,
};
use crate::{
    admin::preview::{self, Asked},
    app::App,
};

#[derive(Deserialize)]
pub struct PreviewQuery {
    /// A username or `sub`; without it the client uses its own credentials.
    sub: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
    claims: Option<String>,
    team_id: Option<String>,
}

pub async fn preview(
    app: web::Data<App>,
    path: web::Path<String>,
    query: web::Query<PreviewQuery>,
    _admin: Admin,
) -> Answer {
    let query = query.into_inner();
    let given = |text: Option<String>| {
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let asked = Asked {
        user: given(query.sub),
        scope: given(query.scope),
        resource: given(query.resource),
        claims: given(query.claims),
        team_id: given(query.team_id),
    };
    let asking = app.clone();
    let shown = listed(&app, move |tx| preview::preview(&asking, tx, &path, &asked));
    answer::json(&shown.await?)
}
