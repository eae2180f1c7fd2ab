//! Device codes and their user codes (RFC 8628).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    id::Id,
    name::ClientId,
    resource::Target,
    secret::SecretHash,
    time::{Lifetime, UnixSeconds},
};

/// User code: eight letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

impl UserCode {
    /// Twenty consonants, which spell no words and do not look alike (RFC 8628 §6.1). Eight of them are 34.5 bits,
    /// which is enough with the rate limit of the page.
    pub const ALPHABET: &'static [u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    pub const LENGTH: usize = 8;

    /// The code in what was typed. RFC 8628 §6.1: case does not matter, and characters outside of the
    /// alphabet, such as a dash or a space, are ignored.
    ///
    /// ```
    /// # use keyfob::domain::device_code::UserCode;
    /// let code = UserCode::parse(" bcdf ghjk ").unwrap();
    /// assert_eq!(code.to_string(), "BCDF-GHJK");
    /// assert_eq!(UserCode::parse("BCDF-GHJ"), None);
    /// ```
    pub fn parse(typed: &str) -> Option<Self> {
        let letters: String = typed
            .chars()
            .map(|c| c.to_ascii_uppercase())
            .filter(|c| u8::try_from(*c).is_ok_and(|c| Self::ALPHABET.contains(&c)))
            .take(Self::LENGTH + 1)
            .collect();
        (letters.len() == Self::LENGTH).then_some(Self(letters))
    }

    /// The eight letters without the dash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    /// Code for display, with a dash in the middle.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(Self::LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

/// Stored device that waits for its user.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    pub id: Id,
    pub secret_hash: SecretHash,
    /// A keyed hash: eight letters are too few for a plain one.
    pub user_code_hash: SecretHash,
    pub client_id: ClientId,
    /// Requested access.
    pub target: Target,
    /// Address of the device.
    pub address: Option<String>,
    pub created_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    /// Time that the device must wait between two polls.
    pub interval: Lifetime,
    pub polled_at: Option<UnixSeconds>,
    pub state: DeviceState,
}

impl DeviceCode {
    /// Time limit for the user: `expires_in` (RFC 8628 §3.2).
    pub const LIFETIME: Lifetime = Lifetime::minutes(10);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    Pending,
    Denied,
    /// Allowed, under this grant.
    Allowed(Id),
    /// Its tokens were issued, under this grant.
    Redeemed(Id),
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8628 §6.1
    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "WDJB-MJHT",
            "wdjbmjht",
            " wdjb mjht ",
            "WdJb–MjHt",
            "w.d.j.b.m.j.h.t",
        ] {
            let code = UserCode::parse(typed).unwrap();
            assert_eq!(code.as_str(), "WDJBMJHT", "{typed}");
            assert_eq!(code.to_string(), "WDJB-MJHT");
        }
        for typed in ["", "WDJB-MJH", "WDJB-MJHTB", "0O1I-AEUY", "ÆØÅ"] {
            assert_eq!(UserCode::parse(typed), None, "{typed}");
        }
    }
}
