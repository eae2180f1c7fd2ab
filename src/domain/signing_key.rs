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

    /// Whether the key may sign now. Of those of an algorithm that may, the one does whose
    /// [`KeySchedule::rank`] is highest.
    pub fn may_sign(&self, now: UnixSeconds) -> bool {
        self.is_published(now) && self.activates_at <= now
    }

    /// The key activated last signs; of two activated in the same second, the one that was not replaced.
    pub fn rank(&self) -> (UnixSeconds, bool) {
        (self.activates_at, self.expires_at.is_none())
    }

    /// The key's state, given the rank of the key that signs now.
    pub fn state(&self, now: UnixSeconds, signing: Option<(UnixSeconds, bool)>) -> KeyState {
        if !self.is_published(now) {
            KeyState::Expired
        } else if now < self.activates_at {
            KeyState::Next
        } else if signing == Some(self.rank()) {
            KeyState::Active
        } else {
            KeyState::Retiring
        }
    }
}
