//! `/clients/{client_id}/…`: data of the client's page in addition to the client itself.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answer::{self, Answer},
    change::{change, listed},
    extract::Params,
    guard::Admin,
    list::{self, List, ListQuery, Mark},
    problem::Problem,
};
use crate::{
    admin::{
        clients,
        consents::{self, Wanted},
        preview::{self, Asked},
    },
    app::App,
    store::Tx,
};

#[derive(Deserialize, JsonSchema)]
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
    query: Params<PreviewQuery>,
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

pub async fn usage(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let asking = app.clone();
    let found = listed(&app, move |tx| clients::usage(&asking, tx, &path));
    answer::json(&found.await?)
}

/// Text that creates the client again.
pub async fn declaration(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let client = app.store.read(|tx| clients::get(tx, &path))?;
    answer::json(&clients::declaration(&client)?)
}

pub(super) const CONSENTS: List = List {
    name: "consents",
    orders: &["sub"],
};

/// `q` is a username or `sub`.
pub async fn consents(
    app: web::Data<App>,
    path: web::Path<String>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let (path, text) = (path.into_inner(), query.text());
    let read = move |tx: &Tx, asked: &list::Asked| {
        let wanted = Wanted {
            user: text.as_deref(),
            descending: asked.descending,
            after: asked.after().map(|(_, sub)| sub),
        };
        let found = consents::of_client(tx, &path, wanted, asked.limit)?;
        let marked = found.into_iter().map(|one| (Mark::new("", &one.sub), one));
        Ok(marked.collect())
    };
    CONSENTS.answer(&app, &query, read).await
}

/// Deletes the user's consents and revokes everything issued from them.
pub async fn delete_consent(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let (client_id, sub) = path.into_inner();
    change(&app, move |tx| {
        consents::revoke(tx, &admin.by, &client_id, &sub)
    })
    .await?;
    Ok(answer::no_content())
}
