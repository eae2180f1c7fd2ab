//! Views of `/account` and the pages below it.

use askama::Template;

use super::{Page, View};
use crate::http::pages::{account::Section, texts::Moment};

/// Frame of every account page.
pub struct Frame {
    pub section: Section,
    /// The person's name.
    pub name: String,
    pub csrf: String,
    /// Action that was just completed.
    pub done: Option<&'static str>,
    /// Error of a failed action.
    pub refused: Option<String>,
}

/// Field of a form: its value and its error.
#[derive(Default)]
pub struct Field {
    pub value: String,
    pub error: Option<&'static str>,
}

impl Field {
    pub fn of(value: Option<&str>) -> Self {
        Self {
            value: value.unwrap_or_default().to_owned(),
            error: None,
        }
    }
}

/// Option of a choice.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// `GET /account`. Posts `csrf` and `form`: `profile`, `email` or `appearance`, with its fields.
#[derive(Template)]
#[template(path = "account_profile.html")]
pub struct Profile<'a> {
    pub page: Page<'a>,
    pub frame: Frame,
    pub username: String,
    /// Whether the configuration file declares the profile.
    pub managed: bool,
    pub given_name: Field,
    pub family_name: Field,
    pub locales: Vec<Choice>,
    pub zoneinfo: Field,
    pub email: Field,
    pub email_verified: bool,
    pub asks_for_password: bool,
    /// URL for signing in again, for a user who must but has no password to confirm here.
    pub sign_in: Option<String>,
    pub password_error: Option<&'static str>,
    pub themes: Vec<Choice>,
}

/// `GET /account/password`. Posts `csrf`, `current`, `password`, `again` and `elsewhere`.
#[derive(Template)]
#[template(path = "account_password.html")]
pub struct Password<'a> {
    pub page: Page<'a>,
    pub frame: Frame,
    pub username: String,
    pub has_password: bool,
    /// Whether a configuration file declares the password, which can only be changed there.
    pub is_declared: bool,
    pub current_error: Option<&'static str>,
    pub new_error: Option<&'static str>,
    pub again_error: Option<&'static str>,
}

/// `GET /account/sessions`. Posts `csrf` and `end`: the id of a session, or `others`.
#[derive(Template)]
#[template(path = "account_sessions.html")]
pub struct Sessions<'a> {
    pub page: Page<'a>,
    pub frame: Frame,
    pub sessions: Vec<SignIn>,
}

pub struct SignIn {
    pub id: String,
    /// "Firefox on Linux"
    pub device: String,
    pub is_this: bool,
    pub began: Moment,
    pub last_used: Moment,
    pub address: Option<String>,
}

/// `GET /account/apps`. Posts `csrf` and either `client_id`, whose access is removed, or `token`, the ID of a delegated
/// token.
#[derive(Template)]
#[template(path = "account_apps.html")]
pub struct Apps<'a> {
    pub page: Page<'a>,
    pub frame: Frame,
    pub apps: Vec<App>,
    pub acting: Vec<Acting>,
}

pub struct App {
    pub name: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub resources: Vec<String>,
    pub since: Moment,
    pub last_used: Option<Moment>,
}

pub struct Acting {
    pub id: String,
    /// Current actor.
    pub actor: String,
    /// Actors that it acts for, the nearest first.
    pub through: Vec<String>,
    pub client_name: String,
    pub scopes: Vec<String>,
    pub team: Option<String>,
    pub since: Moment,
    pub until: Moment,
}

super::views!(Profile, Password, Sessions, Apps);
