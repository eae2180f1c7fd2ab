//! What the hosted pages show. Each struct is one template in `assets/pages`;
//! the handlers fill them in and decide everything.

pub mod account;

use std::borrow::Cow;

use askama::Template;

use crate::domain::language::Language;

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
    Home,
    FormPost,
);

/// What every page needs.
pub struct Page<'a> {
    /// Where the assets are served, without a slash at the end: `/_a/1a2b3c4d`.
    pub asset_prefix: &'a str,
    /// `Some("light")` or `Some("dark")` when the person chose; otherwise the browser decides.
    pub theme: Option<&'a str>,
    pub dev_mode: bool,
    pub issuer: &'a str,
    /// The language of the page, and so all its texts.
    pub lang: Language,
}

/// `GET /login`. Posts `flow`, `csrf` and either `username` and `password`, or `persona`.
#[derive(Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    pub page: Page<'a>,
    pub client_name: Option<String>,
    pub client_id: Option<String>,
    pub flow: String,
    pub csrf: String,
    /// From `login_hint`, or what was typed before.
    pub username: String,
    pub error: Option<String>,
    pub notice: Option<String>,
    /// Dev mode only; otherwise empty.
    pub personas: Vec<Persona>,
}

/// A user one may become with one click in dev mode.
pub struct Persona {
    pub username: String,
    pub display_name: String,
    pub email: String,
    pub description: String,
}

/// `GET /consent`. Posts `flow`, `csrf` and `decision`: `allow`, `deny` or `switch`.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    pub page: Page<'a>,
    pub client_name: String,
    pub client_id: String,
    /// The host of a `client_id` that is a URL.
    pub client_host: Option<String>,
    /// Nobody who runs this server has had a look at the client.
    pub unverified: bool,
    pub redirect_host: String,
    pub redirect_is_loopback: bool,
    pub user_name: String,
    pub username: String,
    pub asked: Asked,
    pub flow: String,
    pub csrf: String,
}

/// What a client asks for.
pub struct Asked {
    pub scopes: Vec<ScopeLine>,
    pub resources: Vec<ResourceLine>,
    /// It may make tokens that act for others.
    pub acts_for_you: bool,
}

/// RFC 8707: where the client will use what it gets.
pub struct ResourceLine {
    /// Empty if it is not registered any more.
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
    /// What was typed before.
    pub user_code: String,
    pub error: Option<String>,
}

/// `GET /device` with a flow. Posts `flow`, `csrf` and `decision`: `allow`, `deny` or `switch`.
#[derive(Template)]
#[template(path = "device_consent.html")]
pub struct DeviceConsent<'a> {
    pub page: Page<'a>,
    pub client_name: String,
    pub client_id: String,
    /// The host of a `client_id` that is a URL.
    pub client_host: Option<String>,
    /// Nobody who runs this server has had a look at the client.
    pub unverified: bool,
    pub user_code: String,
    /// Where the device asked from.
    pub address: Option<String>,
    pub user_name: String,
    pub username: String,
    pub asked: Asked,
    pub flow: String,
    pub csrf: String,
}

/// `GET /device/allowed` and `/device/denied`.
#[derive(Template)]
#[template(path = "device_done.html")]
pub struct DeviceDone<'a> {
    pub page: Page<'a>,
    pub allowed: bool,
}

/// `GET /logout`. Posts `flow`, `csrf` and `decision`: `logout` or `cancel`.
#[derive(Template)]
#[template(path = "logout.html")]
pub struct Logout<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    pub username: Option<String>,
    /// The client that asked, if one did.
    pub client_name: Option<String>,
    pub flow: String,
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
    /// What the person can do.
    pub advice: Cow<'a, str>,
    /// The error code of the standard, such as `invalid_request`.
    pub code: Option<&'static str>,
    /// The error's description, for the developer; English, as the standard has it.
    pub description: Option<String>,
    /// Finds this error in the log.
    pub reference: Option<String>,
    /// Such as `RFC 6749 §4.1.2.1`.
    pub standard: Option<String>,
    /// Whether the reader may see what was sent beside what is registered, and the advice: a developer on
    /// the same machine, or an administrator.
    pub explains: bool,
    pub comparison: Option<Comparison>,
    /// Advice to the developer.
    pub fix: Option<&'static str>,
    /// Where an administrator sees all of it.
    pub flow_href: Option<String>,
    /// What an administrator can mend from here.
    pub mend: Option<Mend>,
    /// Where the person can go on.
    pub go_on: Option<GoOn>,
}

