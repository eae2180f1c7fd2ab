//! Points in time and spans of it. Everything is whole seconds, UTC; a time zone never enters.

use std::{fmt, ops, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Seconds since 1970-01-01T00:00:00Z, as a JWT's NumericDate without a fraction (RFC 7519 §2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixSeconds(pub i64);

/// A span of whole seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Lifetime(pub u32);

impl Lifetime {
    pub const fn minutes(n: u32) -> Self {
        Self(n * 60)
    }

    pub const fn hours(n: u32) -> Self {
        Self(n * 3600)
    }

    pub const fn days(n: u32) -> Self {
        Self(n * 86_400)
    }
}

impl fmt::Display for Lifetime {
    /// In the largest unit without a remainder, in a form that can be parsed: `15m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
        let whole = units
            .iter()
            .find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        let (unit, letter) = whole.unwrap_or(&(1, 's'));
        write!(f, "{}{letter}", self.0 / unit)
    }
}

/// Reason why a text is not a valid [`Lifetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of seconds or a duration with a unit: 90s, 15m, 1h, 30d")]
pub struct InvalidLifetime;

impl FromStr for Lifetime {
    type Err = InvalidLifetime;

    /// A number of seconds, or of what the letter after it names: `90s`, `15m`, `1h`, `30d`.
    ///
    /// ```
    /// # use keyfob::domain::time::Lifetime;
    /// assert_eq!("15m".parse(), Ok(Lifetime(900)));
    /// assert_eq!(Lifetime(900).to_string(), "15m");
    /// for invalid in ["", "-1", "1.5h", "1w", "1 h"] {
    ///     assert!(invalid.parse::<Lifetime>().is_err(), "{invalid}");
    /// }
    /// ```
    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(number) => (number, &text[number.len()..]),
            None => (text, "s"),
        };
        let unit = match unit {
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => 1,
        };
        if !number.bytes().all(|c| c.is_ascii_digit()) {
            return Err(InvalidLifetime);
        }
        let number: u32 = number.parse().map_err(|_| InvalidLifetime)?;
        number
            .checked_mul(unit)
            .map(Lifetime)
            .ok_or(InvalidLifetime)
    }
}

impl UnixSeconds {
    /// Seconds from `earlier` to `self`; negative if `earlier` is the later one.
    pub fn since(self, earlier: UnixSeconds) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment of an RFC 3339 text.
    ///
    /// ```
    /// # use keyfob::domain::time::UnixSeconds;
    /// let moment = UnixSeconds::parse_rfc3339("2027-01-15T09:00:00+01:00");
    /// assert_eq!(moment, Some(UnixSeconds(1_800_000_000)));
    /// assert_eq!(UnixSeconds::parse_rfc3339("2027-01-15 09:00"), None);
    /// ```
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Self(moment.unix_timestamp()))
    }

    /// RFC 3339 in UTC with milliseconds and `Z`: `2022-04-13T15:42:05.000Z`.
    pub fn rfc3339(self) -> String {
        UnixMillis(self.0.saturating_mul(1000)).rfc3339()
    }
}

impl ops::Add<Lifetime> for UnixSeconds {
    type Output = UnixSeconds;

    fn add(self, span: Lifetime) -> UnixSeconds {
        UnixSeconds(self.0.saturating_add(i64::from(span.0)))
    }
}

impl ops::Sub<Lifetime> for UnixSeconds {
    type Output = UnixSeconds;

    fn sub(self, span: Lifetime) -> UnixSeconds {
        UnixSeconds(self.0.saturating_sub(i64::from(span.0)))
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// A time in a JWT of another party (RFC 7519 §2): a number, which can have a fraction. A string is not accepted
/// (CVE-2026-25537).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct NumericDate(f64);

impl NumericDate {
    pub fn seconds(self) -> UnixSeconds {
        // Out of range, it is the earliest or latest possible time.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and drops the fraction"
        )]
        UnixSeconds(self.0 as i64)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z: where the contract shows them (`registered_at`) and in ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    pub fn seconds(self) -> UnixSeconds {
        UnixSeconds(self.0.div_euclid(1000))
    }

    /// Time earlier by this span.
    pub fn before(self, span: Lifetime) -> UnixMillis {
        UnixMillis(self.0.saturating_sub(i64::from(span.0) * 1000))
    }

    /// RFC 3339 in UTC with milliseconds and `Z`, as the contract writes `registered_at`.
    pub fn rfc3339(self) -> String {
        let format = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|moment| moment.format(format).ok())
            .unwrap_or_else(|| "9999-12-31T23:59:59.999Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_seconds_or_has_a_unit() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("90", Some(90)),
            ("90s", Some(90)),
            ("15m", Some(900)),
            ("1h", Some(3600)),
            ("30d", Some(2_592_000)),
            ("", None),
            ("d", None),
            ("-1", None),
            ("+1", None),
            ("1.5h", None),
            ("1 h", None),
            ("1w", None),
            ("4294967296", None),
            ("99999999d", None),
        ] {
            assert_eq!(text.parse().ok(), seconds.map(Lifetime), "{text:?}");
        }
    }

    #[test]
    fn a_lifetime_is_shown_as_it_can_be_parsed() {
        for text in ["0s", "1s", "59s", "1m", "90s", "1h", "25h", "1d", "90d"] {
            assert_eq!(text.parse::<Lifetime>().unwrap().to_string(), text);
        }
    }
}
