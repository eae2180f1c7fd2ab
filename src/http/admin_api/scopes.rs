//! `/scopes`: what clients can ask for.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    answer::{self, Answer, Seen},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, is_in},
    problem::Problem,
};
use crate::{
    admin::scopes::{self, ScopeInput, ScopeView},
    app::App,
    store::Tx,
};

const LIST: List = List {
    name: "scopes",
    orders: &["name"],
};

/// From memory.
pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let (text, held) = (query.text(), app.clone());
    let read = move |_: &Tx, asked: &Asked| {
        let snapshot = held.directory.snapshot();
        let found = snapshot
            .scopes
            .iter()
            .filter(|scope| is_in(&text, [scope.name.as_str(), &scope.description]));
        let found = found.map(ScopeView::from);
        Ok(asked.sorted(found, |scope| Mark::new("", &scope.name)))
    };
    LIST.answer(&app, &query, read).await
}

pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input = answer::read::<ScopeInput>(&body)?.check()?;
    let made = change(&app, move |tx| scopes::create(tx, &admin.by, input)).await?;
    answer::created(&ScopeView::from(&made.value))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    answer::object(&view(&app, &path)?)
}

pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    let seen = Seen::of(&request)?;
    let input = answer::read::<ScopeInput>(&body)?.check()?;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        seen.is(&ScopeView::from(&scopes::get(tx, &path)?))?;
        Ok(scopes::update(tx, &admin.by, &path, input)?)
    })
    .await?;
    answer::object(&ScopeView::from(&changed.value))
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| scopes::delete(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

fn view(app: &App, name: &str) -> Result<ScopeView, Problem> {
    let scope = app.store.read(|tx| scopes::get(tx, name))?;
    Ok(ScopeView::from(&scope))
}
