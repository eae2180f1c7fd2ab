//! `/session`: sign in to the admin page, who is signed in, give the password again, sign out.

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer},
    extract::Body,
    guard::{self, Admin},
    problem::Problem,
};
use crate::{
    app::{App, SharedApp},
    domain::{audit::AuditEvent, name::Subject, secret::Secret, time::UnixSeconds, user::User},
    http::{cookies, host, respond},
    login::{
        admin_session::{self, SignedInAdmin},
        password::{self, SignIn},
        persona,
    },
    trace::Trace,
};

/// Data of the admin page before sign-in, and the administrator who is signed in.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    admin: Result<Admin, Problem>,
) -> Answer {
    let signed_in = match admin {
        Ok(admin) => admin.signed_in,
        // A failed look-up does not mean that nobody is signed in.
        Err(problem) if problem.is_the_servers() => return Err(problem),
        Err(_) => None,
    };
    let personas = if host::has_personas(&app, &request) && signed_in.is_none() {
        let personas = persona::all(&app)?;
        let admins = personas.into_iter().filter(|user| user.admin);
        admins
            .map(|user| Persona {
                name: user.display_name().clone(),
                username: user.username,
            })
            .collect()
    } else {
        Vec::new()
    };
    answer::json(&Session {
        admin: signed_in.as_ref().map(|admin| shown(&app, admin)),
        has_admin: app.directory.snapshot().has_admin,
        issuer: app.config.issuer.clone(),
        server_name: app.live().server_name.clone(),
        issuer_matches: issuer_matches(&app, &request),
        dev: app.config.is_dev(),
        version: env!("CARGO_PKG_VERSION"),
        personas,
    })
}

/// State of the sign-in to the admin page, with what the sign-in page needs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminSignIn")]
pub struct Session {
    admin: Option<SignedIn>,
    /// Whether an administrator exists.
    has_admin: bool,
    issuer: String,
    server_name: Option<String>,
    /// Whether the address in the browser is the issuer's.
    issuer_matches: bool,
    dev: bool,
    version: &'static str,
    /// Administrators with one-click sign-in (development mode).
    personas: Vec<Persona>,
}

/// Administrator with one-click sign-in (development mode).
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Persona {
    username: String,
    name: String,
}

/// Administrator who is signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminSignedIn")]
pub struct SignedIn {
    sub: Subject,
    username: String,
    name: String,
    /// Whether the password was confirmed in the last ten minutes.
    fresh: bool,
    persona: bool,
    /// Unix seconds.
    expires_at: UnixSeconds,
}

/// Whether the address in the browser is the issuer's. Otherwise, cookies and tokens of one address are not accepted at
/// the other.
fn issuer_matches(app: &App, request: &HttpRequest) -> bool {
    let host = respond::header_text(request, "host").unwrap_or_default();
    app.config
        .issuer
        .split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(&host))
}

fn shown(app: &App, admin: &SignedInAdmin) -> SignedIn {
    SignedIn {
        sub: admin.user.sub.clone(),
        username: admin.user.username.clone(),
        name: admin.user.display_name().clone(),
        fresh: admin.session.is_fresh(app.now()),
        persona: app.config.is_dev() && admin.user.persona,
        expires_at: admin.session.expires_at,
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Credentials {
    username: String,
    #[serde(default)]
    password: Option<Secret>,
    /// Username of a demo user (development mode).
    #[serde(default)]
    persona: bool,
}

pub async fn post(app: web::Data<App>, request: HttpRequest, body: Body) -> Answer {
    guard::check_same_origin(&request)?;
    let credentials: Credentials = answer::read(&body)?;
    let with_password = !(credentials.persona && host::has_personas(&app, &request));
    let user = prove(&app, &request, credentials).await?;
    let known_browser = with_password.then(|| cookies::set_known_browser(&app, &request, &user));
    let address = respond::address(&request);
    let user_agent = respond::header_text(&request, "user-agent");
    let (admin, cookie) = admin_session::begin(&app, user, address, user_agent).await?;
    let mut response = answer::created(&shown(&app, &admin))?;
    add_cookie(&mut response, &cookies::set_admin(&app, &cookie))?;
    if let Some(cookie) = &known_browser {
        add_cookie(&mut response, cookie)?;
    }
    Ok(response)
}

/// Confirms the password before a sensitive action.
pub async fn put(app: web::Data<App>, request: HttpRequest, body: Body, admin: Admin) -> Answer {
    let Some(signed_in) = admin.signed_in else {
        return Err(Problem::new(
            400,
            "no_session",
            "Access tokens have no admin session.",
        ));
    };
    let credentials: Credentials = answer::read(&body)?;
    let user = prove(&app, &request, credentials).await?;
    if user.sub != signed_in.user.sub {
        return Err(wrong());
    }
    admin_session::prove(&app, signed_in.session.id).await?;
    Ok(answer::no_content())
}

pub async fn delete(app: web::Data<App>, request: HttpRequest, admin: Admin) -> Answer {
    if let Some(signed_in) = &admin.signed_in {
        admin_session::end(&app, signed_in, respond::address(&request)).await?;
    }
    let mut response = answer::no_content();
    add_cookie(&mut response, &cookies::remove_admin(&app))?;
    Ok(response)
}

/// An unknown user, a wrong password and a user who is not an administrator get the same response.
fn wrong() -> Problem {
    Problem::new(
        401,
        "wrong_credentials",
        "Wrong username or password, or the user is not an administrator.",
    )
}

async fn prove(
    app: &SharedApp,
    request: &HttpRequest,
    credentials: Credentials,
) -> Result<User, Problem> {
    let address = respond::address(request);
    if credentials.persona && host::has_personas(app, request) {
        let user = persona::find(app, &credentials.username)?;
        return user.filter(|user| user.admin).ok_or_else(wrong);
    }
    let password = credentials.password.unwrap_or_else(|| Secret::new(""));
    let (name, browsers) = (&credentials.username, cookies::known_browsers(app, request));
    let signed_in =
        password::sign_in(app, &Trace::off(), name, password, address, &browsers).await?;
    match signed_in {
        SignIn::Ok(user) if user.admin => Ok(*user),
        SignIn::Ok(user) => {
            let event =
                AuditEvent::failed("admin.sign_in_failed", "The user is not an administrator.")
                    .actor(&user.sub)
                    .subject(&user.sub);
            app.audit(event.address(address)).await?;
            Err(wrong())
        }
        SignIn::Wrong => Err(wrong()),
        SignIn::Wait(wait) => Err(Problem::wait(wait.0)),
    }
}

fn add_cookie(
    response: &mut HttpResponse,
    cookie: &actix_web::cookie::Cookie<'_>,
) -> Result<(), Problem> {
    response
        .add_cookie(cookie)
        .map_err(|_| Problem::new(500, "failed", "Internal error. See the server log."))
}
