//! Values of settings: their source, and how each kind of value is parsed.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;

use crate::{
    crypto::keys::Algorithm,
    domain::{
        client::ID_TOKEN_ALGORITHMS,
        redirect_scheme::is_private_use,
        resource::ResourceUri,
        scope::ScopeSet,
        secret::Secret,
        time::{InvalidLifetime, Lifetime},
    },
};

/// Source of a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    /// The settings page, which keeps it in the database.
    Page,
    /// `keyfob.toml:3`
    File(String),
    Variable(String),
    Flag(String),
}

impl Origin {
    /// Display form: `default`, `page`, or the location that sets it.
    pub fn shown(&self) -> &str {
        match self {
            Origin::Default => "default",
            Origin::Page => "page",
            Origin::File(name) | Origin::Variable(name) | Origin::Flag(name) => name,
        }
    }

    /// Whether the settings page can change it: all other sources have precedence over the page.
    pub fn yields_to_page(&self) -> bool {
        matches!(self, Origin::Default | Origin::Page)
    }
}

/// A value as it was given: flags and variables are always texts.
#[derive(Clone)]
pub enum Given {
    Text(Secret),
    Integer(i64),
    Switch(bool),
    /// In a flag or a variable: values separated by commas.
    List(Vec<String>),
}

impl Given {
    /// A value that JSON can say of a setting.
    pub fn from_json(value: &Value) -> Option<Given> {
        match value {
            Value::String(text) => Some(Given::Text(Secret::new(text.as_str()))),
            Value::Bool(on) => Some(Given::Switch(*on)),
            Value::Number(number) => number.as_i64().map(Given::Integer),
            Value::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().map(Given::List)
            }
            Value::Null | Value::Object(_) => None,
        }
    }
}

pub(super) fn text(given: &Given) -> Result<String, String> {
    match given {
        Given::Text(text) if text.is_empty() => Err("must not be empty".into()),
        Given::Text(text) => Ok(text.expose().to_owned()),
        _ => Err("must be a quoted string".into()),
    }
}

pub(super) fn count(given: &Given) -> Result<usize, String> {
    let number = match given {
        Given::Text(text) => text.expose().parse().ok(),
        Given::Integer(number) => usize::try_from(*number).ok(),
        _ => None,
    };
    number.ok_or_else(|| "must be an integer".into())
}

pub(super) fn switch(given: &Given) -> Result<bool, String> {
    let on = match given {
        Given::Text(text) => text.expose().parse().ok(),
        Given::Switch(on) => Some(*on),
        _ => None,
    };
    on.ok_or_else(|| "must be true or false".into())
}

/// Algorithm that signs ID tokens (OIDC Registration §2).
pub(super) fn algorithm(given: &Given) -> Result<Algorithm, String> {
    let name = text(given)?;
    let known = ID_TOKEN_ALGORITHMS.contains(&name.as_str());
    let algorithm = name.parse().ok().filter(|_| known);
    algorithm.ok_or_else(|| format!("must be one of {}", ID_TOKEN_ALGORITHMS.join(", ")))
}

/// Names separated by spaces (RFC 6749 §3.3); an empty string is no scope.
pub(super) fn scope(given: &Given) -> Result<ScopeSet, String> {
    match given {
        Given::Text(text) => ScopeSet::parse(text.expose()).map_err(|error| error.to_string()),
        _ => Err("must be a quoted string".into()),
    }
}

pub(super) fn list<T>(
    given: &Given,
    what: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    match given {
        Given::Text(text) => text
            .expose()
            .split(',')
            .map(|one| parse(one.trim()))
            .collect(),
        Given::List(texts) => texts.iter().map(|one| parse(one.trim())).collect(),
        Given::Integer(_) | Given::Switch(_) => Err(format!("must be a list of {what}")),
    }
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network: Result<IpNet, _> = text
        .parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network
        .map(canonical)
        .map_err(|_| format!("{text:?} is not an IP address or a network such as 10.1.0.0/16"))
}

/// A network of IPv4 addresses written as IPv6 (RFC 4291 §2.5.5.2) is the one of IPv4 addresses: addresses are
/// compared in that form.
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network.prefix_len()) {
        (IpAddr::V4(address), length @ 96..) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, length - 96).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}

pub(super) fn resource(text: &str) -> Result<ResourceUri, String> {
    ResourceUri::parse(text).map_err(|reason| format!("{text:?} {reason}"))
}

/// RFC 8252 §7.1
pub(super) fn scheme(text: &str) -> Result<String, String> {
    match is_private_use(text) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(format!("{text:?} is not a scheme that an app can have")),
    }
}

pub(super) fn shown_list(values: &[impl ToString]) -> Option<String> {
    let quoted: Vec<_> = values
        .iter()
        .map(|value| format!("{:?}", value.to_string()))
        .collect();
    (!quoted.is_empty()).then(|| format!("[{}]", quoted.join(", ")))
}

/// Text for an unlimited time.
pub(super) const FOREVER: &str = "forever";

pub(super) fn kept(given: &Given) -> Result<Option<Lifetime>, String> {
    match given {
        Given::Text(text) if text.expose() == FOREVER => Ok(None),
        given => match lifetime(given) {
            Ok(lifetime) => Ok(Some(lifetime)),
            Err(_) => Err(format!("must be a duration such as 90d, or {FOREVER}")),
        },
    }
}

pub(super) fn lifetime(given: &Given) -> Result<Lifetime, String> {
    let lifetime = match given {
        Given::Text(text) => text.expose().parse().ok(),
        Given::Integer(seconds) => u32::try_from(*seconds).ok().map(Lifetime),
        _ => None,
    };
    lifetime.ok_or_else(|| InvalidLifetime.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_compared_in_the_form_that_addresses_have() {
        for (text, expected) in [
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), expected, "{text}");
        }
        assert!(network("_hidden").is_err());
    }
}
