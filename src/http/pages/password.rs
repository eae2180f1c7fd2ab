//! `/password`: one-time link with which a user sets a password. First the code, which the script reads from the link's
//! fragment or the user pastes; if it is valid, the user's name and the password.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    browser::Browser,
    html, interaction, reader,
    views::{ChoosePassword, PasswordChosen},
};
use crate::{
    admin::password_links::{self, Refused},
    app::{App, SharedApp},
    domain::secret::Secret,
    http::{body::Body, cookies, respond},
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    sent(&app, &browser, 200, &view(&app, &request, &browser, ""))
}

fn view<'a>(
    app: &'a SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    token: &str,
) -> ChoosePassword<'a> {
    ChoosePassword {
        page: html::page(app, request),
        csrf: browser.csrf(app),
        token: token.to_owned(),
        username: None,
        error: None,
        new_error: None,
        again_error: None,
    }
}

fn sent(app: &SharedApp, browser: &Browser, status: u16, view: &ChoosePassword) -> HttpResponse {
    html::own_page(status, view, browser.cookie(app).into_iter().collect())
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
    let code = params.secret("token").unwrap_or_else(|| Secret::new(""));
    let mut page = view(&app, &request, &browser, code.expose());
    let address = respond::address(&request);
    let user = match password_links::prove(&app, &code, address).await {
        Ok(user) => user,
        Err(refused) => return say(&app, &browser, page, refused),
    };
    reader::is(&request, &user);
    page.page = html::page(&app, &request);
    page.username = Some(user.username);
    let Some(chosen) = params.secret("password") else {
        return sent(&app, &browser, 200, &page);
    };
    let again = params.secret("again").unwrap_or_else(|| Secret::new(""));
    if chosen != again {
        page.again_error = Some(page.page.lang.passwords_differ());
        return sent(&app, &browser, 400, &page);
    }
    match password_links::spend(&app, &code, chosen, address).await {
        Ok(user) => {
            let to = format!("/password/done{}", reader::language_query(&request));
            // Guesses by others do not hold up who has just proved themselves here.
            let known_browser = cookies::set_known_browser(&app, &request, &user);
            html::see_other(&to, vec![known_browser])
        }
        Err(refused) => say(&app, &browser, page, refused),
    }
}

/// The page once more, with what was wrong.
fn say(
    app: &SharedApp,
    browser: &Browser,
    mut page: ChoosePassword,
    refused: Refused,
) -> HttpResponse {
    let t = page.page.lang;
    match refused {
        Refused::Link => {
            page.username = None;
            page.error = Some(t.password_link_is_old().into());
            sent(app, browser, 400, &page)
        }
        Refused::ShortPassword => {
            page.new_error = Some(t.choose_a_longer_password());
            sent(app, browser, 400, &page)
        }
        Refused::Wait(wait) => {
            page.error = Some(t.too_many_codes(&t.waiting(wait)));
            html::retry_after(sent(app, browser, 429, &page), wait)
        }
        Refused::Store(error) => {
            tracing::error!(%error, "could not set password");
            page.error = Some(t.not_stored(&error).into());
            sent(app, browser, 503, &page)
        }
    }
}

/// Link to the account page, unless another user is signed in in this browser.
pub async fn done(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match interaction::signed_in(&app, &request).await {
        Ok(person) => html::own_page(
            200,
            &PasswordChosen {
                page: html::page(&app, &request),
                other: person.map(|person| person.user.username),
            },
            Vec::new(),
        ),
        Err(error) => html::error(&app, &request, &error.into(), None),
    }
}
