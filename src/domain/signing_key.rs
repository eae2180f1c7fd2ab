//! When a signing key is published, signs, and goes.

use crate::domain::time::UnixSeconds;

/// A signing key as it is kept. The private half has no `Debug`.
#[derive(Clone)]
pub struct StoredSigningKey {
    pub kid: String,
    /// The JWS `alg` (RFC 7518 §3.1) it signs with.
    pub alg: String,
    pub pkcs8: Vec<u8>,
    pub schedule: KeySchedule,
}

/// A key is published when it is made, signs from `activates_at` until a later key of its algorithm
/// does, and stays published until the last token signed by it has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySchedule {
    pub created_at: UnixSeconds,
    pub activates_at: UnixSeconds,
    /// `None` while no successor is set.
    pub expires_at: Option<UnixSeconds>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    Next,
    Active,
    Retiring,
    Expired,
}

impl KeySchedule {
    pub fn is_published(&self, now: UnixSeconds) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// The key's state, given when the key that signs now was activated.
    pub fn state(&self, now: UnixSeconds, signing_since: Option<UnixSeconds>) -> KeyState {
        if !self.is_published(now) {
            KeyState::Expired
        } else if now < self.activates_at {
            KeyState::Next
        } else if signing_since == Some(self.activates_at) {
            KeyState::Active
        } else {
            KeyState::Retiring
        }
    }
}
