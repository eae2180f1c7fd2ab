//! `/consent`: page on which a user allows or denies the access that a client requests.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    authorize::{Consented, Interacted, proceed, read, refused, reply},
    browser::Browser,
    html, interaction,
    views::{Asked, Consent, ScopeLine},
};
use crate::{
    app::App,
    domain::consent::Allowed,
    http::{body::Body, recording, respond},
    oauth::{
        authorize::{
            Refusal,
            decide::{self, Decision},
            respond::{self as answers, NotAnswered},
        },
        params::Params,
    },
    trace::Trace,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let interaction = params.optional("interaction").unwrap_or_default();
    let mut interaction = match browser.open_or_explain(&app, &request, interaction) {
        Ok(interaction) => interaction,
        Err(page) => return page,
    };
    let person = match interaction::signed_in(&app, &request).await {
        Ok(Some(person)) => person,
        // Signed out in the meantime, so there is no user to ask.
        Ok(None) => {
            return proceed(&app, &request, interaction, None, Consented::No, Vec::new()).await;
        }
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    interaction.asked = Some(person.session.id);
    let asked = match read(&app, &request, &interaction).await {
        Ok(asked) => asked,
        Err(refusal) => {
            let interacted = Interacted::in_interaction(&interaction);
            return refused(&app, &request, &refusal, interacted, Vec::new());
        }
    };
    let before = match decide::decide(
        &app,
        &Trace::off(),
        &asked,
        Some(&person),
        interaction.done(Some(&person), false),
    ) {
        Ok(Decision::Consent(before)) => before,
        Ok(_) => Allowed::default(),
        Err(error) => return html::error(&app, &request, &error, None),
    };
    let page = html::page(&app, &request);
    let t = page.lang;
    let mut shown = Asked::of(&app, t, &asked.scope, &asked.resources, &before);
    shown
        .scopes
        .extend(asked.claims_alone().map(|claim| ScopeLine {
            name: claim.name.to_owned(),
            description: t.claim(claim),
            is_new: !before.has_claim(claim.name, claim.scope),
        }));
    let client = &asked.client;
    let view = Consent {
        page,
        client_name: client.display_name().to_owned(),
        client_id: client.client_id.to_string(),
        client_host: client.client_id.host(),
        unverified: app.directory.snapshot().is_unverified(&client.client_id),
        redirect_host: asked.reply_to.redirect_uri.display_host(),
        redirect_is_loopback: asked.reply_to.redirect_uri.is_loopback(),
        user_name: person.user.display_name(),
        username: person.user.username.clone(),
        asked: shown,
        interaction: browser.seal(&app, &interaction),
        csrf: browser.csrf(&app),
    };
    html::html(200, &view, Vec::new())
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, &request, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    let csrf = params.optional("csrf").unwrap_or_default();
    if !browser.csrf_matches(&app, csrf) {
        return html::no_cookie(&app, &request, &browser);
    }
    let interaction = params.optional("interaction").unwrap_or_default();
    let mut interaction = match browser.open_or_explain(&app, &request, interaction) {
        Ok(interaction) => interaction,
        Err(page) => return page,
    };
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    match params.optional("decision") {
        Some("allow") => {
            // The page was for one user: if another has signed in since, that user is asked.
            let was_asked = person
                .as_ref()
                .is_some_and(|person| interaction.asked == Some(person.session.id));
            let consented = if was_asked {
                Consented::Yes
            } else {
                Consented::No
            };
            proceed(&app, &request, interaction, person, consented, Vec::new()).await
        }
        Some("switch") => {
            interaction.signed_in = None;
            let sealed = browser.seal(&app, &interaction);
            html::lead_to(&app, &request, "/login", &sealed, Vec::new())
        }
        _ => {
            let asked = match read(&app, &request, &interaction).await {
                Ok(asked) => asked,
                Err(refusal) => {
                    return refused(&app, &request, &refusal, Interacted::Yes, Vec::new());
                }
            };
            let address = respond::address(&request);
            let single_use = interaction.single_use();
            match answers::deny(
                &app,
                &recording::trace(&request),
                &asked,
                person.as_ref(),
                single_use,
                address,
            )
            .await
            {
                Ok(parameters) => {
                    let answer = reply(&app, &request, &asked.reply_to, &parameters, Vec::new());
                    respond::with_refusal(answer, &answers::denied())
                }
                Err(NotAnswered::Already) => {
                    html::already_answered(&app, &request, interaction.start_again(), Vec::new())
                }
                Err(NotAnswered::Refused(error)) => refused(
                    &app,
                    &request,
                    &Refusal::Redirect(asked.reply_to, error),
                    Interacted::Yes,
                    Vec::new(),
                ),
            }
        }
    }
}
