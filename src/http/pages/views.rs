//! Views of the hosted pages. Each struct is one template in `assets/pages`; the handlers fill them in and decide
//! everything.

pub mod account;
mod comparison;

use std::borrow::Cow;

use askama::Template;

pub use comparison::{Comparison, Difference};

use crate::{domain::language::Language, http::branding::Branding};

/// A page, which knows for whom it is.
pub trait View: Template {
    fn page(&self) -> &Page<'_>;
}

macro_rules! views {
    ($($name:ident),* $(,)?) => {
        $(impl View for $name<'_> {
            fn page(&self) -> &Page<'_> {
                &self.page
            }
        })*
    };
}
use views;
views!(
    Login,
    Consent,
    DeviceCodeEntry,
    DeviceConsent,
    DeviceDone,
    Logout,
    LogoutDone,
    ErrorPage,
    Setup,
    SetupDone,
    ChoosePassword,
    PasswordChosen,
    Home,
    FormPost,
    LeadOn,
);

/// Data of every page.
pub struct Page<'a> {
    /// Path of the assets, without a trailing slash: `/_a/1a2b3c4d`.
    pub asset_prefix: &'a str,
    /// `Some("light")` or `Some("dark")` if the user chose one; otherwise the browser decides.
    pub theme: Option<&'a str>,
    pub dev_mode: bool,
    pub issuer: &'a str,
    /// The language of the page, and so all its texts.
    pub lang: Language,
    pub branding: Branding,
}

/// `GET /login`. Posts `interaction`, `csrf` and either `username` and `password`, or `persona`, or the `decision` `deny`.
#[derive(Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    pub page: Page<'a>,
    pub client_name: Option<String>,
    pub client_id: Option<String>,
    pub interaction: String,
    pub csrf: String,
    /// From `login_hint`, or typed before.
    pub username: String,
    pub error: Option<String>,
    pub notice: Option<String>,
    /// Whether a client waits for a response, which can be that the user canceled the sign-in.
    pub can_decline: bool,
    /// Dev mode only; otherwise empty.
    pub personas: Vec<Persona>,
}

/// User with one-click sign-in in development mode.
pub struct Persona {
    pub username: String,
    pub display_name: String,
    pub email: String,
    pub description: String,
}

/// `GET /consent`. Posts `interaction`, `csrf` and `decision`: `allow`, `deny` or `switch`.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    pub page: Page<'a>,
    pub client_name: String,
    pub client_id: String,
    /// The host of a `client_id` that is a URL.
    pub client_host: Option<String>,
    /// Whether no administrator has reviewed the client.
    pub unverified: bool,
    pub redirect_host: String,
    pub redirect_is_loopback: bool,
    pub user_name: String,
    pub username: String,
    pub asked: Asked,
    pub interaction: String,
    pub csrf: String,
}

/// Requested access.
pub struct Asked {
    pub scopes: Vec<ScopeLine>,
    pub resources: Vec<ResourceLine>,
    /// Whether it can get tokens that act for others.
    pub acts_for_you: bool,
}

/// RFC 8707: where the client will use what it gets.
pub struct ResourceLine {
    /// Empty if it is no longer registered.
    pub name: String,
    pub uri: String,
    /// Not part of an earlier consent.
    pub is_new: bool,
}

pub struct ScopeLine {
    pub name: String,
    /// A phrase that completes "It will be able to …".
    pub description: String,
    /// Not part of an earlier consent.
    pub is_new: bool,
}

/// `GET /device`. Posts `csrf` and `user_code`.
#[derive(Template)]
#[template(path = "device.html")]
pub struct DeviceCodeEntry<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    /// Typed before.
    pub user_code: String,
    pub error: Option<String>,
}

/// `GET /device` with a interaction. Posts `interaction`, `csrf` and `decision`: `allow`, `deny` or `switch`.
#[derive(Template)]
#[template(path = "device_consent.html")]
pub struct DeviceConsent<'a> {
    pub page: Page<'a>,
    pub client_name: String,
    pub client_id: String,
    /// The host of a `client_id` that is a URL.
    pub client_host: Option<String>,
    /// Whether no administrator has reviewed the client.
    pub unverified: bool,
    pub user_code: String,
    /// Address of the device.
    pub address: Option<String>,
    pub user_name: String,
    pub username: String,
    pub asked: Asked,
    pub interaction: String,
    pub csrf: String,
}

