//! Headers of proxies: `X-Forwarded-For`, and `Forwarded` (RFC 7239).

use actix_web::http::header::HeaderMap;

use crate::domain::client_address::ClientAddress;

const FORWARDED: &str = "forwarded";
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Other headers in which proxies and tunnels name the address that a request came from.
const ADDRESSES: [&str; 5] = [
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
];
/// Headers in which they name the host that it was sent to.
const HOSTS: [&str; 2] = ["x-forwarded-host", "x-original-host"];

/// Whether a proxy reports, or a client claims, that the request came from another machine. A proxy that only reports
/// itself (`Via`) is treated as another machine, too.
pub fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let others = ADDRESSES.iter().flat_map(|name| values(headers, name));
    let others = others.map(ClientAddress::parse_node);
    let mut said = listed(headers).chain(standard(headers)).chain(others);
    match said.next() {
        Some(first) => is_elsewhere(first) || said.any(is_elsewhere),
        None => headers.contains_key("via"),
    }
}

/// Whether `X-Forwarded-For` or `Forwarded` contains an address of another machine.
pub fn names_elsewhere(headers: &HeaderMap) -> bool {
    listed(headers).chain(standard(headers)).any(is_elsewhere)
}

fn is_elsewhere(node: Option<ClientAddress>) -> bool {
    node.is_none_or(|at| !at.is_loopback())
}

/// The hosts that proxies say the request was sent to, in lower case.
pub fn hosts(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let of_proxies = HOSTS.iter().flat_map(|name| values(headers, name));
    let of_proxies = of_proxies.flat_map(|line| line.split(','));
    let standard = values(headers, FORWARDED).flat_map(|line| split_unquoted(line, ','));
    let standard = standard.filter_map(|element| parameter(element, "host"));
    of_proxies
        .map(str::to_owned)
        .chain(standard)
        .map(|host| host.trim().to_ascii_lowercase())
}

/// Nodes on the path of the request, the nearest first. `None` is a node without an address: `unknown`, obfuscated (RFC
/// 7239 §6.2, §6.3) or malformed. `X-Forwarded-For` has precedence: proxies that set it pass on the `Forwarded` of the
/// client.
pub fn nodes(headers: &HeaderMap) -> Vec<Option<ClientAddress>> {
    match headers.contains_key(FORWARDED_FOR) {
        true => listed(headers).collect(),
        false => standard(headers).collect(),
    }
}

/// Nodes of `X-Forwarded-For`.
fn listed(headers: &HeaderMap) -> impl Iterator<Item = Option<ClientAddress>> {
    let entry = |text: &str| ClientAddress::parse_node(text.trim().trim_matches('"'));
    values(headers, FORWARDED_FOR)
        .flat_map(|line| line.rsplit(','))
        .map(entry)
}

/// Nodes of `Forwarded`.
fn standard(headers: &HeaderMap) -> impl Iterator<Item = Option<ClientAddress>> {
    values(headers, FORWARDED)
        .flat_map(|line| split_unquoted(line, ','))
        .map(|element| ClientAddress::parse_node(&parameter(element, "for")?))
}

/// The lines of a header field, the last first.
fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines: Vec<_> = headers.get_all(name).collect();
    let lines = lines.into_iter().rev();
    lines.map(|line| line.to_str().unwrap_or_default())
}

/// A parameter of one element, without its quotes. Names are case-insensitive (RFC 7239 §4).
fn parameter(element: &str, wanted: &str) -> Option<String> {
    split_unquoted(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
        is_wanted.then(|| unquoted(value.trim()))
    })
}

/// Splits outside quoted strings, the last part first. Reads from the end, so that an unfinished quote of a client on
/// the left does not swallow the part that the nearest proxy added on the right.
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut end, mut is_quoted) = (Vec::new(), text.len(), false);
    for (at, found) in text.char_indices().rev() {
        if found == '"' && !is_escaped(&text[..at]) {
            is_quoted = !is_quoted;
        } else if found == separator && !is_quoted {
            parts.push(&text[at + 1..end]);
            end = at;
        }
    }
    parts.push(&text[..end]);
    parts
}

fn is_escaped(before: &str) -> bool {
    let backslashes = before.len() - before.trim_end_matches('\\').len();
    backslashes % 2 == 1
}

/// A token, or the text of a quoted string (RFC 9110 §5.6.4).
fn unquoted(value: &str) -> String {
    let Some(inside) = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(one) = chars.next() {
        match one {
            '\\' => match chars.next() {
                Some(escaped) => text.push(escaped),
                // The last quote is escaped, so the string does not end.
                None => return value.to_owned(),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    type Lines<'a> = &'a [(&'static str, &'a str)];

    fn nodes_of(lines: Lines) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        let text = |node: Option<ClientAddress>| node.map_or("-".to_owned(), |at| at.to_string());
        nodes(&headers).into_iter().map(text).collect()
    }

    // RFC 7239 §4, §6, §7.1; RFC 9110 §5.3: several lines are one list.
    #[test]
    fn nodes_are_read_from_the_nearest_on() {
        let rows: &[(Lines, &[&str])] = &[
            (&[], &[]),
            (
                &[("x-forwarded-for", "192.0.2.1, 10.0.0.1")],
                &["10.0.0.1", "192.0.2.1"],
            ),
            (
                &[
                    ("x-forwarded-for", "192.0.2.1"),
                    ("x-forwarded-for", "[2001:db8::1]:80"),
                ],
                &["2001:db8::1", "192.0.2.1"],
            ),
            (
                &[("x-forwarded-for", "\"[2001:db8::1]:80\"")],
                &["2001:db8::1"],
            ),
            (&[("x-forwarded-for", "192.0.2.1,")], &["-", "192.0.2.1"]),
            (
                &[("forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43")],
                &["192.0.2.60"],
            ),
            (
                &[("forwarded", "For=\"[2001:db8:cafe::17]:4711\"")],
                &["2001:db8:cafe::17"],
            ),
            (
                &[(
                    "forwarded",
                    "proto=https; FOR=192.0.2.43:80 , for=198.51.100.17",
                )],
                &["198.51.100.17", "192.0.2.43"],
            ),
            (
                &[
                    ("forwarded", "for=192.0.2.43"),
                    ("forwarded", "for=\"198.51.100.17:1\""),
                ],
                &["198.51.100.17", "192.0.2.43"],
            ),
            (
                &[("forwarded", "for=_hidden, for=unknown, for=_SEVKISEK")],
                &["-", "-", "-"],
            ),
            (&[("forwarded", "by=203.0.113.43")], &["-"]),
            (&[("forwarded", "for=\"\\1\\92.0.2.1\"")], &["192.0.2.1"]),
            (
                &[("forwarded", "host=\"a,for=6.6.6.6\";for=192.0.2.1")],
                &["192.0.2.1"],
            ),
            // What a client left open does not hide what the proxy added.
            (
                &[("forwarded", "for=\"6.6.6.6, for=192.0.2.1")],
                &["192.0.2.1", "-"],
            ),
            (
                &[("forwarded", "for=\"6.6.6.6\\\", for=192.0.2.1")],
                &["192.0.2.1", "-"],
            ),
            (
                &[
                    ("forwarded", "for=6.6.6.6"),
                    ("x-forwarded-for", "192.0.2.1"),
                ],
                &["192.0.2.1"],
            ),
        ];
        for (lines, expected) in rows {
            assert_eq!(nodes_of(lines), *expected, "{lines:?}");
        }
    }
}
