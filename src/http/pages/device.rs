//! `/device` (RFC 8628 §3.3): the user types the code that a device shows, signs in, and decides.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie, web};

use super::{
    browser::Browser,
    html,
    interaction::{self, Destination, Interaction},
    views::{Asked, DeviceCodeEntry, DeviceConsent, DeviceDone},
};
use crate::{
    app::{App, SharedApp},
    domain::{
        client::Client, consent::Allowed, device_code::UserCode, id::Id, language::Language,
        resource::Target,
    },
    http::{body::Body, recording, respond},
    oauth::{
        authorize::decide::SignedIn,
        device::{self, NoDevice, Waiting},
        params::Params,
    },
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let browser = Browser::of(&app, &request);
    if let Some(sealed) = params.optional("interaction") {
        return match browser.open_or_explain(&app, &request, sealed) {
            Ok(interaction) => consent(&app, &request, &browser, interaction).await,
            Err(page) => page,
        };
    }
    // RFC 8628 §3.3.1: verification_uri_complete saves the typing and nothing else.
    match params.optional("user_code") {
        Some(typed) => enter(&app, &request, &browser, typed).await,
        None => entry(&app, &request, &browser, "", None),
    }
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
    let Some(sealed) = params.optional("interaction") else {
        let typed = params.optional("user_code").unwrap_or_default();
        return enter(&app, &request, &browser, typed).await;
    };
    let mut interaction = match browser.open_or_explain(&app, &request, sealed) {
        Ok(interaction) => interaction,
        Err(page) => return page,
    };
    match params.optional("decision") {
        Some("switch") => {
            interaction.signed_in = None;
            to_login(&app, &browser, &interaction)
        }
        Some("allow") => decide(&app, &request, &browser, interaction, true).await,
        _ => decide(&app, &request, &browser, interaction, false).await,
    }
}

/// `/device/allowed` and `/device/denied`.
pub async fn allowed(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    done(&app, &request, true).await
}

pub async fn denied(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    done(&app, &request, false).await
}

async fn done(app: &SharedApp, request: &HttpRequest, allowed: bool) -> HttpResponse {
    // In the language of the user, if known.
    if let Err(error) = interaction::signed_in(app, request).await {
        return html::error(app, request, &error.into(), None);
    }
    let view = DeviceDone {
        page: html::page(app, request),
        allowed,
    };
    html::own_page(200, &view, Vec::new())
}

/// Client of a waiting device, for the sign-in page.
pub fn client(app: &App, id: Id) -> Option<Arc<Client>> {
    let waiting = device::get(app, id).ok()?.ok()?;
    Some(waiting.client)
}

/// On to the page that asks.
pub fn proceed(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: &Interaction,
    mut cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    let browser = Browser::of(app, request);
    cookies.extend(browser.cookie(app));
    let to = format!("/device?interaction={}", browser.seal(app, interaction));
    html::see_other(&to, cookies)
}

fn to_login(app: &SharedApp, browser: &Browser, interaction: &Interaction) -> HttpResponse {
    let to = format!("/login?interaction={}", browser.seal(app, interaction));
    html::see_other(&to, browser.cookie(app).into_iter().collect())
}

/// Waiting device of an interaction, or an error page.
fn waiting(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    interaction: &Interaction,
) -> Result<(Waiting, UserCode), HttpResponse> {
    let Destination::Device { id, user_code } = &interaction.to else {
        return Err(entry(app, request, browser, "", None));
    };
    match device::get(app, *id) {
        Ok(Ok(waiting)) => Ok((waiting, user_code.clone())),
        Ok(Err(refused)) => Err(entry(
            app,
            request,
            browser,
            &user_code.to_string(),
            Some(refused),
        )),
        Err(error) => Err(html::error(app, request, &error.into(), None)),
    }
}

/// Handles a typed or linked code: continues to the sign-in page or to the consent page.
async fn enter(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    typed: &str,
) -> HttpResponse {
    let person = match interaction::signed_in(app, request).await {
        Ok(person) => person,
        Err(error) => return html::error(app, request, &error.into(), None),
    };
    let sub = person.as_ref().map(|person| &person.user.sub);
    let trace = recording::trace(request);
    let found = device::find(app, &trace, typed, sub, respond::address(request)).await;
    let (id, user_code) = match found {
        Ok(Ok(found)) => found,
        Ok(Err(refused)) => return entry(app, request, browser, typed, Some(refused)),
        Err(error) => return html::error(app, request, &error.into(), None),
    };
    let interaction = Interaction::new(
        app,
        recording::id(app, request),
        Destination::Device { id, user_code },
    );
    match person {
        Some(_) => proceed(app, request, &interaction, Vec::new()),
        None => to_login(app, browser, &interaction),
    }
}

