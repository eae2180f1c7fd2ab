//! `/account` and the pages below it, for users to see and change their own data.

pub mod apps;
pub mod export;
pub mod password;
pub mod profile;
mod section;
pub mod sessions;

use actix_web::{HttpRequest, HttpResponse, cookie::Cookie};

pub use self::section::Section;
use super::{
    browser::Browser,
    html,
    interaction::{self, Destination, Interaction},
    views::account::Frame,
};
use crate::{
    admin::{AdminError, Applied, By},
    app::SharedApp,
    domain::{language::Language, name::Subject},
    http::{body::Body, respond},
    oauth::{authorize::decide::SignedIn, params::Params},
    store::{StoreError, Tx},
};

type Text = fn(Language) -> &'static str;

/// Completed action, in the URL that a form redirects to.
const DONE: &[(&str, Text)] = &[
    ("profile", Language::profile_is_saved),
    ("email", Language::email_is_changed),
    ("appearance", Language::appearance_is_saved),
    ("password", Language::password_is_changed),
    ("session", Language::session_is_ended),
    ("others", Language::sessions_are_ended),
    ("access", Language::access_is_removed),
    ("acting", Language::acting_is_stopped),
];

/// Signed-in user, or a redirect to the sign-in page that returns here.
async fn person(
    app: &SharedApp,
    request: &HttpRequest,
    section: Section,
) -> Result<SignedIn, HttpResponse> {
    match interaction::signed_in(app, request).await {
        Ok(Some(person)) => Ok(person),
        Ok(None) => {
            let browser = Browser::of(app, request);
            let cookies = browser.cookie(app).into_iter().collect();
            Err(html::see_other(&sign_in(app, &browser, section), cookies))
        }
        Err(error) => Err(html::error(app, request, &error.into(), None)),
    }
}

/// URL of the sign-in page that returns here.
fn sign_in(app: &SharedApp, browser: &Browser, section: Section) -> String {
    let interaction = Interaction::new(app, app.new_id(), Destination::Account(section));
    format!("/login?interaction={}", browser.seal(app, &interaction))
}

/// User and posted form, or an error page.
async fn posted(
    app: &SharedApp,
    request: &HttpRequest,
    section: Section,
    body: Body,
) -> Result<(SignedIn, Params), HttpResponse> {
    let browser = Browser::of(app, request);
    let params = html::form(app, request, body)?;
    if !browser.csrf_matches(app, params.optional("csrf").unwrap_or_default()) {
        return Err(html::no_cookie(app, request, &browser));
    }
    Ok((person(app, request, section).await?, params))
}

fn frame(app: &SharedApp, request: &HttpRequest, person: &SignedIn, section: Section) -> Frame {
    let query = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let done = query.optional("done");
    let t = super::reader::language(request);
    let done = DONE.iter().find(|(name, _)| Some(*name) == done);
    Frame {
        section,
        name: person.user.display_name(),
        csrf: Browser::of(app, request).csrf(app),
        done: done.map(|(_, text)| text(t)),
        refused: None,
    }
}

/// Redirect after a post to its page, which shows the completed action.
fn after(section: Section, done: &'static str) -> HttpResponse {
    after_with(section, done, Vec::new())
}

fn after_with(section: Section, done: &'static str, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    html::see_other(&format!("{}?done={done}", section.path()), cookies)
}

fn by(request: &HttpRequest, sub: &Subject) -> By {
    By::person(sub, respond::address(request))
}

/// Runs `job` as one transaction; its revocations apply after the commit.
async fn change<T: Send + 'static>(
    app: &SharedApp,
    job: impl FnOnce(&Tx) -> Result<Applied<T>, AdminError> + Send + 'static,
) -> Result<Applied<T>, AdminError> {
    app.store.write(job).await
}

/// Error text for a failed change; none if its object is already gone.
fn unless_gone(
    app: &SharedApp,
    request: &HttpRequest,
    section: Section,
    done: &'static str,
    changed: Result<(), AdminError>,
) -> HttpResponse {
    match changed {
        Ok(()) => after(section, done),
        Err(AdminError::NotFound { .. }) => html::see_other(section.path(), Vec::new()),
        Err(error) => failed(app, request, error),
    }
}

fn failed(app: &SharedApp, request: &HttpRequest, error: AdminError) -> HttpResponse {
    let error = match error {
        AdminError::Store(error) => error,
        other => StoreError::Internal(other.to_string()),
    };
    html::error(app, request, &error.into(), None)
}
