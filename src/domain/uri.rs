//! Syntax of URIs (RFC 3986). URL parsers for the web repair invalid input; URIs that are compared or shown must be
//! valid without repair.

use url::Url;

/// Whether the characters of a text are those of a URI (RFC 3986 §2): reserved, unreserved, or `%` with two hexadecimal
/// digits.
pub fn is_uri_text(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&c);
    let mut escapes = text.split('%').skip(1);
    text.bytes().all(is_allowed)
        && escapes.all(|rest| {
            let digits = rest.as_bytes().get(..2);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

/// Whether the host in the text equals the parsed one, ignoring case.
pub fn has_canonical_host(text: &str, url: &Url) -> bool {
    let authority = authority(text);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    url.host_str()
        .is_some_and(|parsed| parsed.eq_ignore_ascii_case(host))
}

/// The part between `://` and the path.
pub fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
