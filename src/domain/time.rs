//! Points in time and spans of it. Everything is whole seconds, UTC; a time zone never enters.

use std::{fmt, ops};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, macros::format_description};

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

impl UnixSeconds {
    /// Seconds from `earlier` to `self`; negative if `earlier` is the later one.
    pub fn since(self, earlier: UnixSeconds) -> i64 {
        self.0.saturating_sub(earlier.0)
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

/// Milliseconds since 1970-01-01T00:00:00Z: where the contract shows them (`registered_at`) and in ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    pub fn seconds(self) -> UnixSeconds {
        UnixSeconds(self.0.div_euclid(1000))
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
