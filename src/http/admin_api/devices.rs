//! `/devices`: devices that wait for their user, and denying a request.

use actix_web::{HttpResponse, web};

use super::{
    answer::{self, Answer, id},
    change::change,
    extract::Params,
    guard::Admin,
    list::{Asked, List, ListQuery, Mark},
    problem::Problem,
};
use crate::{admin::devices, app::App, store::Tx};

pub(super) const LIST: List = List {
    name: "devices",
    orders: &["-created"],
};

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| {
        let found = devices::list(tx, text.as_deref(), asked.beyond()?, asked.limit)?;
        let marked = found.into_iter().map(|one| (Mark::of(one.id), one));
        Ok(marked.collect())
    };
    LIST.answer(&app, &query, read).await
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let device = id(&path)?;
    change(&app, move |tx| devices::cancel(tx, &admin.by, device)).await?;
    Ok(answer::no_content())
}
