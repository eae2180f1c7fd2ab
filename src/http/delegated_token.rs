//! `POST /api/v1/oauth/delegated-token`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::App,
    domain::{name::ScopeName, scope::ScopeSet},
    http::{
        caller::caller,
        respond::{self, Dialect},
        validation,
    },
    oauth::delegation::{self, Delegation},
};

pub async fn post(app: web::Data<App>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let caller = match caller(&app, &request) {
        Ok(caller) => caller,
        Err(refused) => return respond::unauthenticated(&refused),
    };
    let content_type = respond::header_text(&request, "content-type");
    let snapshot = app.directory.snapshot();
    let registered: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    let parsed = validation::parse_object(content_type.as_deref(), &body)
        .and_then(|object| validation::delegated_token_request(object, &registered));
    let asked = match parsed {
        Ok(parsed) => Delegation {
            sub: parsed.sub,
            scopes: parsed.scopes.map(|names| {
                names
                    .iter()
                    .map(|name| ScopeName::trusted(name))
                    .collect::<ScopeSet>()
            }),
            team_id: parsed.team_id,
        },
        Err(errors) => return respond::invalid(&errors),
    };
    match delegation::delegate(&app, &caller, asked, respond::address(&request).as_deref()).await {
        Ok(issued) => respond::tokens(Dialect::Json, &issued),
        Err(error) => respond::bearer_refusal(&error),
    }
}