fn entry(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    typed: &str,
    refused: Option<NoDevice>,
) -> HttpResponse {
    let wait = match refused {
        Some(NoDevice::Wait(wait)) => Some(wait),
        _ => None,
    };
    let page = html::page(app, request);
    let view = DeviceCodeEntry {
        csrf: browser.csrf(app),
        // No code is longer, with any spacing.
        user_code: typed.chars().take(32).collect(),
        error: refused.map(|refused| said(page.lang, refused)),
        page,
    };
    let cookies = browser.cookie(app).into_iter().collect();
    match wait {
        None => html::own_page(200, &view, cookies),
        Some(wait) => html::retry_after(html::own_page(429, &view, cookies), wait),
    }
}

fn said(t: Language, refused: NoDevice) -> String {
    match refused {
        NoDevice::Unknown => t.no_such_code().into(),
        NoDevice::Decided => t.code_was_used().into(),
        NoDevice::Expired => t.code_has_expired().into(),
        NoDevice::Wait(wait) => t.too_many_codes(&t.waiting(wait)),
    }
}

/// As at the authorization endpoint: access to this server's administration requires a sign-in for this device.
fn needs_sign_in(target: &Target, interaction: &Interaction, person: &SignedIn) -> bool {
    target.scope.has_reserved() && !interaction.was_signed_in_by(Some(person))
}

async fn consent(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    mut interaction: Interaction,
) -> HttpResponse {
    let person = match interaction::signed_in(app, request).await {
        Ok(Some(person)) => person,
        Ok(None) => return to_login(app, browser, &interaction),
        Err(error) => return html::error(app, request, &error.into(), None),
    };
    interaction.asked = Some(person.session.id);
    let (Waiting { client, device }, user_code) = match waiting(app, request, browser, &interaction)
    {
        Ok(waiting) => waiting,
        Err(page) => return page,
    };
    let target = &device.target;
    if needs_sign_in(target, &interaction, &person) {
        return to_login(app, browser, &interaction);
    }
    let page = html::page(app, request);
    // Consent for a device is not stored: the user is asked every time.
    let before = Allowed::default();
    let view = DeviceConsent {
        client_name: client.display_name().to_owned(),
        client_id: client.client_id.to_string(),
        client_host: client.client_id.host(),
        unverified: app.directory.snapshot().is_unverified(&client.client_id),
        user_code: user_code.to_string(),
        address: device.address,
        user_name: person.user.display_name(),
        username: person.user.username.clone(),
        asked: Asked::of(app, page.lang, &target.scope, &target.resources, &before),
        interaction: browser.seal(app, &interaction),
        csrf: browser.csrf(app),
        page,
    };
    html::own_page(200, &view, Vec::new())
}

async fn decide(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    interaction: Interaction,
    allowed: bool,
) -> HttpResponse {
    let person = match interaction::signed_in(app, request).await {
        Ok(Some(person)) => person,
        Ok(None) => return to_login(app, browser, &interaction),
        Err(error) => return html::error(app, request, &error.into(), None),
    };
    // The page was for one user: if another has signed in since, that user is asked.
    if interaction.asked != Some(person.session.id) {
        return proceed(app, request, &interaction, Vec::new());
    }
    let (waiting, user_code) = match waiting(app, request, browser, &interaction) {
        Ok(waiting) => waiting,
        Err(page) => return page,
    };
    if allowed && needs_sign_in(&waiting.device.target, &interaction, &person) {
        return to_login(app, browser, &interaction);
    }
    let address = respond::address(request);
    match device::decide(app, waiting, person, allowed, address).await {
        Ok(true) if allowed => html::see_other("/device/allowed", Vec::new()),
        Ok(true) => html::see_other("/device/denied", Vec::new()),
        Ok(false) => {
            let typed = user_code.to_string();
            entry(app, request, browser, &typed, Some(NoDevice::Decided))
        }
        Err(error) => html::error(app, request, &error.into(), None),
    }
}
