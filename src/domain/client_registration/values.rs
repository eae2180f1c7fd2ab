//! The kinds of value that several members have.

use url::Url;

use super::InvalidMember;
use crate::domain::{
    precis::disturbs_text,
    redirect_uri::{RedirectUri, is_loopback_host},
    time::Lifetime,
    uri::{has_canonical_host, is_uri_text},
};

const LONGEST_NAME: usize = 255;

pub(super) fn text(member: &str, value: Option<&str>) -> Result<Option<String>, InvalidMember> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if value.chars().all(char::is_whitespace) {
        return Err(InvalidMember::new(member, "must not be only spaces"));
    }
    if value.chars().count() > LONGEST_NAME {
        return Err(InvalidMember::new(
            member,
            format!("must have at most {LONGEST_NAME} characters"),
        ));
    }
    if value.chars().any(disturbs_text) {
        return Err(InvalidMember::new(
            member,
            "must not contain control characters or characters that turn the direction of text",
        ));
    }
    Ok(Some(value.to_owned()))
}

/// An address that the server shows or fetches: https, or http to this machine.
pub fn web_address(member: &str, value: Option<&str>) -> Result<Option<String>, InvalidMember> {
    let Some(value) = value else {
        return Ok(None);
    };
    let url = Url::parse(value).ok().filter(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" || (url.scheme() == "http" && is_loopback_host(host))
    });
    let is_plain = url.is_some_and(|url| {
        is_uri_text(value)
            && has_canonical_host(value, &url)
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    });
    if !is_plain || value.len() > 2048 {
        return Err(InvalidMember::new(
            member,
            "must be an https URL without user name, password and fragment",
        ));
    }
    Ok(Some(value.to_owned()))
}

pub(super) fn addresses(
    member: &str,
    values: Option<&[String]>,
) -> Result<Vec<RedirectUri>, InvalidMember> {
    let parse = |(i, value): (usize, &String)| {
        RedirectUri::parse(value)
            .map_err(|reason| InvalidMember::new(format!("{member}[{i}]"), reason))
    };
    values
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(parse)
        .collect()
}

pub(super) fn one_of(
    member: &str,
    value: Option<&str>,
    known: &[&str],
) -> Result<Option<String>, InvalidMember> {
    match value {
        Some(value) if !known.contains(&value) => Err(InvalidMember::new(
            member,
            format!("must be one of {}", known.join(", ")),
        )),
        value => Ok(value.map(str::to_owned)),
    }
}

pub(super) fn lifetime(
    member: &str,
    seconds: Option<u32>,
    longest: Lifetime,
) -> Result<Option<Lifetime>, InvalidMember> {
    match seconds {
        Some(seconds) if !(1..=longest.0).contains(&seconds) => Err(InvalidMember::new(
            member,
            format!("must be between 1 and {} seconds", longest.0),
        )),
        seconds => Ok(seconds.map(Lifetime)),
    }
}
