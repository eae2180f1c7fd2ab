//! Redirect URIs: registering them, and matching those of requests.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    redirect_scheme::{is_near, is_private_use},
    uri::{authority, has_canonical_host, is_uri_text},
};

/// A redirect URI that a client can register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Proof that an address belongs to the client: the only thing the server ever redirects to. Made by
/// [`crate::domain::client::Client::verify_redirect_uri`] and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRedirectUri(String);

impl RedirectUri {
    /// Checks that an operator can register it: an absolute URI without a fragment (RFC 6749 §3.1.2), `https`, `http`
    /// to this machine (RFC 8252 §7.3) or to a private network, or a private-use scheme (RFC 8252 §7.1). No wildcard
    /// (RFC 9700 §2.1), no user information. Redirects to private networks, and self-registered clients, have further
    /// checks elsewhere.
    ///
    /// ```
    /// # use keyfob::domain::redirect_uri::RedirectUri;
    /// for valid in ["https://app.example/cb?a=b", "http://127.0.0.1/cb", "com.example.app:/cb"] {
    ///     assert!(RedirectUri::parse(valid).is_ok(), "{valid}");
    /// }
    /// for invalid in ["/cb", "http://app.example/cb", "https://app.example/#a", "https://*.example/"] {
    ///     assert!(RedirectUri::parse(invalid).is_err(), "{invalid}");
    /// }
    /// ```
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > 2048 {
            return Err("must have at most 2048 characters");
        }
        if !is_uri_text(text) {
            return Err("must be a URI: a character in it must be percent-encoded (RFC 3986 §2)");
        }
        if text.contains('#') {
            return Err("must not have a fragment (RFC 6749 §3.1.2)");
        }
        if text.contains('*') {
            return Err("must not contain a wildcard (RFC 9700 §2.1)");
        }
        let url = Url::parse(text).map_err(|_| "must be an absolute URI")?;
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err("must not contain a username or password");
        }
        // Parsers of the web repair `https:///cb` and read `127.1` as 127.0.0.1; what is compared is the text.
        if matches!(url.scheme(), "https" | "http") && !has_canonical_host(text, &url) {
            return Err("must contain the full host, as in https://app.example/callback");
        }
        match url.scheme() {
            "https" if url.has_host() => Ok(Self(text.to_owned())),
            "http" if url.host().is_some_and(|host| is_near(&host)) => Ok(Self(text.to_owned())),
            "http" => {
                Err("must use https except for localhost and private networks (RFC 9700 §2.6)")
            }
            scheme if is_private_use(scheme) => Ok(Self(text.to_owned())),
            _ => Err("must use https, http on localhost, or a scheme of its own (RFC 8252 §7.1)"),
        }
    }

    /// Whether it is an `http` URI of another machine, to which a code is sent unencrypted.
    pub fn is_insecure(&self) -> bool {
        is_insecure(&self.0)
    }

    /// Its private-use scheme, unless that is a reversed domain name, which only its owner uses (RFC 8252 §7.1).
    pub fn undotted_scheme(&self) -> Option<&str> {
        let (scheme, _) = self.0.split_once(':')?;
        let is_own =
            !scheme.contains('.') && !matches!(&*scheme.to_ascii_lowercase(), "https" | "http");
        is_own.then_some(scheme)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `requested` that would match this URI: the URI itself, with the port of `requested` if any port is
    /// allowed (RFC 8252 §7.3).
    pub(super) fn beside(&self, requested: &str) -> String {
        match (split_loopback(&self.0), split_loopback(requested)) {
            (Some(registered), Some(requested)) => {
                let Loopback { host, path, .. } = registered;
                format!("http://{host}{}{path}", requested.port)
            }
            _ => self.0.clone(),
        }
    }

    /// The origin of the pages there (RFC 6454 §6.2), if it is a web address.
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
    }

    pub fn is_loopback(&self) -> bool {
        split_loopback(&self.0).is_some()
    }

    /// Whether `requested` is this URI: character for character (RFC 9700 §2.1), except that a loopback address matches
    /// any port (RFC 8252 §7.3).
    ///
    /// ```
    /// # use keyfob::domain::redirect_uri::RedirectUri;
    /// let native = RedirectUri::parse("http://127.0.0.1/cb")?;
    /// assert!(native.matches("http://127.0.0.1:51004/cb"));
    /// assert!(!native.matches("http://127.0.0.1/cb/"));
    /// # Ok::<_, &str>(())
    /// ```
    pub fn matches(&self, requested: &str) -> bool {
        if self.0 == requested {
            return true;
        }
        match (split_loopback(&self.0), split_loopback(requested)) {
            (Some(registered), Some(requested)) => {
                (registered.host, registered.path) == (requested.host, requested.path)
            }
            _ => false,
        }
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> String {
        uri.0
    }
}

