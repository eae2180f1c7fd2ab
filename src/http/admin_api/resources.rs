//! `/resources`: the APIs that tokens are for (RFC 8707), the clients that can request them, and their metadata.

use std::sync::Arc;

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::{self, Answer},
    extract::Params,
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, is_in},
    problem::Problem,
};
use crate::{
    admin::{object, resources::ResourceView},
    app::App,
    directory::FIRST_PARTY,
    domain::{client::Client, name::ClientId, resource::Resource},
    oauth::{resource_metadata, target},
    store::Tx,
};

pub(super) const CLIENTS: List = List {
    name: "clients",
    orders: &["client_id", "name"],
};

/// A client that can request tokens for an API.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminClientOfResource")]
pub struct ClientOfResource {
    client_id: ClientId,
    client_name: String,
    disabled: bool,
    /// Whether the client lists this API; otherwise it can request every API.
    named: bool,
}

/// Clients that can request it: those that list it, and those that can request every API.
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
                && is_in(
                    text.as_deref(),
                    [client.client_id.as_str(), client.display_name()],
                )
        };
        let page = asked.sorted(snapshot.clients().filter(may_ask), |client| {
            match asked.by {
                "name" => Mark::new(client.display_name().to_lowercase(), &client.client_id),
                _ => Mark::new("", &client.client_id),
            }
        });
        let shown = |client: &Client| ClientOfResource {
            client_id: client.client_id.clone(),
            client_name: client.display_name().to_owned(),
            disabled: client.disabled,
            named: client.metadata.allowed_resources.is_some(),
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
    let resource: Resource = app.store.read(|tx| object::get(tx, uri))?;
    Ok(ResourceView::from(&resource))
}
