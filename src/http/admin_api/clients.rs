//! `/clients`: list, register, change, delete; and their secrets.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer, ListQuery, Page},
    change::{change, hashing},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::clients::{self, ClientInput, ClientView},
    app::{App, SharedApp},
    directory::FIRST_PARTY,
    domain::{client::Client, time::Lifetime},
};

/// By `client_id`, from memory.
pub async fn list(app: web::Data<App>, query: web::Query<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text().map(str::to_lowercase);
    let snapshot = app.directory.snapshot();
    let matches = |client: &Client| {
        let named = |name: &str| {
            text.as_deref()
                .is_none_or(|text| name.to_lowercase().contains(text))
        };
        named(client.client_id.as_str()) || named(client.display_name())
    };
    let after = query.cursor.as_deref().unwrap_or_default();
    let mut found: Vec<_> = snapshot
        .clients()
        .filter(|client| client.client_id.as_str() != FIRST_PARTY)
        .filter(|client| client.client_id.as_str() > after && matches(client))
        .collect();
    found.sort_unstable_by(|a, b| a.client_id.cmp(&b.client_id));
    let limit = query.limit();
    found.truncate(limit as usize + 1);
    let found = found
        .into_iter()
        .map(|client| ClientView::from(&**client))
        .collect();
    answer::json(&Page::of(found, limit, |client: &ClientView| {
        client.client_id.to_string()
    }))
}

/// Answers with the client and, this one time, the secret that was made for it.
pub async fn create(app: web::Data<App>, body: web::Bytes, admin: Admin) -> Answer {
    let input: ClientInput = answer::read(&body)?;
    let input = hashing(&app, move || input.check(None)).await??;
    let made = change(&app, move |tx| clients::create(tx, &admin.by, input)).await?;
    answer::created(&json!({
        "client": ClientView::from(&made.value.client),
        "client_secret": made.value.secret.as_ref().map(|secret| secret.expose()),
    }))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    answer::object(&view(&app, &path)?)
}

/// RFC 7396: what is given is changed, `null` gives a member its default back.
pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    admin: Admin,
) -> Answer {
    let client_id = path.into_inner();
    answer::check_unchanged(&request, &view(&app, &client_id)?)?;
    let mut members: Map<String, Value> = answer::read(&body)?;
    let reset: Vec<String> = members
        .iter()
        .filter(|(_, value)| value.is_null())
        .map(|(name, _)| name.clone())
        .collect();
    members.retain(|_, value| !value.is_null());
    let input: ClientInput = answer::read(&Value::Object(members).to_string().into())?;
    let known = find(&app, &client_id)?;
    let input = hashing(&app, move || input.check(Some(&known))).await??;
    let changed = change(&app, move |tx| {
        clients::update(tx, &admin.by, &client_id, input, &reset)
    })
    .await?;
    answer::object(&ClientView::from(&changed.value.client))
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| clients::delete(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Seconds for which the secret that is replaced still counts.
    overlap: Option<u32>,
}

/// A new secret, shown this one time.
pub async fn rotate_secret(
    app: web::Data<App>,
    path: web::Path<String>,
    body: web::Bytes,
    admin: Admin,
) -> Answer {
    admin.require_fresh()?;
    let rotation: Rotation = answer::read(&body)?;
    let overlap = rotation.overlap.map_or(clients::SECRET_OVERLAP, Lifetime);
    if overlap > Lifetime::days(30) {
        return Err(Problem::invalid(
            "overlap",
            "must be at most 2592000 seconds",
        ));
    }
    let made = change(&app, move |tx| {
        clients::rotate_secret(tx, &admin.by, &path, overlap)
    })
    .await?;
    answer::created(&json!({
        "client": ClientView::from(&made.value.client),
        "client_secret": made.value.secret.as_ref().map(|secret| secret.expose()),
    }))
}

fn find(app: &SharedApp, client_id: &str) -> Result<Client, Problem> {
    Ok(app.store.read(|tx| clients::get(tx, client_id))?)
}

fn view(app: &SharedApp, client_id: &str) -> Result<ClientView, Problem> {
    Ok(ClientView::from(&find(app, client_id)?))
}