impl VerifiedRedirectUri {
    pub(super) fn new(uri: String) -> Self {
        Self(uri)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URI with the parameters of the response in its query, after its own (RFC 6749 §4.1.2). Parameters are
    /// appended; existing ones are not parsed and rewritten.
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> String {
        let separator = match self.0.find('?') {
            None => "?",
            Some(at) if at + 1 == self.0.len() => "",
            Some(_) => "&",
        };
        format!("{}{separator}{}", self.0, encoded(parameters))
    }

    /// The URI with the parameters of the response in its fragment; it has no fragment of its own (RFC 6749 §3.1.2).
    pub fn with_fragment(&self, parameters: &[(&str, &str)]) -> String {
        format!("{}#{}", self.0, encoded(parameters))
    }

    /// Host and port, as the consent page shows them; the scheme if there is no host.
    pub fn display_host(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) => match (url.host_str(), url.port()) {
                (Some(host), Some(port)) => format!("{host}:{port}"),
                (Some(host), None) => host.to_owned(),
                (None, _) => format!("{}:", url.scheme()),
            },
            Err(_) => self.0.clone(),
        }
    }

    /// Whether it is an `http` URI of another machine.
    pub fn is_insecure(&self) -> bool {
        is_insecure(&self.0)
    }

    /// Whether only the owner of its host can receive the response.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| is_loopback_host(url.host_str().unwrap_or_default()))
    }
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    let mut answer = url::form_urlencoded::Serializer::new(String::new());
    answer.extend_pairs(parameters);
    answer.finish()
}

/// Whether a URI's host is this machine by name or address.
pub fn is_loopback_host(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn is_insecure(uri: &str) -> bool {
    let url = Url::parse(uri).ok().filter(|url| url.scheme() == "http");
    url.is_some_and(|url| !is_loopback_host(url.host_str().unwrap_or_default()))
}

/// An `http` URI to this machine, in its parts.
struct Loopback<'a> {
    host: &'a str,
    /// With its colon; empty if there is none.
    port: &'a str,
    /// Everything after the port.
    path: &'a str,
}

