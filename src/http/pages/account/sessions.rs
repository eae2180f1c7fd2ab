//! `/account/sessions`: browsers in which the user is signed in.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Section, by, change, frame, person, posted, unless_gone};
use crate::{
    admin::account,
    app::{App, SharedApp},
    http::{
        body::Body,
        pages::{
            html,
            views::account::{Sessions, SignIn},
        },
    },
    oauth::authorize::decide::SignedIn,
    store::StoreError,
};

const SECTION: Section = Section::Sessions;

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
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
) -> Result<Sessions<'a>, StoreError> {
    let page = html::page(app, request);
    let (t, now) = (page.lang, app.now());
    let idle = app.live().session_idle_lifetime;
    let mut sessions = app
        .store
        .read(|tx| account::sessions(tx, &person.user.sub, idle))?;
    // This one first.
    sessions.sort_by_key(|session| session.id != person.session.id);
    let shown = sessions.into_iter().map(|session| SignIn {
        is_this: session.id == person.session.id,
        id: session.id.to_string(),
        device: t.device(session.user_agent.as_deref()),
        began: t.moment(session.created_at, now),
        last_used: t.moment(session.last_used_at, now),
        address: session.address,
    });
    Ok(Sessions {
        sessions: shown.collect(),
        frame: frame(app, request, person, SECTION),
        page,
    })
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> HttpResponse {
    let (person, params) = match posted(&app, &request, SECTION, body).await {
        Ok(posted) => posted,
        Err(page) => return page,
    };
    let (by, session) = (by(&request, &person.user.sub), person.session);
    let end = params.optional("end").unwrap_or_default();
    let (done, changed) = match end.parse() {
        Ok(id) => {
            let changed = change(&app, move |tx| {
                account::end_session(tx, &by, &session.sub, id)
            })
            .await;
            ("session", changed.map(drop))
        }
        Err(_) if end == "others" => {
            let changed = change(&app, move |tx| {
                account::end_other_sessions(tx, &by, &session)
            })
            .await;
            ("others", changed.map(drop))
        }
        Err(_) => return html::see_other(SECTION.path(), Vec::new()),
    };
    unless_gone(&app, &request, SECTION, done, changed)
}
