//! Masking of parameters: for those that are not secret, the value is recorded; for all others, a name, a length and a
//! fingerprint.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::crypto::{hash::MacKey, random};

/// Parameters whose value can be shown. All others are masked: an unknown parameter can contain anything.
const SHOWN: &[&str] = &[
    "acr_values",
    "actor_token_type",
    "assertion_type",
    "audience",
    "claims",
    "claims_locales",
    "client_assertion_type",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "decision",
    "display",
    "dpop_jkt",
    "grant_type",
    "login_hint",
    "max_age",
    "prompt",
    "redirect_uri",
    "requested_token_type",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "subject_token_type",
    "team_id",
    "token_type_hint",
    "tz",
    "ui_locales",
];
/// Parameters with a URI, which can contain more than an address.
const URIS: &[&str] = &["audience", "redirect_uri", "resource"];
/// Parameters of which only the name can be shown.
const NAMED: &[&str] = &[
    "access_token",
    "actor_token",
    "assertion",
    "authorization_details",
    "basic",
    "bearer",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "dpop",
    "id_token",
    "id_token_hint",
    "iss",
    "logout_hint",
    "nonce",
    "password",
    "post_logout_redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "sid",
    "state",
    "sub",
    "subject_token",
    "token",
    "user_code",
    "username",
];
/// Replaces an unknown name, which may be a secret that was sent without a name.
const UNKNOWN_NAME: &str = "?";
/// Internal parameters of the pages.
const LEFT_OUT: &[&str] = &["csrf", "interaction"];

/// Maximum number of parameters per request, and of characters per value.
const MOST: usize = 40;
const LONGEST: usize = 500;
/// Characters of a name that is written differently from a known one.
const LONGEST_NAME: usize = 60;
/// A shorter masked value may be part of another one by chance.
const TELLING: usize = 6;

/// Truncated keyed hash of a secret: it only shows whether two are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark(u64);

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:08x}", self.0 >> 32))
    }
}

/// Recorded parameter.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminSent")]
pub struct Sent {
    pub name: String,
    /// `null` if it is masked.
    pub value: Option<String>,
    /// Length of the sent value in bytes.
    pub length: usize,
    /// Fingerprint of a masked value.
    #[schemars(with = "Option<String>")]
    pub mark: Option<Mark>,
}

impl Sent {
    /// Approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.value.as_ref().map_or(0, String::len)
    }
}

/// Creates fingerprints. The key belongs to this process and is never stored, so that a fingerprint is useless
/// elsewhere.
pub struct Masks(MacKey);

impl Default for Masks {
    fn default() -> Self {
        Self(MacKey::new(&random::bytes()))
    }
}

impl Masks {
    pub fn mark(&self, secret: &str) -> Mark {
        let tag = self.0.mac("flow", &[secret.as_bytes()]);
        let (first, _) = tag.split_at(8);
        Mark(
            first
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    }

    pub fn masked(&self, name: &str, secret: &str) -> Sent {
        Sent {
            name: shown_name(name),
            value: None,
            length: secret.len(),
            mark: Some(self.mark(secret)),
        }
    }

    /// Masks the parameters of a request. A shown one that contains the value of a masked one is masked as well, since
    /// clients send secrets in the wrong place. So are an unknown `client_id`, and the query and user of a URI.
    pub fn params(
        &self,
        pairs: &[(String, String)],
        is_client: impl Fn(&str) -> bool,
    ) -> Vec<Sent> {
        let kept = || {
            let kept = pairs
                .iter()
                .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
            kept.take(MOST)
        };
        let secrets: Vec<&str> = kept()
            .filter(|(name, value)| !is_shown(name) && value.len() >= TELLING)
            .map(|(_, value)| value.as_str())
            .collect();
        let sent = |(name, value): &(String, String)| {
            let is_stranger = name == "client_id" && !is_client(value);
            if is_stranger || !is_shown(name) || secrets.iter().any(|secret| value.contains(secret))
            {
                return self.masked(name, value);
            }
            let shown = match URIS.contains(&name.as_str()) {
                true => without_secrets(value),
                false => value.clone(),
            };
            Sent {
                name: name.clone(),
                value: Some(cut(&shown, LONGEST)),
                length: value.len(),
                mark: None,
            }
        };
        kept().map(sent).collect()
    }
}

fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

/// A name that is known, also as others write it (`grantType`): who looks is to see what was meant.
fn shown_name(name: &str) -> String {
    let is_known = name.len() <= LONGEST_NAME
        && SHOWN
            .iter()
            .chain(NAMED)
            .any(|known| letters(known).eq(letters(name)));
    match is_known {
        true => name.to_owned(),
        false => UNKNOWN_NAME.to_owned(),
    }
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    let letters = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    letters.map(|byte| byte.to_ascii_lowercase())
}

/// A URI with the names but not the values of its query, and without user and password (RFC 3986 §3.2.1), which are
/// private data of the app.
pub fn without_secrets(uri: &str) -> String {
    let (uri, fragment) = match uri.split_once('#') {
        Some((uri, _)) => (uri, "#…"),
        None => (uri, ""),
    };
    let (address, query) = match uri.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (uri, None),
    };
    let address = without_user(address);
    let Some(query) = query else {
        return format!("{address}{fragment}");
    };
    let names: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}=…"),
            None => "…".to_owned(),
        })
        .collect();
    format!("{address}?{}{fragment}", names.join("&"))
}

