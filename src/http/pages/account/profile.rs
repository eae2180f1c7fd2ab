//! `/account`: name, language, time zone, email address, color scheme.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Section, after, by, change, failed, frame, person, posted, sign_in};
use crate::{
    admin::{
        AdminError,
        account::{self, OwnProfile},
    },
    app::{App, SharedApp},
    domain::{email::is_address, language::Language, secret::Secret, session::AdminSession},
    http::{
        body::Body,
        cookies,
        pages::{
            browser::Browser,
            html, reader,
            views::account::{Choice, Field, Profile},
        },
        respond,
    },
    login::password::{self, SignIn},
    oauth::{authorize::decide::SignedIn, params::Params},
    trace::Trace,
};

const SECTION: Section = Section::Profile;

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match person(&app, &request, SECTION).await {
        Ok(person) => html::own_page(200, &view(&app, &request, &person), Vec::new()),
        Err(page) => page,
    }
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let (person, params) = match posted(&app, &request, SECTION, body).await {
        Ok(posted) => posted,
        Err(page) => return page,
    };
    match params.optional("form") {
        Some("profile") => profile(&app, &request, person, &params).await,
        Some("email") => email(&app, &request, person, &params).await,
        Some("appearance") => appearance(&params),
        _ => html::see_other(SECTION.path(), Vec::new()),
    }
}

fn view<'a>(app: &'a SharedApp, request: &HttpRequest, person: &SignedIn) -> Profile<'a> {
    let page = html::page(app, request);
    let profile = &person.user.profile;
    let browser = Browser::of(app, request);
    let (stale, has_password) = (!is_fresh(app, person), person.user.password_hash.is_some());
    Profile {
        frame: frame(app, request, person, SECTION),
        username: person.user.username.clone(),
        managed: person.user.managed_by.is_some(),
        given_name: Field::of(profile.given_name.as_deref()),
        family_name: Field::of(profile.family_name.as_deref()),
        locales: locales(page.lang, profile.locale.as_deref().unwrap_or_default()),
        zoneinfo: Field::of(profile.zoneinfo.as_deref()),
        email: Field::of(profile.email.as_deref()),
        email_verified: profile.email_verified,
        asks_for_password: stale && has_password,
        sign_in: (stale && !has_password).then(|| sign_in(app, &browser, SECTION)),
        password_error: None,
        themes: themes(page.lang, reader::theme(request).unwrap_or_default()),
        page,
    }
}

/// Available languages, and the user's own if it is another or more specific.
fn locales(t: Language, own: &str) -> Vec<Choice> {
    let mut tags = vec![(String::new(), t.as_the_browser_says().to_owned())];
    let ours = Language::ALL.iter();
    tags.extend(ours.map(|one| (one.tag().to_owned(), one.own_name().to_owned())));
    if tags.iter().all(|(tag, _)| tag != own) {
        tags.push((own.to_owned(), own.to_owned()));
    }
    let choice = |(value, label): (String, String)| Choice {
        chosen: value == own,
        value,
        label,
    };
    tags.into_iter().map(choice).collect()
}

fn themes(t: Language, chosen: &str) -> Vec<Choice> {
    let all = [
        ("", t.as_the_system()),
        ("light", t.light()),
        ("dark", t.dark()),
    ];
    all.map(|(value, label)| Choice {
        chosen: value == chosen,
        value: value.to_owned(),
        label: label.to_owned(),
    })
    .into()
}

