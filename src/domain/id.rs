//! The key of every row that grows in number.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::domain::time::UnixMillis;

/// A UUIDv7: 48 bits of milliseconds, a counter, randomness. Ids of one server only ever grow, so rows
/// are appended and "issued before" is a comparison of ids.
///
/// ```
/// # use keyfob::domain::{id::Id, time::UnixMillis};
/// let id: Id = "0190163d-8694-739b-aea5-966c26f8ad91".parse()?;
/// assert_eq!(id.made_at(), UnixMillis(0x0190_163d_8694));
/// assert!(Id::first_of(id.made_at()) <= id);
/// assert!("0190163d".parse::<Id>().is_err());
/// # Ok::<_, keyfob::domain::id::InvalidId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub Uuid);

impl Id {
    /// Below all ids.
    pub const MIN: Id = Id(Uuid::nil());

    /// Above all ids.
    pub const MAX: Id = Id(Uuid::max());

    /// Smallest possible ID at `moment`: not above any ID created then or later, and above all IDs created before.
    pub fn first_of(moment: UnixMillis) -> Self {
        let milliseconds = u64::try_from(moment.0).unwrap_or(0);
        Self(Uuid::from_u64_pair(milliseconds << 16, 0))
    }

    /// Time of its creation, if the clock did not go back.
    pub fn made_at(&self) -> UnixMillis {
        UnixMillis(i64::try_from(self.0.as_u64_pair().0 >> 16).unwrap_or(i64::MAX))
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// 32 hexadecimal digits without hyphens, as in an opaque token before the dot.
    pub fn simple(&self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an ID, such as 0190163d-8694-739b-aea5-966c26f8ad91")]
pub struct InvalidId;

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
