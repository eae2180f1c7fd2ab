//! `/account/password`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Section, after_with, by, change, failed, frame, person, posted};
use crate::{
    admin::account,
    app::{App, SharedApp},
    domain::secret::Secret,
    http::{
        body::Body,
        cookies,
        pages::{html, views::account::Password},
        respond,
    },
    login::{
        password::{self, SignIn},
        setup::SHORTEST_PASSWORD,
    },
    oauth::authorize::decide::SignedIn,
    store::StoreError,
    trace::Trace,
};

const SECTION: Section = Section::Password;

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match person(&app, &request, SECTION).await {
        Ok(person) => match view(&app, &request, &person) {
            Ok(view) => html::own_page(200, &view, Vec::new()),
            Err(error) => html::error(&app, &request, &error.into(), None),
        },
        Err(page) => page,
    }
}

fn view<'a>(
    app: &'a SharedApp,
    request: &HttpRequest,
    person: &SignedIn,
) -> Result<Password<'a>, StoreError> {
    // Whether a configuration file declares it. Checked again when the new one is written.
    let declared = app
        .store
        .read(|tx| account::password_declaration(tx, &person.user.sub))?;
    Ok(Password {
        page: html::page(app, request),
        frame: frame(app, request, person, SECTION),
        username: person.user.username.clone(),
        has_password: person.user.password_hash.is_some(),
        is_declared: declared.is_some(),
        current_error: None,
        new_error: None,
        again_error: None,
    })
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let (person, params) = match posted(&app, &request, SECTION, body).await {
        Ok(posted) => posted,
        Err(page) => return page,
    };
    let secret = |name: &str| params.secret(name).unwrap_or_else(|| Secret::new(""));
    let mut again = match view(&app, &request, &person) {
        Ok(view) => view,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let t = again.page.lang;
    if again.is_declared {
        return html::own_page(409, &again, Vec::new());
    }
    let (current, new) = (secret("current"), secret("password"));
    let is_short = new.expose().chars().count() < SHORTEST_PASSWORD;
    again.new_error = is_short.then(|| t.choose_a_longer_password());
    again.again_error = (new.expose() != secret("again").expose()).then(|| t.passwords_differ());
    if again.new_error.is_some() || again.again_error.is_some() {
        again.frame.refused = Some(t.check_the_fields().into());
        return html::own_page(400, &again, Vec::new());
    }
    // Counted with the wrong attempts at the sign-in page, so that an open browser cannot bypass the limit.
    let address = respond::address(&request);
    let name = &person.user.username;
    let browsers = cookies::known_browsers(&app, &request);
    match password::sign_in(&app, &Trace::off(), name, current, address, &browsers).await {
        Ok(SignIn::Ok(user)) if user.sub == person.user.sub => {}
        Ok(SignIn::Ok(_) | SignIn::Wrong) => {
            again.current_error = Some(t.not_your_password());
            again.frame.refused = Some(t.check_the_fields().into());
            return html::own_page(400, &again, Vec::new());
        }
        Ok(SignIn::Wait(wait)) => {
            again.frame.refused = Some(t.too_many_attempts(&t.waiting(wait)));
            return html::retry_after(html::own_page(429, &again, Vec::new()), wait);
        }
        Err(error) => return html::error(&app, &request, &error.into(), None),
    }
    let hashed = match password::hash(&app, person.user.sub.as_str(), new).await {
        Ok(hashed) => hashed,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let (by, session) = (by(&request, &person.user.sub), person.session);
    let elsewhere = params.optional("elsewhere").is_some();
    let changed = change(&app, move |tx| {
        account::change_password(tx, &by, &session, hashed, elsewhere)
    });
    match changed.await {
        Ok(changed) => {
            let cookie = cookies::set_known_browser(&app, &request, &changed.value);
            after_with(SECTION, "password", vec![cookie])
        }
        Err(error) => failed(&app, &request, error),
    }
}
