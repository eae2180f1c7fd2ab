//! `/setup`: one-time link for creating the first administrator. Works without JavaScript, by pasting the code; the
//! script reads it from the link's fragment.

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie, web};

use super::{
    browser::Browser,
    html, interaction,
    views::{Setup, SetupDone},
};
use crate::{
    app::{App, SharedApp},
    domain::{client_address::ClientAddress, language::Language, secret::Secret, user::User},
    http::{body::Body, cookies, respond},
    login::{
        admin_session, session,
        setup::{self, Claim, Refused},
    },
    oauth::{authorize::decide::SignedIn, error::OAuthError},
    trace::Trace,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    if app.directory.snapshot().has_admin {
        return html::setup_is_over(&app, &request);
    }
    let browser = Browser::of(&app, &request);
    show(&app, &request, &browser, Typed::default(), None)
}

/// Values of the form when it is shown again, without the password.
#[derive(Default)]
struct Typed {
    token: String,
    username: String,
    email: String,
}

fn show(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    typed: Typed,
    refused: Option<&Refused>,
) -> HttpResponse {
    let page = html::page(app, request);
    let view = Setup {
        csrf: browser.csrf(app),
        token: typed.token,
        username: typed.username,
        email: typed.email,
        error: refused.map(|refused| said(page.lang, refused)),
        page,
    };
    let cookies = browser.cookie(app).into_iter().collect();
    match refused {
        None => html::own_page(200, &view, cookies),
        Some(Refused::Wait(wait)) => html::retry_after(html::own_page(429, &view, cookies), *wait),
        Some(Refused::Store(_)) => html::own_page(503, &view, cookies),
        Some(_) => html::own_page(400, &view, cookies),
    }
}

fn said(t: Language, refused: &Refused) -> String {
    match refused {
        Refused::Link => t.setup_link_is_old().into(),
        Refused::HasAdmin => t.has_administrator().into(),
        Refused::NoUsername => t.choose_a_username().into(),
        Refused::ShortPassword => t.choose_a_longer_password().into(),
        Refused::UsernameTaken => t.username_is_taken().into(),
        Refused::EmailTaken => t.email_is_taken().into(),
        Refused::Wait(wait) => t.too_many_codes(&t.waiting(*wait)),
        Refused::Store(error) => t.not_stored(error).into(),
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
    let text = |name: &str| params.optional(name).unwrap_or_default().to_owned();
    let typed = Typed {
        token: text("token"),
        username: text("username"),
        email: text("email"),
    };
    let address = respond::address(&request);
    let claim = Claim {
        token: params.secret("token").unwrap_or_else(|| Secret::new("")),
        username: typed.username.clone(),
        email: params.optional("email").map(str::to_owned),
        password: params.secret("password").unwrap_or_else(|| Secret::new("")),
        address,
    };
    let admin = match setup::claim(&app, claim).await {
        Ok(admin) => admin,
        Err(Refused::HasAdmin) => return html::setup_is_over(&app, &request),
        Err(refused) => return show(&app, &request, &browser, typed, Some(&refused)),
    };
    let user_agent = respond::header_text(&request, "user-agent");
    let earlier = match interaction::signed_in(&app, &request).await {
        Ok(earlier) => earlier,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let known_browser = cookies::set_known_browser(&app, &request, &admin);
    match sign_in(&app, admin, earlier.as_ref(), address, user_agent).await {
        Ok(mut cookies) => {
            cookies.push(known_browser);
            html::see_other("/setup/done", cookies)
        }
        // The account exists, and the user can sign in.
        Err(error) => html::error(&app, &request, &error, None),
    }
}

/// Signs the new administrator in at the hosted pages and at the admin page.
async fn sign_in(
    app: &SharedApp,
    admin: User,
    earlier: Option<&SignedIn>,
    address: Option<ClientAddress>,
    user_agent: Option<String>,
) -> Result<Vec<Cookie<'static>>, OAuthError> {
    let (_, secret) = admin_session::begin(app, admin.clone(), address, user_agent.clone()).await?;
    let begun = session::begin(
        app,
        &Trace::off(),
        admin,
        earlier,
        "pwd",
        address,
        user_agent,
    )
    .await?;
    let mut cookies = interaction::signed_in_cookies(app, &begun);
    cookies.push(cookies::set_admin(app, &secret));
    Ok(cookies)
}

/// Page for the new administrator. Others are redirected to the home page.
pub async fn done(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match interaction::signed_in(&app, &request).await {
        Ok(Some(person)) if person.user.admin => html::own_page(
            200,
            &SetupDone {
                page: html::page(&app, &request),
                username: person.user.username,
            },
            Vec::new(),
        ),
        Ok(_) => html::see_other("/", Vec::new()),
        Err(error) => html::error(&app, &request, &error.into(), None),
    }
}
