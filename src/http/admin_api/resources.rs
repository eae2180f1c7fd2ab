//! `/resources`: the APIs that tokens are for (RFC 8707), who may ask for them, and what they say of
//! themselves.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{
    answer::{self, Answer, ListQuery, Page},
    change::change,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::resources::{self, ResourceInput, ResourceView},
    app::App,
    directory::FIRST_PARTY,
    domain::client::Client,
    oauth::{resource_metadata, target},
};

/// By URI, from memory.
pub async fn list(app: web::Data<App>, query: web::Query<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text().map(str::to_lowercase).unwrap_or_default();
    let after = query.cursor.as_deref().unwrap_or_default();
    let snapshot = app.directory.snapshot();
    let named = |name: &str| name.to_lowercase().contains(&text);
    let limit = query.limit();
    let found = snapshot
        .resources
        .iter()
        .filter(|resource| resource.uri.as_str() > after)
        .filter(|resource| named(resource.uri.as_str()) || named(&resource.name))
        .take(limit as usize + 1)
        .map(ResourceView::from)
        .collect();
    answer::json(&Page::of(found, limit, |resource: &ResourceView| {
        resource.uri.to_string()
    }))
}

pub async fn create(app: web::Data<App>, body: web::Bytes, admin: Admin) -> Answer {
    let input = answer::read::<ResourceInput>(&body)?.check()?;
    let made = change(&app, move |tx| resources::create(tx, &admin.by, input)).await?;
    answer::created(&ResourceView::from(&made.value))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    answer::object(&view(&app, &path)?)
}

pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    admin: Admin,
) -> Answer {
    answer::check_unchanged(&request, &view(&app, &path)?)?;
    let input = answer::read::<ResourceInput>(&body)?.check()?;
    let changed = change(&app, move |tx| {
        resources::update(tx, &admin.by, &path, input)
    })
    .await?;
    answer::object(&ResourceView::from(&changed.value))
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| resources::delete(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

/// The clients that may ask for it, by `client_id`: those that name it, and those that are held to no
/// resource.
pub async fn clients(
    app: web::Data<App>,
    path: web::Path<String>,
    query: web::Query<ListQuery>,
    _admin: Admin,
) -> Answer {
    let uri = view(&app, &path)?.uri;
    let snapshot = app.directory.snapshot();
    let after = query.cursor.as_deref().unwrap_or_default();
    let may_ask = |client: &Client| {
        client.client_id.as_str() > after
            && client.client_id.as_str() != FIRST_PARTY
            && target::may_ask_for(client, uri.as_str())
    };
    let mut found: Vec<_> = snapshot
        .clients()
        .filter(|client| may_ask(client))
        .collect();
    found.sort_unstable_by(|a, b| a.client_id.cmp(&b.client_id));
    let limit = query.limit();
    found.truncate(limit as usize + 1);
    let page = Page::of(found, limit, |client| client.client_id.to_string());
    let items = page.items.iter().map(|client| {
        json!({
            "client_id": client.client_id,
            "client_name": client.display_name(),
            "disabled": client.disabled,
            "named": client.metadata.allowed_resources.is_some(),
        })
    });
    answer::json(&Page {
        items: items.collect(),
        next: page.next,
    })
}

/// Its protected-resource metadata (RFC 9728 §2), to be served by the API itself.
pub async fn metadata(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let uri = view(&app, &path)?.uri;
    let document = resource_metadata::of_uri(&app, uri.as_str());
    answer::json(&document.ok_or_else(|| Problem::not_found("the resource is gone"))?)
}

fn view(app: &App, uri: &str) -> Result<ResourceView, Problem> {
    let resource = app.store.read(|tx| resources::get(tx, uri))?;
    Ok(ResourceView::from(&resource))
}
