//! `/login`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    authorize::{self, Consented},
    flow::{self, Browser, Flow},
    html,
    views::{Login, Persona},
};
use crate::{
    app::{App, SharedApp},
    domain::{secret::Secret, user::User},
    http::respond,
    login::{
        password::{self, SignIn},
        session,
    },
    oauth::params::Params,
    store::{StoreError, users},
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let flow = match params.optional("flow") {
        Some(sealed) => match browser.open(&app, sealed) {
            Some(flow) => Some(flow),
            None => return html::expired(&app),
        },
        None => None,
    };
    show(&app, &browser, flow.as_ref(), None, None)
}

fn show(
    app: &SharedApp,
    browser: &Browser,
    flow: Option<&Flow>,
    username: Option<String>,
    error: Option<String>,
) -> HttpResponse {
    let asked = flow.and_then(|flow| authorize::shown(app, flow));
    let personas = if app.config.is_dev() {
        app.store.read(users::personas)
    } else {
        Ok(Vec::new())
    };
    let personas = match personas {
        Ok(personas) => personas,
        Err(error) => return html::error(app, &StoreError::into(error), None),
    };
    let hint = asked.as_ref().and_then(|asked| asked.login_hint.clone());
    let view = Login {
        page: html::page(app),
        client_name: asked
            .as_ref()
            .map(|asked| asked.client.display_name().to_owned()),
        client_id: asked
            .as_ref()
            .map(|asked| asked.client.client_id.to_string()),
        flow: flow.map(|flow| browser.seal(app, flow)).unwrap_or_default(),
        csrf: browser.csrf(app),
        username: username.or(hint).unwrap_or_default(),
        error,
        notice: None,
        personas: personas.into_iter().map(persona).collect(),
    };
    html::html(200, &view, browser.cookie(app).into_iter().collect())
}

fn persona(user: User) -> Persona {
    Persona {
        display_name: user.display_name(),
        email: user.profile.email.clone().unwrap_or_default(),
        description: if user.admin {
            "administrator".into()
        } else {
            String::new()
        },
        username: user.username,
    }
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = Params::from_urlencoded(&body).unwrap_or_default();
    if !browser.csrf_matches(&app, params.optional("csrf").unwrap_or_default()) {
        return html::expired(&app);
    }
    let flow = match params.optional("flow") {
        Some(sealed) => match browser.open(&app, sealed) {
            Some(flow) => Some(flow),
            None => return html::expired(&app),
        },
        None => None,
    };
    let address = respond::address(&request);
    let username = params.optional("username").unwrap_or_default();
    let signed_in = match params.optional("persona") {
        Some(persona) if app.config.is_dev() => pick(&app, persona),
        _ => {
            let secret = params.secret("password").unwrap_or_else(|| Secret::new(""));
            password::sign_in(&app, username, secret, address.as_deref()).await
        }
    };
    let retry = |error: String| {
        show(
            &app,
            &browser,
            flow.as_ref(),
            Some(username.to_owned()),
            Some(error),
        )
    };
    let user = match signed_in {
        Ok(SignIn::Ok(user)) => *user,
        // One text for an unknown user and a wrong password.
        Ok(SignIn::Wrong) => return retry("Wrong username or password.".into()),
        Ok(SignIn::Wait(wait)) => {
            return retry(format!(
                "Too many wrong attempts. Try again in {} seconds.",
                wait.0
            ));
        }
        Err(error) => return html::error(&app, &error.into(), None),
    };
    let amr = if params.optional("persona").is_some() {
        "user"
    } else {
        "pwd"
    };
    let user_agent = respond::header_text(&request, "user-agent");
    // A new session id at every sign-in: one that was planted before is worth nothing.
    let begun = session::begin(&app, user, amr, address.as_deref(), user_agent).await;
    let (person, cookie) = match begun {
        Ok(begun) => begun,
        Err(error) => return html::error(&app, &error.into(), None),
    };
    let cookies = vec![flow::session_cookie(&app, &cookie)];
    match flow {
        Some(flow) => {
            let mut flow = flow;
            flow.login_done = true;
            authorize::proceed(&app, &request, flow, Some(person), Consented::No, cookies).await
        }
        None => html::see_other("/", cookies),
    }
}

/// Dev mode: one click is the sign-in.
fn pick(app: &SharedApp, username: &str) -> Result<SignIn, StoreError> {
    let user = app.store.read(|tx| users::by_username(tx, username))?;
    Ok(match user.filter(|user| user.persona && !user.disabled) {
        Some(user) => SignIn::Ok(Box::new(user)),
        None => SignIn::Wrong,
    })
}