fn split_loopback(uri: &str) -> Option<Loopback<'_>> {
    let after_scheme = uri.strip_prefix("http://")?;
    let end = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
    let (authority, path) = after_scheme.split_at(end);
    let host = ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find(|host| authority.starts_with(host))?;
    let port = &authority[host.len()..];
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|c| c.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    is_port.then_some(Loopback { host, port, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_can_be_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example/cb?tenant=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:9000/cb",
            "http://[::1]/cb",
            "http://localhost:3000/cb",
            "com.example.app:/oauth",
            "https://App.Example:8443/a%2Fb;c=1?x=(y)!",
            "http://[::1]:9/cb",
            "app:/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "oc://android.owncloud.com",
            "http://192.168.1.10:3000/cb",
            "http://10.0.0.1/cb",
            "http://172.16.0.1/cb",
            "http://127.0.0.2/cb",
            "http://[fd00::1]/cb",
            "http://app.localhost:8000/cb",
            "http://app.test/cb",
            "http://host.docker.internal:8080/cb",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "app.example/cb",
            "https://app.example/cb#x",
            "https://*.example/cb",
            "https://good@evil.example/cb",
            "http://app.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "urn:ietf:wg:oauth:2.0:oob",
            "VBScript:x",
            "c:/cb",
            "http://8.8.8.8/cb",
            "http://172.32.0.1/cb",
            "http://[2001:db8::1]/cb",
            "http://evil-test/cb",
            "http://app.test.evil.example/cb",
            "http://host.docker.internal.evil.example/cb",
            "https://app.example/a b",
            "https:\\\\app.example/cb",
            "https:///cb",
            "https:/app.example/cb",
            "https:app.example/cb",
            "https://x/{id}",
            "https://x/a|b",
            "https://x/%zz",
            "https://x/%4",
            "http://127.1/cb",
            "http://2130706433/cb",
            "http://0x7f.0.0.1/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "https://ex%61mple.org/cb",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_compared_with_the_port_that_would_do() {
        let rows = [
            // registered, requested, what would match
            (
                "http://localhost/cb",
                "http://localhost:3000/cb/",
                "http://localhost:3000/cb",
            ),
            (
                "http://localhost:9/cb",
                "http://127.0.0.1:3000/x",
                "http://localhost:3000/cb",
            ),
            (
                "http://localhost:9/cb",
                "http://localhost/cb/",
                "http://localhost/cb",
            ),
            (
                "http://localhost:9/cb",
                "https://localhost:3000/cb",
                "http://localhost:9/cb",
            ),
            (
                "https://a.example/cb",
                "https://a.example:3000/cb",
                "https://a.example/cb",
            ),
        ];
        for (registered, requested, beside) in rows {
            let uri = RedirectUri::parse(registered).unwrap();
            assert_eq!(uri.beside(requested), beside, "{registered} {requested}");
        }
    }

    #[test]
    fn any_port_will_do_on_a_loopback_address_and_nothing_else() {
        let registered = RedirectUri::parse("http://127.0.0.1/cb?a=1").unwrap();
        for same in [
            "http://127.0.0.1/cb?a=1",
            "http://127.0.0.1:9000/cb?a=1",
            "http://127.0.0.1:1/cb?a=1",
        ] {
            assert!(registered.matches(same), "{same}");
        }
        for other in [
            "http://127.0.0.1:9000/cb",
            "http://127.0.0.1:9000/cb?a=2",
            "http://127.0.0.1:9000/CB?a=1",
            "http://localhost:9000/cb?a=1",
            "http://127.0.0.1:1@evil.example/cb?a=1",
            "http://127.0.0.1.evil.example/cb?a=1",
            "http://127.0.0.1:99999/cb?a=1",
            "http://127.0.0.1:9000/x/../cb?a=1",
            "https://127.0.0.1:9000/cb?a=1",
        ] {
            assert!(!registered.matches(other), "{other}");
        }
    }

    #[test]
    fn an_address_that_is_not_safe_by_itself_is_known_as_such() {
        let rows = [
            ("https://app.example/cb", false, None),
            ("http://localhost/cb", false, None),
            ("http://192.168.1.10/cb", true, None),
            ("http://app.localhost/cb", true, None),
            ("com.example.app:/cb", false, None),
            ("cursor://x/cb", false, Some("cursor")),
        ];
        for (text, is_insecure, scheme) in rows {
            let uri = RedirectUri::parse(text).unwrap();
            assert_eq!(
                (uri.is_insecure(), uri.undotted_scheme()),
                (is_insecure, scheme),
                "{text}"
            );
        }
    }

    #[test]
    fn an_answer_keeps_the_query_it_finds() {
        let uri = VerifiedRedirectUri::new("https://a.example/cb?x=%2F".into());
        assert_eq!(
            uri.with_query(&[("code", "a b")]),
            "https://a.example/cb?x=%2F&code=a+b"
        );
        assert_eq!(
            uri.with_fragment(&[("code", "a b")]),
            "https://a.example/cb?x=%2F#code=a+b"
        );
    }
}
