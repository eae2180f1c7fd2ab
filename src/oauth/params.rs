//! The parameters of a request, whichever way they came.

use std::collections::HashSet;

use crate::{domain::secret::Secret, oauth::error::OAuthError, trace::Reason};

/// Parameters that can be sent several times (RFC 8707 §2, RFC 8693 §2.1).
pub const REPEATABLE: &[&str] = &["resource", "audience"];

/// Maximum number of parameters of a request, in any form.
pub const LIMIT: usize = 200;

/// Parameters by name, each at most once except [`REPEATABLE`] ones. A parameter with an empty value is treated as
/// absent (RFC 6749 §3.1, §3.2).
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// RFC 6749 §3.1, §3.2: parameters must not be included more than once.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, OAuthError> {
        if pairs.len() > LIMIT {
            return Err(OAuthError::invalid_request(format!(
                "The request must have at most {LIMIT} parameters."
            )));
        }
        let mut names = HashSet::with_capacity(pairs.len());
        let repeated = pairs
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !REPEATABLE.contains(name) && !names.insert(*name));
        if let Some(name) = repeated {
            let shown: String = name
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
                .take(40)
                .collect();
            return Err(OAuthError::from(Reason::ParameterRepeated)
                .saying(format!("The parameter {shown} was sent more than once.")));
        }
        Ok(Self(pairs))
    }

    /// Parses a query or a form body, only as far as [`Params::new`] needs to reject it.
    pub fn from_urlencoded(text: &[u8]) -> Result<Self, OAuthError> {
        let pairs = url::form_urlencoded::parse(text).into_owned();
        Self::new(pairs.take(LIMIT + 1).collect())
    }

    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Values of a parameter that can be sent several times, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.optional(name).ok_or_else(|| {
            OAuthError::from(Reason::ParameterMissing)
                .saying(format!("The parameter {name} is required."))
        })
    }

    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.optional(name).map(Secret::new)
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}
