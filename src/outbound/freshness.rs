//! Freshness of a fetched document (RFC 9111 §4.2), within limits of this server.

use crate::domain::time::{Lifetime, UnixSeconds};

/// Minimum time before a document is fetched again, whatever its server says, so that requests here cannot be turned
/// into many requests there.
pub(super) const FLOOR: Lifetime = Lifetime::minutes(1);
/// Maximum time that a document is used, however its server fails.
pub const CEILING: Lifetime = Lifetime::days(1);
/// Default, if the server does not say.
const UNSAID: Lifetime = Lifetime::minutes(5);

/// The header fields on which freshness rests.
pub(super) struct Fields<'a> {
    pub cache_control: &'a [&'a str],
    pub expires: Option<&'a str>,
    pub date: Option<&'a str>,
    pub age: Option<&'a str>,
}

/// Time until which a document received now is fresh.
pub(super) fn fresh_until(fields: &Fields<'_>, now: UnixSeconds) -> UnixSeconds {
    let lifetime = lifetime(fields).unwrap_or(UNSAID).clamp(FLOOR, CEILING);
    now + lifetime
}

fn lifetime(fields: &Fields<'_>) -> Option<Lifetime> {
    let directives = fields.cache_control.iter().flat_map(|line| line.split(','));
    let mut max_age = None;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Lifetime(0)),
            "max-age" => max_age = value.trim().trim_matches('"').parse::<u32>().ok(),
            _ => {}
        }
    }
    // `max-age` has precedence over `Expires` (RFC 9111 §4.2.1); the age in other caches is subtracted (§4.2.3).
    let stated = max_age.or_else(|| expires_in(fields))?;
    let age = fields
        .age
        .and_then(|age| age.trim().parse().ok())
        .unwrap_or(0);
    Some(Lifetime(stated.saturating_sub(age)))
}

/// From `Date` to `Expires`; an invalid `Expires` is in the past (RFC 9111 §5.3).
fn expires_in(fields: &Fields<'_>) -> Option<u32> {
    let expires = fields.expires?;
    let date = fields
        .date
        .and_then(|date| httpdate::parse_http_date(date).ok())?;
    let Ok(expires) = httpdate::parse_http_date(expires) else {
        return Some(0);
    };
    let left = expires.duration_since(date).unwrap_or_default();
    Some(u32::try_from(left.as_secs()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Tue, 15 Nov 1994 08:00:00 GMT";

    #[test]
    fn freshness_follows_the_headers_within_a_floor_and_a_ceiling() {
        type Row = (
            &'static [&'static str],
            Option<&'static str>,
            Option<&'static str>,
            u32,
        );
        let rows: [Row; 13] = [
            (&[], None, None, 300),
            (&["max-age=600"], None, None, 600),
            (&["public", "Max-Age=\"600\""], None, None, 600),
            (&["max-age=600"], None, Some("100"), 500),
            (&["max-age=600"], None, Some("700"), 60),
            (&["max-age=5"], None, None, 60),
            (&["no-store, max-age=600"], None, None, 60),
            (&["no-cache"], None, None, 60),
            (&["max-age=31536000"], None, None, 86_400),
            (&["max-age=much"], None, None, 300),
            (&[], Some("Tue, 15 Nov 1994 08:10:00 GMT"), None, 600),
            (&[], Some("0"), None, 60),
            (
                &["max-age=700"],
                Some("Tue, 15 Nov 1994 08:10:00 GMT"),
                None,
                700,
            ),
        ];
        for (cache_control, expires, age, seconds) in rows {
            let fields = Fields {
                cache_control,
                expires,
                date: Some(DATE),
                age,
            };
            let now = UnixSeconds(1_000_000);
            assert_eq!(
                fresh_until(&fields, now),
                now + Lifetime(seconds),
                "{cache_control:?} {expires:?} {age:?}"
            );
        }
    }
}
