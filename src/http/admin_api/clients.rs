//! `/clients`: list, register, change, delete; and their secrets.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer, Seen},
    change::{change, hashing},
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, Rows, is_in},
    problem::Problem,
};
use crate::{
    admin::{
        AdminError,
        clients::{self, ClientInput, ClientView},
        danger,
    },
    app::{App, SharedApp},
    directory::FIRST_PARTY,
    domain::{client::Client, id::Id, time::Lifetime},
    store::{Tx, access_tokens},
};

const LIST: List = List {
    name: "clients",
    orders: &["client_id", "name", "created", "changed", "last_token"],
};

/// A client as it stands in the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    client: ClientView,
    /// When the newest access token was issued that there is still a record of.
    last_token_at: Option<String>,
}

pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let (text, held) = (query.text(), app.clone());
    let read = move |tx: &Tx, asked: &Asked| page(&held, tx, &text, asked);
    LIST.answer(&app, &query, read).await
}

/// From memory, but for when they were used.
fn page(
    app: &App,
    tx: &Tx,
    text: &Option<String>,
    asked: &Asked,
) -> Result<Rows<Listed>, AdminError> {
    let snapshot = app.directory.snapshot();
    let used = match asked.by {
        "last_token" => access_tokens::newest_of_clients(tx)?,
        _ => HashMap::new(),
    };
    let found = snapshot.clients().filter(|client| {
        client.client_id.as_str() != FIRST_PARTY
            && is_in(text, [client.client_id.as_str(), client.display_name()])
    });
    let page = asked.sorted(found, |client| {
        let key = match asked.by {
            "name" => client.display_name().to_lowercase(),
            "created" => client.created_at.rfc3339(),
            "changed" => client.updated_at.rfc3339(),
            "last_token" => used
                .get(&client.client_id)
                .map(Id::simple)
                .unwrap_or_default(),
            _ => String::new(),
        };
        Mark::new(key, &client.client_id)
    });
    page.into_iter()
        .map(|(mark, client)| {
            let used = access_tokens::newest_of_client(tx, client.client_id.as_str())?;
            let last_token_at = used.map(|id| id.made_at().seconds().rfc3339());
            let client = ClientView::from(&**client);
            Ok((
                mark,
                Listed {
                    client,
                    last_token_at,
                },
            ))
        })
        .collect()
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
