//! Error of an issuer: the rule that it violates.

use url::Url;

/// Reason why `issuer` is not the origin of `url`, its parsed form. Clients compare it character for character (RFC
/// 8414 §2, §3.3).
pub(super) fn mistake(issuer: &str, url: &Url) -> Option<String> {
    let origin = url.origin().ascii_serialization();
    if issuer == origin {
        return None;
    }
    let authority = issuer.split_once("://").map_or("", |(_, rest)| rest);
    let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'));
    let rules = [
        (
            issuer.contains(|c: char| c.is_whitespace() || c.is_control()),
            "must not contain spaces or line breaks",
        ),
        (
            host.contains('@'),
            "must not contain a username or password",
        ),
        (url.query().is_some(), "must not have a query"),
        (url.fragment().is_some(), "must not have a fragment"),
        (url.path() != "/", "must not have a path"),
        (issuer.ends_with('/'), "must not end with a slash"),
        (
            issuer.chars().any(|c| c.is_ascii_uppercase()),
            "must be in lower case",
        ),
        (
            has_port && url.port().is_none(),
            "must not contain the default port",
        ),
    ];
    let broken = rules.into_iter().find(|(is_broken, _)| *is_broken);
    let rule = broken.map_or(
        "is not in the normalized form that clients compare",
        |(_, rule)| rule,
    );
    Some(format!("{rule}: write {origin}"))
}
