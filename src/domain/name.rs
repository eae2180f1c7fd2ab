//! The names of things: what a token, a row or a request points at.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::{email, precis};

/// Reason why a text is not a valid name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {why}")]
pub struct InvalidName {
    what: &'static str,
    why: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $allowed:expr, $why:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// The name, if `text` is one.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                let allowed: fn(u8) -> bool = $allowed;
                if text.is_empty() {
                    Err(InvalidName { what: $what, why: "must not be empty" })
                } else if text.len() > $max {
                    Err(InvalidName { what: $what, why: concat!("must have at most ", $max, " characters") })
                } else if !text.bytes().all(allowed) {
                    Err(InvalidName { what: $what, why: $why })
                } else {
                    Ok(Self(text.into()))
                }
            }

            /// A name that was checked when it was stored or signed by this server.
            pub fn trusted(text: &str) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// `client_id` consists of VSCHAR (RFC 6749 appendix A.1), here without spaces, which would be confusing.
    ClientId, "client_id", 255, |c| c.is_ascii_graphic(),
    "must contain only printable ASCII without spaces"
);
impl ClientId {
    /// Whether it is the URL of a client ID metadata document. No registered client has such an ID.
    pub fn is_url(client_id: &str) -> bool {
        client_id.starts_with("https://")
    }

    /// Host of an ID that is a URL, with its port if it is not that of https, by which users can identify such clients.
    pub fn host(&self) -> Option<String> {
        let url = Url::parse(self.as_str()).ok()?;
        let host = url.host_str().filter(|_| Self::is_url(self.as_str()))?;
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }
}

name!(
    /// `sub` is at most 255 ASCII characters (OIDC Core §2). Subjects of users and clients are distinct (RFC 9700
    /// §4.15): a client's is its `client_id`, and the store rejects a conflict.
    ///
    /// ```
    /// # use keyfob::domain::name::Subject;
    /// assert!(Subject::parse("0190163d-8694-739b-aea5-966c26f8ad91").is_ok());
    /// assert!(Subject::parse("").is_err() && Subject::parse("a b").is_err());
    /// assert!(Subject::parse(&"a".repeat(256)).is_err());
    /// ```
    Subject, "sub", 255, |c| c.is_ascii_graphic(),
    "must contain only printable ASCII without spaces"
);
name!(
    TeamId,
    "team id",
    128,
    |c| c.is_ascii_alphanumeric() || b"-_.:".contains(&c),
    "must contain only letters, digits and -_.:"
);
name!(
    /// RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
    ///
    /// ```
    /// # use keyfob::domain::name::ScopeName;
    /// assert!(ScopeName::parse("notes:read").is_ok());
    /// assert!(ScopeName::parse("say \"hi\"").is_err());
    /// ```
    ScopeName, "scope", 128, |c| matches!(c, 0x21 | 0x23..=0x5B | 0x5D..=0x7E),
    "must contain only printable ASCII without spaces, quotation marks and backslashes"
);

/// The one form in which sign-in names (usernames, email addresses, subjects) are compared, so that neither two
/// accounts nor two throttles differ by case, by width, by space around the name, by how an accent is encoded
/// (RFC 8265 §3.3, Unicode Standard Annex #15), or by how the domain of an address is written (RFC 5890 §2.3.2.1).
///
/// ```
/// # use keyfob::domain::name::comparison_key;
/// assert_eq!(comparison_key(" Ola "), comparison_key("ola"));
/// assert_ne!(comparison_key("ola"), comparison_key("olá"));
/// ```
pub fn comparison_key(name: &str) -> String {
    email::with_a_labels(precis::case_mapped(name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_only_what_their_standard_allows() {
        assert!(ClientId::parse("web-1").is_ok());
        assert!(ClientId::parse("").is_err());
        assert!(ClientId::parse("a b").is_err());
        assert!(ClientId::parse(&"x".repeat(256)).is_err());
        assert!(ScopeName::parse("notes:read").is_ok());
        for bad in ["a\"b", "a\\b", "a b", "ø", "a\n"] {
            assert!(ScopeName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn case_and_space_make_no_second_name() {
        assert_eq!(comparison_key(" John "), comparison_key("JOHN"));
        // Composed and decomposed; the angstrom sign.
        assert_eq!(comparison_key("\u{e5}se"), comparison_key("A\u{30a}SE"));
        assert_eq!(comparison_key("\u{212b}se"), comparison_key("\u{e5}se"));
        assert_ne!(comparison_key("ase"), comparison_key("\u{e5}se"));
    }
}