/// Posts `csrf` and `offer` to `/mend`.
pub struct Mend {
    pub client_name: String,
    /// The state file that declares the client: the address is added there.
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

/// What was sent against what is registered.
pub struct Comparison {
    pub sent: String,
    pub expected: Vec<String>,
}

/// A text in three parts, of which the middle one is marked as different.
#[derive(Debug, PartialEq)]
pub struct Marked<'a> {
    pub before: &'a str,
    pub differs: &'a str,
    pub after: &'a str,
}

impl Comparison {
    fn sent_marked(&self) -> Marked<'_> {
        match self.nearest() {
            Some(nearest) => mark(&self.sent, nearest),
            None => unmarked(&self.sent),
        }
    }

    fn expected_marked(&self) -> Vec<Marked<'_>> {
        let nearest = self.nearest();
        self.expected
            .iter()
            .map(|expected| match nearest {
                Some(nearest) if nearest == expected => mark(expected, &self.sent),
                _ => unmarked(expected),
            })
            .collect()
    }

    /// The expected value most like the sent one, if any has at least half of it in common.
    fn nearest(&self) -> Option<&str> {
        self.expected
            .iter()
            .map(|expected| {
                let (start, end) = in_common(&self.sent, expected);
                (start + end, expected.as_str())
            })
            .filter(|(common, expected)| common * 2 >= self.sent.len().max(expected.len()))
            .max_by_key(|(common, _)| *common)
            .map(|(_, expected)| expected)
    }
}

fn mark<'a>(text: &'a str, other: &str) -> Marked<'a> {
    let (start, end) = in_common(text, other);
    let (before, rest) = text.split_at(start);
    let (differs, after) = rest.split_at(rest.len() - end);
    Marked {
        before,
        differs,
        after,
    }
}

fn unmarked(text: &str) -> Marked<'_> {
    Marked {
        before: text,
        differs: "",
        after: "",
    }
}

/// How many bytes two texts share at the start and, apart from those, at the end.
fn in_common(a: &str, b: &str) -> (usize, usize) {
    let same = |(x, y): &(char, char)| x == y;
    let length = |(x, _): (char, char)| x.len_utf8();
    let start = a.chars().zip(b.chars()).take_while(same).map(length).sum();
    let rest = a[start..].chars().rev().zip(b[start..].chars().rev());
    (start, rest.take_while(same).map(length).sum())
}

/// `GET /setup`. Posts `csrf`, `token`, `username`, `email` (may be empty) and `password`.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct Setup<'a> {
    pub page: Page<'a>,
    pub csrf: String,
    /// What was typed before; a fresh page gets it from the link's fragment.
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

/// `GET /`.
#[derive(Template)]
#[template(path = "home.html")]
pub struct Home<'a> {
    pub page: Page<'a>,
    pub version: &'a str,
    pub has_admin: bool,
    /// Who is signed in.
    pub user: Option<String>,
    pub is_admin: bool,
    /// Name and URL, in the order shown; the names are the standards'. The page adds the issuer and the discovery URL.
    pub endpoints: Vec<(&'a str, String)>,
}

/// OAuth 2.0 Form Post Response Mode §2: the authorization response as a form.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    pub page: Page<'a>,
    /// The client's registered redirect URI.
    pub action: String,
    pub fields: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(sent: &str, expected: &[&str]) -> Comparison {
        Comparison {
            sent: sent.into(),
            expected: expected.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_characters_that_differ_from_the_nearest_value_are_marked() {
        let rows = [
            // sent, nearest expected, marked in sent, marked in expected
            ("http://a/cb/", "http://a/cb", "/", ""),
            ("http://a/cb", "http://a/cb/", "", "/"),
            ("http://a:3000/cb", "http://a:3001/cb", "0", "1"),
            ("http://a/blåbær", "http://a/blabær", "å", "a"),
            ("http://a/aa", "http://a/aaa", "", "a"),
            ("", "http://a/cb", "", ""),
        ];
        for (sent, expected, in_sent, in_expected) in rows {
            let comparison = comparison(sent, &["https://elsewhere.example/", expected]);
            assert_eq!(comparison.sent_marked().differs, in_sent, "{sent}");
            let marked = comparison.expected_marked();
            assert_eq!(marked[0].differs, "", "{sent}");
            assert_eq!(marked[1].differs, in_expected, "{sent}");
        }
    }

    #[test]
    fn texts_with_little_in_common_are_left_unmarked() {
        let comparison = comparison("http://a/cb", &["https://login.example.com/return"]);
        assert_eq!(comparison.sent_marked(), unmarked("http://a/cb"));
    }
}
