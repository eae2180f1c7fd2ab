//! Scopes: RFC 6749 §3.3.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::{
    name::{InvalidName, ScopeName},
    object::object_header,
};

pub const OPENID: &str = "openid";
pub const PROFILE: &str = "profile";
pub const EMAIL: &str = "email";
pub const ADDRESS: &str = "address";
pub const PHONE: &str = "phone";
pub const OFFLINE_ACCESS: &str = "offline_access";
pub const DELEGATE: &str = "keyfob:delegate";
pub const PRINCIPAL: &str = "keyfob:principal";
pub const ADMIN: &str = "keyfob:admin";

/// The scopes every server has, with the phrase that completes the consent page's
/// "It will be able to …".
pub const BUILT_IN: &[(&str, &str)] = &[
    (OPENID, "sign you in"),
    (PROFILE, "see your name, picture, language and time zone"),
    (EMAIL, "see your email address"),
    (ADDRESS, "see your postal address"),
    (PHONE, "see your phone number"),
    (OFFLINE_ACCESS, "keep access when you are not using the app"),
    (DELEGATE, "act for other users, where this server allows it"),
    (
        PRINCIPAL,
        "switch back to its own identity while acting for you",
    ),
    (ADMIN, "manage this server"),
];

/// A scope that the server knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub name: ScopeName,
    /// Text on the consent page for the access that it gives.
    pub description: String,
    pub built_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

object_header!(Scope: "scope", "scope", name);

/// A set of scopes in the requested order, without duplicates.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<ScopeName>);

impl ScopeSet {
    /// Parses a `scope` parameter: names separated by single spaces; any number of spaces is accepted.
    ///
    /// ```
    /// # use keyfob::domain::scope::ScopeSet;
    /// let scopes = ScopeSet::parse("openid notes:read openid")?;
    /// assert_eq!(scopes.to_string(), "openid notes:read"); // each once, in their order
    /// assert!(scopes.contains("openid") && !scopes.contains("Openid")); // RFC 6749 §3.3: case-sensitive
    /// assert!(ScopeSet::parse("")?.is_empty());
    /// assert!(ScopeSet::parse("a\\b").is_err());
    /// # Ok::<_, keyfob::domain::name::InvalidName>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        text.split(' ')
            .filter(|name| !name.is_empty())
            .map(ScopeName::parse)
            .collect()
    }

    /// Scopes that were checked when they were stored or signed by this server.
    pub fn trusted(text: &str) -> Self {
        text.split(' ')
            .filter(|name| !name.is_empty())
            .map(ScopeName::trusted)
            .collect()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope.as_str() == name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &ScopeName> {
        self.0.iter()
    }

    /// The first of these scopes that `wider` does not hold.
    pub fn first_not_in(&self, wider: &ScopeSet) -> Option<&ScopeName> {
        self.0.iter().find(|scope| !wider.contains(scope.as_str()))
    }

    /// The scopes for which `keep` is true, in order.
    pub fn filter(&self, keep: impl Fn(&ScopeName) -> bool) -> ScopeSet {
        ScopeSet(self.0.iter().filter(|scope| keep(scope)).cloned().collect())
    }

    /// The other ones, if this is one of these scopes.
    pub fn without(&self, name: &str) -> Option<ScopeSet> {
        self.contains(name)
            .then(|| self.filter(|scope| scope.as_str() != name))
    }

    /// These scopes and, after them, the other ones of `other`.
    pub fn union(&self, other: &ScopeSet) -> ScopeSet {
        self.0.iter().chain(other.0.iter()).cloned().collect()
    }

    /// Whether one of them gives access to this server's administration.
    pub fn has_reserved(&self) -> bool {
        self.0.iter().any(|scope| is_reserved(scope.as_str()))
    }

    /// Whether both have the same scopes, in any order.
    pub fn same_as(&self, other: &ScopeSet) -> bool {
        self.0.len() == other.0.len() && self.first_not_in(other).is_none()
    }
}

impl FromIterator<ScopeName> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeName>>(names: I) -> Self {
        let mut set = Vec::new();
        for name in names {
            if !set.contains(&name) {
                set.push(name);
            }
        }
        Self(set)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether a scope only releases user data from this server (OIDC Core §5.4).
pub fn is_about_the_person(name: &str) -> bool {
    [OPENID, PROFILE, EMAIL, ADDRESS, PHONE].contains(&name)
}

/// Whether a scope gives access to this server or to other users, so that it is only delegated if requested by name.
pub fn is_reserved(name: &str) -> bool {
    name.starts_with("keyfob:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_the_order_and_drops_repetitions() {
        let set = ScopeSet::parse("b a  b c").unwrap();
        assert_eq!(set.to_string(), "b a c");
        assert!(set.same_as(&ScopeSet::parse("c b a").unwrap()));
        assert_eq!(
            set.first_not_in(&ScopeSet::parse("a b").unwrap())
                .unwrap()
                .as_str(),
            "c"
        );
    }
}
