//! The cookies of this server: their names, what they are marked with, and how they are read.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    http::header::{self, HeaderMap},
};

use url::Url;

use crate::{
    app::App,
    domain::{secret::Secret, session::AdminSession, user::User},
    login::known_browsers::{KNOWN_FOR, KnownBrowsers},
    oauth::BASE,
};

/// Identifies a browser before anyone signs in.
const BROWSER: &str = "keyfob_browser";
/// Session of a user.
const SESSION: &str = "keyfob_session";
/// Known browser: users have signed in here before.
const KNOWN: &str = "keyfob_known";
/// Session of the admin page.
pub const ADMIN: &str = "keyfob_admin";
/// Color scheme that the user chose, here or on the admin page, whose script sets the same cookie. It is a preference
/// of the user, so servers on one host share it.
const THEME: &str = "keyfob_theme";
/// The access token of the server's own pages. The name is the contract's.
const TOKEN: &str = "token";

pub fn browser(app: &App, request: &HttpRequest) -> Option<String> {
    read(request, &own_name(app, BROWSER))
}

pub fn set_browser(app: &App, id: &str) -> Cookie<'static> {
    lax(app, BROWSER, id.to_owned())
}

pub fn session(app: &App, request: &HttpRequest) -> Option<String> {
    read(request, &own_name(app, SESSION))
}

pub fn set_session(app: &App, value: &Secret) -> Cookie<'static> {
    lax(app, SESSION, value.expose().to_owned())
}

pub fn known_browsers(app: &App, request: &HttpRequest) -> KnownBrowsers {
    let cookie = read(request, &own_name(app, KNOWN)).unwrap_or_default();
    KnownBrowsers::parse(&cookie)
}

/// After this user has signed in with a password or chosen one. It stays when they sign out.
pub fn set_known_browser(app: &App, request: &HttpRequest, user: &User) -> Cookie<'static> {
    let value = known_browsers(app, request).after_sign_in(app, user);
    let mut cookie = lax(app, KNOWN, value);
    cookie.set_max_age(Duration::seconds(i64::from(KNOWN_FOR.0)));
    cookie
}

pub fn admin(app: &App, request: &HttpRequest) -> Option<String> {
    read(request, &own_name(app, ADMIN))
}

pub fn set_admin(app: &App, value: &Secret) -> Cookie<'static> {
    let mut cookie = strict_admin(app, value.expose().to_owned());
    let lifetime = i64::from(AdminSession::LIFETIME.0);
    cookie.set_max_age(Duration::seconds(lifetime));
    cookie
}

pub fn remove_admin(app: &App) -> Cookie<'static> {
    let mut cookie = strict_admin(app, String::new());
    cookie.make_removal();
    cookie
}

fn strict_admin(app: &App, value: String) -> Cookie<'static> {
    let mut cookie = lax(app, ADMIN, value);
    cookie.set_same_site(SameSite::Strict);
    cookie
}

/// `light` or `dark`, if the user chose one.
pub fn theme(request: &HttpRequest) -> Option<&'static str> {
    let chosen = read(request, THEME)?;
    ["light", "dark"].into_iter().find(|theme| *theme == chosen)
}

/// Set for a year; any other value removes the choice.
pub fn set_theme(theme: &str) -> Cookie<'static> {
    let chosen = ["light", "dark"].into_iter().find(|known| *known == theme);
    let mut cookie = Cookie::build(THEME, chosen.unwrap_or_default())
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .finish();
    if chosen.is_none() {
        cookie.make_removal();
    }
    cookie
}

pub fn token(request: &HttpRequest) -> Option<String> {
    read(request, TOKEN)
}

pub fn set_token(app: &App, token: &Secret) -> Cookie<'static> {
    // Only the endpoints that take it get it: on localhost every port shares its cookies, and other
    // programs have a `token` cookie too.
    Cookie::build(TOKEN, token.expose().to_owned())
        .path(BASE)
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(SameSite::Strict)
        .finish()
}

/// Deletes both cookies of a sign-in.
pub fn removals(app: &App) -> Vec<Cookie<'static>> {
    let nothing = Secret::new("");
    let mut cookies = vec![set_session(app, &nothing), set_token(app, &nothing)];
    cookies.iter_mut().for_each(Cookie::make_removal);
    cookies
}

fn lax(app: &App, name: &str, value: String) -> Cookie<'static> {
    Cookie::build(own_name(app, name), value)
        .path("/")
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(SameSite::Lax)
        .finish()
}

/// Name of a cookie of this server. With https, `__Host-` binds it to this origin. Without https nothing can: all ports
/// of a host share their cookies (RFC 6265 §8.5), so the name has the port.
pub fn own_name(app: &App, name: &str) -> String {
    if app.config.is_https() {
        return format!("__Host-{name}");
    }
    let port = Url::parse(&app.config.issuer)
        .ok()
        .and_then(|issuer| issuer.port_or_known_default());
    match port {
        Some(port) => format!("{name}_{port}"),
        None => name.to_owned(),
    }
}

/// First cookie with this name. Keyfob's cookie values need no decoding. Cookies of other programs on the same host are
/// ignored, whatever they contain (RFC 6265 §5.4).
fn read(request: &HttpRequest, name: &str) -> Option<String> {
    find(request.headers(), name)
}

pub(super) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let headers = headers.get_all(header::COOKIE);
    headers
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .find_map(|pair| {
            let (found, value) = std::str::from_utf8(pair).ok()?.trim().split_once('=')?;
            (found == name && !value.is_empty()).then(|| value.to_owned())
        })
}
