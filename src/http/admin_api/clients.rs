//! `/clients`: list, register, change, delete; and their secrets.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer, Seen},
    change::{change, hashing},
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, ListQuery},
    problem::Problem,
};
use crate::{
    admin::{
        clients::{self, ClientInput, ClientView},
        danger,
    },
    app::{App, SharedApp},
    domain::{client::Client, time::Lifetime},
    store::Tx,
};

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let (text, held) = (query.text(), app.clone());
    let read = move |tx: &Tx, asked: &Asked| clients::list(&held, tx, text.as_deref(), asked);
    clients::LIST.answer(&app, &query, read).await
}

/// Answers with the client and, this one time, the secret that was made for it.
pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let input: ClientInput = answer::read(&body)?;
    admin.require_fresh_if(danger::of_chosen_secret(&input))?;
    let input = hashing(&app, &admin.by, move || input.check(None)).await??;
    let made = change(&app, move |tx| -> Result<_, Problem> {
        let made = clients::create(tx, &admin.by, input)?;
        admin.require_fresh_if(danger::of_new_client(tx, &made.value.client)?)?;
        Ok(made)
    })
    .await?;
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
    body: Body,
    admin: Admin,
) -> Answer {
    let client_id = path.into_inner();
    let known = find(&app, &client_id)?;
    let seen = Seen::of(&request)?;
    let mut members: Map<String, Value> = answer::read(&body)?;
    let reset: Vec<String> = members
        .iter()
        .filter(|(_, value)| value.is_null())
        .map(|(name, _)| name.clone())
        .collect();
    members.retain(|_, value| !value.is_null());
    let input: ClientInput = answer::read(Value::Object(members).to_string().as_bytes())?;
    admin.require_fresh_if(danger::of_chosen_secret(&input))?;
    let input = hashing(&app, &admin.by, move || input.check(Some(&known))).await??;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        let before = clients::get(tx, &client_id)?;
        seen.is(&ClientView::from(&before))?;
        let changed = clients::update(tx, &admin.by, &client_id, input, &reset)?;
        let after = &changed.value.client;
        admin.require_fresh_if(danger::of_client(Some(&before), after)?)?;
        Ok(changed)
    })
    .await?;
    answer::object(&ClientView::from(&changed.value.client))
}

/// What was deleted comes back, within 30 days.
pub async fn restore(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    let restored = change(&app, move |tx| -> Result<_, Problem> {
        let restored = clients::restore(tx, &admin.by, &path)?;
        admin.require_fresh_if(danger::of_client(None, &restored.value)?)?;
        Ok(restored)
    })
    .await?;
    answer::object(&ClientView::from(&restored.value))
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
