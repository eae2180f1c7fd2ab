//! A clock that jumped, or that is wrong when the server starts: nothing is deleted by it.
//!
//! What may be deleted is told by a time of our own, which follows the wall clock as long as that agrees with the
//! monotonic one. When the wall clock is ahead of it, in a jump or at a start, ours goes on by itself, until the two agree
//! again or the new time has held for a day: then it was the old one that was wrong. It is stored, so that a start knows
//! how far it had come: after a stop what expired meanwhile is kept for a day longer.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    clock::SharedClock,
    domain::time::{Lifetime, UnixMillis, UnixSeconds},
};

/// How far the two may drift apart between two rounds.
const TOLERANCE_MS: u64 = 30_000;
/// How long a new time holds before it is believed.
const BELIEVED_AFTER: Duration = Duration::from_hours(24);

/// How much later than the stored time a start may be: no longer than what an early deletion could harm is kept after
/// its end. A used `jti` is kept for as long, revocations for a day.
const START_TOLERANCE: Lifetime = Lifetime::hours(1);
/// How far our time must have gone on before it is stored again.
const STORED_EVERY: Lifetime = Lifetime::minutes(10);

pub struct JumpGuard(Mutex<Reading>);

/// Our time and the monotonic one at the same moment.
struct Reading {
    ours: UnixMillis,
    monotonic: Duration,
    /// Since when the wall clock has been another one, by the monotonic clock.
    differs_since: Option<Duration>,
    stored: Option<UnixSeconds>,
}

impl JumpGuard {
    /// With the time that the server before this one stored.
    pub fn start(clock: &SharedClock, stored: Option<UnixSeconds>) -> Self {
        let (wall, monotonic) = (clock.now_ms(), clock.monotonic());
        let held = stored.filter(|stored| wall.seconds() > *stored + START_TOLERANCE);
        Self(Mutex::new(Reading {
            ours: held.map_or(wall, |held| UnixMillis(held.0.saturating_mul(1000))),
            monotonic,
            differs_since: held.map(|_| monotonic),
            stored,
        }))
    }

    /// The time by which rows may be deleted.
    pub fn trusted_now(&self, clock: &SharedClock) -> UnixSeconds {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, monotonic) = (clock.now_ms(), clock.monotonic());
        let elapsed = monotonic.saturating_sub(last.monotonic).as_millis();
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        let expected = UnixMillis(last.ours.0.saturating_add(elapsed));
        let agrees = wall.0.abs_diff(expected.0) <= TOLERANCE_MS;
        let differs_since = match last.differs_since {
            _ if agrees => None,
            Some(since) => Some(since),
            None => {
                tracing::warn!(
                    expected = expected.rfc3339(),
                    found = wall.rfc3339(),
                    "system clock jumped; nothing is deleted by the new time until it has held for a day"
                );
                Some(monotonic)
            }
        };
        let is_believed =
            differs_since.is_none_or(|since| monotonic.saturating_sub(since) >= BELIEVED_AFTER);
        if is_believed && last.differs_since.is_some() {
            tracing::info!(now = wall.rfc3339(), "system clock is trusted again");
        }
        last.ours = if is_believed { wall } else { expected };
        last.monotonic = monotonic;
        last.differs_since = differs_since.filter(|_| !is_believed);
        // A clock that was set back deletes less than ours.
        last.ours.min(wall).seconds()
    }

    /// The time to store now, if one is to be.
    pub fn to_store(&self, trusted: UnixSeconds) -> Option<UnixSeconds> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last
            .stored
            .is_none_or(|stored| trusted >= stored + STORED_EVERY || trusted < stored);
        is_due.then(|| *last.stored.insert(trusted))
    }
}
