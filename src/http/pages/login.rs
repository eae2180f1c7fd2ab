//! `/login`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    browser::Browser,
    html,
    interaction::{self, Interaction},
    onward, reader,
    views::{Login, Persona},
};
use crate::{
    app::{App, SharedApp},
    domain::{language::Language, secret::Secret, time::Lifetime, user::User},
    http::{body::Body, cookies, host, respond},
    login::{
        password::{self, SignIn},
        persona, session,
    },
    oauth::params::Params,
    store::StoreError,
    trace::Trace,
};

pub async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let interaction = match params.optional("interaction") {
        Some(sealed) => match browser.open_or_explain(&app, &request, sealed) {
            Ok(interaction) => Some(interaction),
            Err(page) => return page,
        },
        None => None,
    };
    // There is no administrator yet who could sign in: the home page explains the setup.
    if interaction.is_none() && !app.directory.snapshot().has_admin {
        return html::see_other("/", Vec::new());
    }
    // A user who must sign in again is known, and so is their language.
    if let Err(error) = interaction::signed_in(&app, &request).await {
        return html::error(&app, &request, &error.into(), None);
    }
    show(&app, &request, &browser, interaction.as_ref(), None)
}

/// An attempt that failed, for the page to be shown again.
struct Failed<'a> {
    username: &'a str,
    /// Time to wait, if there were too many attempts.
    wait: Option<Lifetime>,
}

fn show(
    app: &SharedApp,
    request: &HttpRequest,
    browser: &Browser,
    interaction: Option<&Interaction>,
    failed: Option<Failed>,
) -> HttpResponse {
    let asked = interaction.and_then(|interaction| onward::ahead(app, interaction));
    let personas = if host::has_personas(app, request) {
        persona::all(app)
    } else {
        Ok(Vec::new())
    };
    let personas = match personas {
        Ok(personas) => personas,
        Err(error) => return html::error(app, request, &StoreError::into(error), None),
    };
    let hint = asked.as_ref().and_then(|asked| asked.login_hint.clone());
    let username = failed.as_ref().map(|failed| failed.username.to_owned());
    let wait = failed.as_ref().and_then(|failed| failed.wait);
    let page = html::page(app, request);
    let t = page.lang;
    // The same text for an unknown user and a wrong password.
    let error = failed.map(|_| match wait {
        None => t.wrong_password().to_owned(),
        Some(wait) => t.too_many_attempts(&t.waiting(wait)),
    });
    let view = Login {
        page,
        client_name: asked
            .as_ref()
            .map(|asked| asked.client.display_name().to_owned()),
        client_id: asked
            .as_ref()
            .map(|asked| asked.client.client_id.to_string()),
        interaction: interaction
            .map(|interaction| browser.seal(app, interaction))
            .unwrap_or_default(),
        csrf: browser.csrf(app),
        username: username.or(hint).unwrap_or_default(),
        error,
        notice: None,
        can_decline: asked.is_some() && interaction.is_some_and(onward::can_decline),
        personas: personas.into_iter().map(|user| persona(t, user)).collect(),
    };
    let cookies = browser.cookie(app).into_iter().collect();
    match wait {
        None => html::html(200, &view, cookies),
        Some(wait) => html::retry_after(html::html(429, &view, cookies), wait),
    }
}

fn persona(t: Language, user: User) -> Persona {
    Persona {
        display_name: user.display_name(),
        email: user.profile.email.clone().unwrap_or_default(),
        description: if user.admin {
            t.administrator().into()
        } else {
            String::new()
        },
        username: user.username,
    }
}

pub async fn post(
    app: web::Data<App>,
    request: HttpRequest,
    trace: Trace,
    body: Body,
) -> HttpResponse {
    let browser = Browser::of(&app, &request);
    let params = match html::form(&app, &request, body) {
        Ok(params) => params,
        Err(page) => return page,
    };
    if !browser.csrf_matches(&app, params.optional("csrf").unwrap_or_default()) {
        return html::no_cookie(&app, &request, &browser);
    }
    let interaction = match params.optional("interaction") {
        Some(sealed) => match browser.open_or_explain(&app, &request, sealed) {
            Ok(interaction) => Some(interaction),
            Err(page) => return page,
        },
        None => None,
    };
    if let (Some("deny"), Some(interaction)) = (params.optional("decision"), &interaction) {
        return onward::decline(&app, &request, interaction).await;
    }
    let address = respond::address(&request);
    let username = params.optional("username").unwrap_or_default();
    let persona = params.optional("persona");
    let persona = persona.filter(|_| host::has_personas(&app, &request));
    let signed_in = match persona {
        Some(persona) => password::pick(&app, &trace, persona),
        None => {
            let secret = params.secret("password").unwrap_or_else(|| Secret::new(""));
            let browsers = cookies::known_browsers(&app, &request);
            password::sign_in(&app, &trace, username, secret, address, &browsers).await
        }
    };
    let retry = |wait| {
        show(
            &app,
            &request,
            &browser,
            interaction.as_ref(),
            Some(Failed { username, wait }),
        )
    };
    let user = match signed_in {
        Ok(SignIn::Ok(user)) => *user,
        Ok(SignIn::Wrong) => return retry(None),
        Ok(SignIn::Wait(wait)) => return retry(Some(wait)),
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let (amr, known_browser) = match persona {
        Some(_) => ("user", None),
        None => (
            "pwd",
            Some(cookies::set_known_browser(&app, &request, &user)),
        ),
    };
    let user_agent = respond::header_text(&request, "user-agent");
    // A new session id at every sign-in: one that was planted before is worth nothing.
    let earlier = match interaction::signed_in(&app, &request).await {
        Ok(earlier) => earlier,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    let begun = session::begin(
        &app,
        &trace,
        user,
        earlier.as_ref(),
        amr,
        address,
        user_agent,
    )
    .await;
    let begun = match begun {
        Ok(begun) => begun,
        Err(error) => return html::error(&app, &request, &error, None),
    };
    reader::is(&request, &begun.person.user);
    let mut cookies = interaction::signed_in_cookies(&app, &begun);
    cookies.extend(known_browser);
    match interaction {
        Some(interaction) => {
            let mut interaction = interaction;
            interaction.signed_in = Some(begun.person.session.id);
            onward::proceed(&app, &request, interaction, begun.person, cookies).await
        }
        None => html::see_other("/", cookies),
    }
}