/// `GET /device/allowed` and `/device/denied`.
#[derive(Template)]
#[template(path = "device_done.html")]
pub struct DeviceDone<'a> {
    pub page: Page<'a>,
    pub allowed: bool,
}

/// `GET /logout`. Posts `interaction`, `csrf` and `decision`: `logout` or `cancel`.
#[derive(Template)]
#[template(path = "logout.html")]
pub struct Logout<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    pub username: Option<String>,
    /// Client of the request, if any.
    pub client_name: Option<String>,
    /// The apps that were signed in to in this browser.
    pub apps: Vec<String>,
    pub interaction: String,
}

/// `GET /logout/done`.
#[derive(Template)]
#[template(path = "logout_done.html")]
pub struct LogoutDone<'a> {
    pub page: Page<'a>,
}

/// An error that must not, or cannot, be sent to the client's redirect URI.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    pub page: Page<'a>,
    pub title: &'static str,
    /// Advice for the user.
    pub advice: Cow<'a, str>,
    /// The error code of the standard, such as `invalid_request`.
    pub code: Option<&'static str>,
    /// The error's description, for the developer; English, as the standard has it.
    pub description: Option<String>,
    /// Finds this error in the log.
    pub reference: Option<String>,
    /// Such as `RFC 6749 §4.1.2.1`.
    pub standard: Option<String>,
    /// Whether the reader, a developer on the same machine or an administrator, can see the sent value next to the
    /// registered ones, and the fix.
    pub explains: bool,
    pub comparison: Option<Comparison>,
    /// Advice to the developer.
    pub fix: Option<&'static str>,
    /// URL of the trace for administrators.
    pub trace_href: Option<String>,
    /// Quick fix that an administrator can apply here.
    pub quick_fix: Option<QuickFix>,
    /// URL at which the user can continue.
    pub go_on: Option<GoOn>,
}

/// Posts `csrf` and `offer` to `/quick-fix`.
pub struct QuickFix {
    pub client_name: String,
    /// Configuration file that declares the client: the redirect URI must be added there.
    pub managed_by: Option<String>,
    pub csrf: String,
    pub offer: String,
}

/// A button that leads on.
pub struct GoOn {
    pub label: &'static str,
    /// A path on this server. Never an address taken from a request.
    pub href: String,
}

/// `GET /setup`. Posts `csrf`, `token`, `username`, `email` (can be empty) and `password`.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct Setup<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    /// Typed before; a new page gets it from the link's fragment.
    pub token: String,
    pub username: String,
    pub email: String,
    pub error: Option<String>,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
pub struct SetupDone<'a> {
    pub page: Page<'a>,
    pub username: String,
}

/// `GET /password`. Posts `csrf` and `token`, and, if the token is valid, also `password` and `again`.
#[derive(Template)]
#[template(path = "choose_password.html")]
pub struct ChoosePassword<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    /// Typed before; a new page gets it from the link's fragment.
    pub token: String,
    /// User of the link, if the token is valid.
    pub username: Option<String>,
    pub error: Option<String>,
    pub new_error: Option<&'static str>,
    pub again_error: Option<&'static str>,
}

/// `GET /password/done`.
#[derive(Template)]
#[template(path = "password_chosen.html")]
pub struct PasswordChosen<'a> {
    pub page: Page<'a>,
    /// Somebody else who is signed in at this browser.
    pub other: Option<String>,
}

/// `GET /`.
#[derive(Template)]
#[template(path = "home.html")]
pub struct Home<'a> {
    pub page: Page<'a>,
    pub version: &'a str,
    pub has_admin: bool,
    /// Signed-in user.
    pub user: Option<String>,
    pub is_admin: bool,
    /// Name and URL, in the order shown; the names are the standards'. The page adds the issuer and the discovery URL.
    pub endpoints: Vec<(&'a str, String)>,
}

/// Redirect page for a URL that is too long for a header.
#[derive(Template)]
#[template(path = "lead_on.html")]
pub struct LeadOn<'a> {
    pub page: Page<'a>,
    pub to: String,
}

/// OAuth 2.0 Form Post Response Mode §2: the authorization response as a form.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    pub page: Page<'a>,
    pub title: &'static str,
    /// The client's registered redirect URI, or an address of this server.
    pub action: String,
    pub fields: Vec<(String, String)>,
}