async fn profile(
    app: &SharedApp,
    request: &HttpRequest,
    person: SignedIn,
    params: &Params,
) -> HttpResponse {
    let text = |name: &str| params.optional(name).unwrap_or_default().trim().to_owned();
    let typed = OwnProfile {
        given_name: text("given_name"),
        family_name: text("family_name"),
        locale: text("locale"),
        zoneinfo: text("zoneinfo"),
    };
    let (by, sub, own) = (
        by(request, &person.user.sub),
        person.user.sub.clone(),
        typed.clone(),
    );
    match change(app, move |tx| account::edit(tx, &by, &sub, own)).await {
        Ok(_) => after(SECTION, "profile"),
        Err(AdminError::Invalid { field, .. }) => {
            let mut view = view(app, request, &person);
            let t = view.page.lang;
            view.frame.refused = Some(t.check_the_fields().into());
            let wrong = |name: &str, why| (field == name).then_some(why);
            view.given_name = Field {
                value: typed.given_name,
                error: wrong("given_name", t.too_long()),
            };
            view.family_name = Field {
                value: typed.family_name,
                error: wrong("family_name", t.too_long()),
            };
            view.zoneinfo = Field {
                value: typed.zoneinfo,
                error: wrong("zoneinfo", t.no_time_zone()),
            };
            view.locales = locales(t, &typed.locale);
            html::own_page(400, &view, Vec::new())
        }
        Err(error) => refused(app, request, &person, error),
    }
}

/// Email address by which others know the user: changing it requires the password, so that an unattended browser is not
/// enough.
async fn email(
    app: &SharedApp,
    request: &HttpRequest,
    person: SignedIn,
    params: &Params,
) -> HttpResponse {
    let typed = params
        .optional("email")
        .unwrap_or_default()
        .trim()
        .to_owned();
    let mut again = view(app, request, &person);
    let t = again.page.lang;
    again.email.value.clone_from(&typed);
    if !is_fresh(app, &person) {
        if let Some(sign_in) = &again.sign_in {
            return html::see_other(sign_in, Vec::new());
        }
        let secret = params.secret("password").unwrap_or_else(|| Secret::new(""));
        let address = respond::address(request);
        let name = &person.user.username;
        let browsers = cookies::known_browsers(app, request);
        match password::sign_in(app, &Trace::off(), name, secret, address, &browsers).await {
            Ok(SignIn::Ok(user)) if user.sub == person.user.sub => {}
            Ok(SignIn::Ok(_) | SignIn::Wrong) => {
                again.password_error = Some(t.not_your_password());
                again.frame.refused = Some(t.check_the_fields().into());
                return html::own_page(400, &again, Vec::new());
            }
            Ok(SignIn::Wait(wait)) => {
                again.frame.refused = Some(t.too_many_attempts(&t.waiting(wait)));
                return html::retry_after(html::own_page(429, &again, Vec::new()), wait);
            }
            Err(error) => return html::error(app, request, &error.into(), None),
        }
    }
    let (by, sub, email) = (
        by(request, &person.user.sub),
        person.user.sub.clone(),
        typed.clone(),
    );
    match change(app, move |tx| account::change_email(tx, &by, &sub, email)).await {
        Ok(_) => after(SECTION, "email"),
        Err(AdminError::Invalid { .. }) => {
            again.email.error = Some(if is_address(&typed) {
                t.email_is_taken()
            } else {
                t.no_email()
            });
            again.frame.refused = Some(t.check_the_fields().into());
            html::own_page(400, &again, Vec::new())
        }
        Err(error) => refused(app, request, &person, error),
    }
}

fn refused(
    app: &SharedApp,
    request: &HttpRequest,
    person: &SignedIn,
    error: AdminError,
) -> HttpResponse {
    match error {
        AdminError::ManagedByFile { .. } => {
            let mut view = view(app, request, person);
            view.frame.refused = Some(view.page.lang.managed_elsewhere().into());
            html::own_page(409, &view, Vec::new())
        }
        error => failed(app, request, error),
    }
}

fn is_fresh(app: &SharedApp, person: &SignedIn) -> bool {
    app.now() < person.session.auth_time + AdminSession::FRESH
}

/// The color scheme is a preference of this browser, so no check is needed.
fn appearance(params: &Params) -> HttpResponse {
    let theme = params.optional("theme").unwrap_or_default();
    let mut answer = after(SECTION, "appearance");
    match answer.add_cookie(&cookies::set_theme(theme)) {
        Ok(()) => answer,
        Err(_) => html::see_other(SECTION.path(), Vec::new()),
    }
}