fn without_user(address: &str) -> String {
    // With any number of slashes: it is recorded because it may be wrong.
    let rest = address.split_once(':').map_or(address, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\']);
    let (scheme, rest) = address.split_at(address.len() - rest.len());
    let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}{path}"),
        None => address.to_owned(),
    }
}

/// The text, truncated to this many characters with an ellipsis.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_kept_without_what_an_app_hides_in_it() {
        for (uri, expected) in [
            ("https://x.example/cb", "https://x.example/cb"),
            (
                "https://x.example/@me?code=1&b#c",
                "https://x.example/@me?code=…&…#…",
            ),
            (
                "https://ola:hunter22@x.example/cb?t=1",
                "https://…@x.example/cb?t=…",
            ),
            ("https://ola:a@b@x.example", "https://…@x.example"),
            ("https:/ola:hunter22@x.example", "https:/…@x.example"),
            (r"https:\\\ola:hunter22@x.example", r"https:\\\…@x.example"),
            ("//ola:hunter22@x.example", "//ola:…@x.example"),
            ("urn:api:notes", "urn:api:notes"),
        ] {
            assert_eq!(without_secrets(uri), expected);
        }
    }

    #[test]
    fn what_a_uri_hides_is_masked_in_each_parameter_that_is_one() {
        for name in URIS {
            let kept = params(&[(name, "https://ola:hunter22@x.example/?key=hunter33")]);
            let expected = "https://…@x.example/?key=…".to_owned();
            assert_eq!(kept, [(name.to_string(), Some(expected))]);
        }
    }

    fn params(pairs: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let sent = Masks::default().params(&pairs, |id| id == "web");
        sent.into_iter()
            .map(|sent| (sent.name, sent.value))
            .collect()
    }

    #[test]
    fn only_what_is_known_to_be_no_secret_is_kept() {
        let kept = params(&[
            ("client_id", "web"),
            ("code", "0123456789"),
            ("something", "else"),
            ("csrf", "x"),
        ]);
        assert_eq!(
            kept,
            [
                ("client_id".to_owned(), Some("web".to_owned())),
                ("code".to_owned(), None),
                ("?".to_owned(), None),
            ]
        );
    }

    #[test]
    fn a_name_that_nobody_knows_is_masked_and_a_known_one_in_another_spelling_is_not() {
        let kept = params(&[
            ("0198f1d2c3-the-token-itself", ""),
            ("refresh_token:hunter22", ""),
            ("grantType", "x"),
            ("Client-Id", "web"),
        ]);
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["?", "?", "grantType", "Client-Id"]);
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_masked_there_too() {
        let kept = params(&[("scope", "a hunter22 b"), ("client_secret", "hunter22")]);
        assert_eq!(kept[0], ("scope".to_owned(), None));
    }

    #[test]
    fn a_client_id_that_is_no_clients_and_the_query_of_an_address_are_not_kept() {
        let kept = params(&[
            ("client_id", "s3cret-of-a-client"),
            (
                "redirect_uri",
                "https://app.example/cb?token=hunter22&x#frag=hunter22",
            ),
        ]);
        assert_eq!(kept[0], ("client_id".to_owned(), None));
        let shown = "https://app.example/cb?token=…&…#…".to_owned();
        assert_eq!(kept[1], ("redirect_uri".to_owned(), Some(shown)));
    }

    #[test]
    fn equal_secrets_have_equal_marks_in_one_server_alone() {
        let (one, other) = (Masks::default(), Masks::default());
        assert_eq!(one.mark("a"), one.mark("a"));
        assert_ne!(one.mark("a"), one.mark("b"));
        assert_ne!(one.mark("a"), other.mark("a"));
    }

    #[test]
    fn long_values_are_cut() {
        let kept = params(&[("scope", &"å".repeat(1000))]);
        assert_eq!(kept[0].1.as_ref().unwrap().chars().count(), LONGEST + 1);
    }
}
