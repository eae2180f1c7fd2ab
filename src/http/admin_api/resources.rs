//! `/resources`: the APIs that tokens are for (RFC 8707), who may ask for them, and what they say of
//! themselves.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{
    answer::{self, Answer, Seen},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, is_in},
    problem::Problem,
};
use crate::{
    admin::{
        danger,
        resources::{self, ResourceInput, ResourceView},
    },
    app::App,
    directory::FIRST_PARTY,
    domain::client::Client,
    oauth::{resource_metadata, target},
    store::Tx,
};

const LIST: List = List {
    name: "apis",
    orders: &["uri", "name"],
};

/// From memory.
pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let (text, held) = (query.text(), app.clone());
    let read = move |_: &Tx, asked: &Asked| {
        let snapshot = held.directory.snapshot();
        let found = snapshot.resources.iter();
        let found = found.filter(|one| is_in(&text, [one.uri.as_str(), &one.name]));
        Ok(
            asked.sorted(found.map(ResourceView::from), |one| match asked.by {
                "name" => Mark::new(one.name.to_lowercase(), &one.uri),
                _ => Mark::new("", &one.uri),
            }),
        )
    };
    LIST.answer(&app, &query, read).await
}

pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input = answer::read::<ResourceInput>(&body)?.check()?;
    let made = change(&app, move |tx| -> Result<_, Problem> {
        let made = resources::create(tx, &admin.by, input)?;
        admin.require_fresh_if(danger::of_resource(None, &made.value))?;
        Ok(made)
    })
    .await?;
    answer::created(&ResourceView::from(&made.value))
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
    let input = answer::read::<ResourceInput>(&body)?.check()?;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        let before = resources::get(tx, &path)?;
        seen.is(&ResourceView::from(&before))?;
        let changed = resources::update(tx, &admin.by, &path, input)?;
        admin.require_fresh_if(danger::of_resource(Some(&before), &changed.value))?;
        Ok(changed)
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

const CLIENTS: List = List {
    name: "clients",
    orders: &["client_id", "name"],
};

/// The clients that may ask for it: those that name it, and those that are held to no resource.
pub async fn clients(
    app: web::Data<App>,
    path: web::Path<String>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let uri = view(&app, &path)?.uri;
    let (text, held) = (query.text(), app.clone());
    let read = move |_: &Tx, asked: &Asked| {
        let snapshot = held.directory.snapshot();
        let may_ask = |client: &&Arc<Client>| {
            client.client_id.as_str() != FIRST_PARTY
                && target::may_ask_for(client, uri.as_str())
                && is_in(&text, [client.client_id.as_str(), client.display_name()])
        };
        let page = asked.sorted(snapshot.clients().filter(may_ask), |client| {
            match asked.by {
                "name" => Mark::new(client.display_name().to_lowercase(), &client.client_id),
                _ => Mark::new("", &client.client_id),
            }
        });
        let shown = |client: &Client| {
            json!({
                "client_id": client.client_id,
                "client_name": client.display_name(),
                "disabled": client.disabled,
                "named": client.metadata.allowed_resources.is_some(),
            })
        };
        Ok(page
            .into_iter()
            .map(|(mark, client)| (mark, shown(client)))
            .collect())
    };
    CLIENTS.answer(&app, &query, read).await
}

/// Its protected-resource metadata (RFC 9728 §2), to be served by the API itself.
pub async fn metadata(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    let uri = view(&app, &path)?.uri;
    let document = resource_metadata::of_uri(&app, uri.as_str());
    answer::json(&document.ok_or_else(|| Problem::not_found("API not found."))?)
}

fn view(app: &App, uri: &str) -> Result<ResourceView, Problem> {
    let resource = app.store.read(|tx| resources::get(tx, uri))?;
    Ok(ResourceView::from(&resource))
}
