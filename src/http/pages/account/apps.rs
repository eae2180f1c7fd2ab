//! `/account/apps`: clients with access, and delegations.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Section, by, change, frame, person, posted, unless_gone};
use crate::{
    admin::account::{self, Access},
    app::{App as Context, SharedApp},
    directory::Snapshot,
    domain::{language::Language, name::Subject, scope::ScopeSet},
    http::{
        body::Body,
        pages::{
            html,
            views::account::{Acting, App, Apps},
        },
    },
    oauth::authorize::decide::SignedIn,
    store::{StoreError, Tx},
};

const SECTION: Section = Section::Apps;

pub async fn get(app: web::Data<Context>, request: HttpRequest) -> HttpResponse {
    let person = match person(&app, &request, SECTION).await {
        Ok(person) => person,
        Err(page) => return page,
    };
    match view(&app, &request, &person) {
        Ok(view) => html::own_page(200, &view, Vec::new()),
        Err(error) => html::error(&app, &request, &error.into(), None),
    }
}

fn view<'a>(
    app: &'a SharedApp,
    request: &HttpRequest,
    person: &SignedIn,
) -> Result<Apps<'a>, StoreError> {
    let page = html::page(app, request);
    let (t, now, snapshot) = (page.lang, app.now(), app.directory.snapshot());
    let sub = &person.user.sub;
    let (access, acting) = app.store.read(|tx| {
        let access = account::access(tx, sub)?;
        let mut acting = Vec::new();
        for token in account::acting(tx, sub)? {
            let names = token.chain.iter().map(|sub| name(tx, &snapshot, sub));
            let mut names = names.collect::<Result<Vec<_>, _>>()?.into_iter();
            let team = match &token.team_id {
                Some(id) => account::team_name(tx, id)?,
                None => None,
            };
            acting.push(Acting {
                id: token.id.to_string(),
                actor: names.next().unwrap_or_default(),
                through: names.collect(),
                client_name: client_name(&snapshot, token.client_id.as_str()),
                scopes: words(t, &snapshot, &token.scope),
                team,
                since: t.moment(token.since, now),
                until: t.moment(token.expires_at, now),
            });
        }
        Ok::<_, StoreError>((access, acting))
    })?;
    let app_of = |access: Access| App {
        name: client_name(&snapshot, access.client_id.as_str()),
        scopes: words(t, &snapshot, &access.scope),
        resources: access
            .resources
            .iter()
            .map(|uri| match snapshot.resource(uri) {
                Some(resource) => format!("{} ({uri})", resource.name),
                None => uri.clone(),
            })
            .collect(),
        since: t.moment(access.since, now),
        last_used: access.last_used_at.map(|at| t.moment(at, now)),
        client_id: access.client_id.to_string(),
    };
    Ok(Apps {
        apps: access.into_iter().map(app_of).collect(),
        acting,
        frame: frame(app, request, person, SECTION),
        page,
    })
}

/// Name of the client or user with this subject.
fn name(tx: &Tx, snapshot: &Snapshot, sub: &Subject) -> Result<String, StoreError> {
    if let Some(client) = snapshot.client(sub.as_str()) {
        return Ok(client.display_name().to_owned());
    }
    Ok(account::name_of(tx, sub)?.unwrap_or_else(|| sub.to_string()))
}

fn client_name(snapshot: &Snapshot, client_id: &str) -> String {
    let client = snapshot.client(client_id);
    client
        .map_or(client_id, |client| client.display_name())
        .to_owned()
}

fn words(t: Language, snapshot: &Snapshot, scope: &ScopeSet) -> Vec<String> {
    let words = scope
        .iter()
        .map(|name| match snapshot.scope(name.as_str()) {
            Some(scope) => t.scope(scope).to_owned(),
            None => name.to_string(),
        });
    words.collect()
}

pub async fn post(app: web::Data<Context>, request: HttpRequest, body: Body) -> HttpResponse {
    let (person, params) = match posted(&app, &request, SECTION, body).await {
        Ok(posted) => posted,
        Err(page) => return page,
    };
    let (by, sub) = (by(&request, &person.user.sub), person.user.sub);
    let token = params.optional("token").and_then(|id| id.parse().ok());
    let (done, changed) = match (params.optional("client_id"), token) {
        (Some(client_id), _) => {
            let client_id = client_id.to_owned();
            let changed = change(&app, move |tx| {
                account::remove_access(tx, &by, &sub, &client_id)
            })
            .await;
            ("access", changed.map(drop))
        }
        (None, Some(id)) => {
            let changed = change(&app, move |tx| account::stop_acting(tx, &by, &sub, id)).await;
            ("acting", changed.map(drop))
        }
        (None, None) => return html::see_other(SECTION.path(), Vec::new()),
    };
    unless_gone(&app, &request, SECTION, done, changed)
}
