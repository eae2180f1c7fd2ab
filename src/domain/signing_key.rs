//! Life cycle of signing keys: published, active, deleted.

use crate::domain::time::UnixSeconds;
use schemars::JsonSchema;

/// Stored signing key. The private half has no `Debug`.
#[derive(Clone)]
pub struct StoredSigningKey {
    pub kid: String,
    /// The JWS `alg` (RFC 7518 §3.1) it signs with.
    pub alg: String,
    pub pkcs8: Vec<u8>,
    pub schedule: KeySchedule,
}

/// A key is published when it is created, signs from `activates_at` until a later key of its algorithm does, and stays
/// published until the last token signed with it has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySchedule {
    pub created_at: UnixSeconds,
    pub activates_at: UnixSeconds,
    /// `None` while no successor is set.
    pub expires_at: Option<UnixSeconds>,
}

/// Rank that decides which key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(bool, i64, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
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

    /// Of the published keys of an algorithm, the one with the highest rank signs: the one activated last, and of two
    /// activated in the same second, the one that was not replaced. If none is active yet, because the clock went back,
    /// it is the one that becomes active first. `None`: not published.
    pub fn rank(&self, now: UnixSeconds) -> Option<Rank> {
        let has_begun = self.activates_at <= now;
        let order = match has_begun {
            true => self.activates_at.0,
            false => self.activates_at.0.saturating_neg(),
        };
        let rank = Rank(has_begun, order, self.expires_at.is_none());
        self.is_published(now).then_some(rank)
    }

    /// The key's state, given the rank of the key that signs now.
    pub fn state(&self, now: UnixSeconds, signing: Option<Rank>) -> KeyState {
        let rank = self.rank(now);
        if rank.is_none() {
            KeyState::Expired
        } else if rank == signing {
            KeyState::Active
        } else if now < self.activates_at {
            KeyState::Next
        } else {
            KeyState::Retiring
        }
    }
}
