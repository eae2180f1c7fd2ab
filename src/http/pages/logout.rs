//! `/logout` and `/logout/done`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    browser::Browser,
    end_session, html,
    interaction::{self, Destination},
    views::{Logout, LogoutDone},
};
use crate::{
    app::App,
    directory::FIRST_PARTY,
    http::body::Body,
    login::session,
    oauth::{authorize::decide::SignedIn, end_session::EndSession, params::Params},
    store::StoreError,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let query = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let sealed = query.optional("interaction").unwrap_or_default();
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let asked = match asked(&app, &request, &browser, sealed, person.is_some()) {
        Ok(asked) => asked,
        Err(page) => return page,
    };
    let client = asked.and_then(|asked| asked.client);
    let apps = match person.as_ref().map(|person| apps(&app, person)) {
        Some(Err(error)) => return html::error(&app, &request, &error.into(), None),
        Some(Ok(apps)) => apps,
        None => Vec::new(),
    };
    let view = Logout {
        page: html::page(&app, &request),
        csrf: browser.csrf(&app),
        apps,
        username: person.map(|person| person.user.username),
        client_name: client.map(|client| client.display_name().to_owned()),
        interaction: sealed.to_owned(),
    };
    html::html(200, &view, browser.cookie(&app).into_iter().collect())
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, &request, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    if !browser.csrf_matches(&app, params.optional("csrf").unwrap_or_default()) {
        return html::no_cookie(&app, &request, &browser);
    }
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let sealed = params.optional("interaction").unwrap_or_default();
    let asked = match asked(&app, &request, &browser, sealed, person.is_some()) {
        Ok(asked) => asked,
        Err(page) => return page,
    };
    if params.optional("decision") != Some("logout") {
        return html::see_other("/", Vec::new());
    }
    if let (None, Some(asked)) = (&person, &asked) {
        return end_session::nobody(&app, &request, asked);
    }
    let session = person.map(|person| person.session.id);
    end_session::sign_out(&app, &request, session, asked.as_ref()).await
}

/// Sorted names of the apps that used this session.
fn apps(app: &App, person: &SignedIn) -> Result<Vec<String>, StoreError> {
    let clients = session::clients(app, person.session.id)?;
    let snapshot = app.directory.snapshot();
    let known = clients.iter().filter_map(|id| snapshot.client(id.as_str()));
    let others = known.filter(|client| client.client_id.as_str() != FIRST_PARTY);
    let mut names: Vec<_> = others
        .map(|client| client.display_name().to_owned())
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// Request of a client, parsed again; `None` if the user came without one.
fn asked(
    app: &App,
    request: &HttpRequest,
    browser: &Browser,
    sealed: &str,
    is_signed_in: bool,
) -> Result<Option<EndSession>, HttpResponse> {
    if sealed.is_empty() {
        return Ok(None);
    }
    let interaction = browser.open_or_explain(app, request, sealed)?;
    let Destination::Logout(pairs) = interaction.to else {
        return Err(html::no_cookie(app, request, browser));
    };
    Params::new(pairs)
        .and_then(|params| EndSession::read(app, &params))
        .map(Some)
        .map_err(|error| html::logout_refused(app, request, &error, is_signed_in))
}

pub async fn done(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    html::html(
        200,
        &LogoutDone {
            page: html::page(&app, &request),
        },
        Vec::new(),
    )
}
