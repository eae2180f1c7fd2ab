//! Resources: the APIs that access tokens are for (RFC 8707).

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::domain::{name::ClientId, object::object_header, scope::ScopeSet};

/// An API that tokens can be requested for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub uri: ResourceUri,
    /// Name shown to users.
    pub name: String,
    /// Scopes that are granted only together with it. A scope can belong to several resources.
    pub scopes: ScopeSet,
    /// Client of the API, which can introspect (RFC 7662 §2.1) and exchange (RFC 8693 §2) tokens for the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Algorithm that signs access tokens for only this resource, one of
    /// [`ID_TOKEN_ALGORITHMS`](crate::domain::client::ID_TOKEN_ALGORITHMS); default ES256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_alg: Option<String>,
    /// Configuration file that declares it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

object_header!(Resource: "resource", "API", uri);

/// Target of a token: scopes, and the resources that they are for. No resource means this server's own endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub scope: ScopeSet,
    pub resources: Vec<String>,
}

/// An absolute URI without a fragment (RFC 8707 §2). `aud` contains it as registered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceUri(Arc<str>);

impl ResourceUri {
    /// The URI, if `text` can be one of a resource.
    ///
    /// ```
    /// # use keyfob::domain::resource::ResourceUri;
    /// assert!(ResourceUri::parse("https://api.example/notes").is_ok());
    /// assert!(ResourceUri::parse("urn:example:notes").is_ok());
    /// for invalid in ["notes", "https://api.example/#notes", "https://ola@api.example/"] {
    ///     assert!(ResourceUri::parse(invalid).is_err(), "{invalid}");
    /// }
    /// ```
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > 2048 {
            return Err("must have at most 2048 characters");
        }
        if !text.bytes().all(|c| c.is_ascii_graphic()) || text.contains(['"', '\\']) {
            return Err(
                "must be a URI: printable ASCII without spaces, quotation marks and backslashes",
            );
        }
        if text.contains('#') {
            return Err("must not have a fragment (RFC 8707 §2)");
        }
        let url = Url::parse(text).map_err(|_| "must be an absolute URI (RFC 8707 §2)")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain a username or password");
        }
        Ok(Self(text.into()))
    }

    /// A URI that was checked when it was stored.
    pub fn trusted(text: &str) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path, unless it is empty or the URI has a query or no authority.
    pub fn path(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        let is_plain = url.has_host() && url.query().is_none() && url.path() != "/";
        is_plain.then(|| url.path().to_owned())
    }

    /// Whether both are equivalent (RFC 3986 §6.2.2, §6.2.3).
    pub fn is(&self, other: &str) -> bool {
        is_same_uri(&self.0, other)
    }
}

/// Whether two URIs are equivalent with scheme and host in lower case, without the default port, and with `/` for an
/// empty path (RFC 3986 §6.2.2, §6.2.3).
pub fn is_same_uri(a: &str, b: &str) -> bool {
    a == b
        || matches!((Url::parse(a), Url::parse(b)), (Ok(a), Ok(b)) if a == b && a.fragment().is_none())
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for ResourceUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ResourceUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8707 §2
    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for good in [
            "https://api.example.com",
            "https://api.example.com/mcp?v=1",
            "urn:example:api",
        ] {
            assert!(ResourceUri::parse(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "api.example.com",
            "/mcp",
            "https://api.example.com/#x",
            "https://a b",
            "https://u:p@a.example",
            "https://a.example/\"",
            "https://a.example/ø",
        ];
        for bad in bad {
            assert!(ResourceUri::parse(bad).is_err(), "{bad}");
        }
        let path = |uri: &str| ResourceUri::parse(uri).unwrap().path();
        assert_eq!(path("https://api.example.com/a/b").as_deref(), Some("/a/b"));
        for none in [
            "https://api.example.com",
            "https://api.example.com/a?b",
            "urn:example:api",
        ] {
            assert_eq!(path(none), None, "{none}");
        }
    }

    // RFC 3986 §6.2.2, §6.2.3
    #[test]
    fn two_spellings_of_one_uri_are_one_resource_and_two_paths_are_two() {
        let uri = ResourceUri::parse("https://api.example.com").unwrap();
        for same in [
            "https://api.example.com",
            "https://api.example.com/",
            "HTTPS://API.example.com:443",
        ] {
            assert!(uri.is(same), "{same}");
        }
        let others = [
            "http://api.example.com",
            "https://api.example.com/x",
            "https://api.example.com:444",
            "https://api.example.com.evil.example",
            "https://api.example.com/#x",
            "api.example.com",
        ];
        for other in others {
            assert!(!uri.is(other), "{other}");
        }
    }
}
