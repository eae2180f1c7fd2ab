//! A wall clock that jumped: nothing is deleted by it.
//!
//! The wall clock is compared with the monotonic one before each round of upkeep. After a jump rows are kept
//! until the two agree again, or until the new time has held for a day: then it was the old one that was wrong.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    clock::SharedClock,
    domain::time::{UnixMillis, UnixSeconds},
};

/// How far the two may drift apart between two rounds.
const TOLERANCE_MS: u64 = 30_000;
/// How long a new time holds before it is believed.
const BELIEVED_AFTER: Duration = Duration::from_hours(24);

pub struct JumpGuard(Mutex<Reading>);

/// Both clocks, when they last agreed.
struct Reading {
    wall: UnixMillis,
    monotonic: Duration,
    /// When a jump was noticed, by the monotonic clock.
    jumped_at: Option<Duration>,
}

impl JumpGuard {
    pub fn start(clock: &SharedClock) -> Self {
        Self(Mutex::new(Reading {
            wall: clock.now_ms(),
            monotonic: clock.monotonic(),
            jumped_at: None,
        }))
    }

    /// The time by which rows may be deleted; `None` after a jump.
    pub fn trusted_now(&self, clock: &SharedClock) -> Option<UnixSeconds> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, monotonic) = (clock.now_ms(), clock.monotonic());
        let elapsed = monotonic.saturating_sub(last.monotonic).as_millis();
        let expected = last
            .wall
            .0
            .saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX));
        let agrees = wall.0.abs_diff(expected) <= TOLERANCE_MS;
        if !agrees {
            let jumped_at = *last.jumped_at.get_or_insert_with(|| {
                tracing::warn!(
                    expected = UnixMillis(expected).rfc3339(),
                    found = wall.rfc3339(),
                    "the system clock jumped: nothing is deleted until it is right again, or for a day"
                );
                monotonic
            });
            if monotonic.saturating_sub(jumped_at) < BELIEVED_AFTER {
                return None;
            }
        }
        if last.jumped_at.is_some() {
            tracing::info!(now = wall.rfc3339(), "the system clock is believed again");
        }
        *last = Reading {
            wall,
            monotonic,
            jumped_at: None,
        };
        Some(wall.seconds())
    }
}
