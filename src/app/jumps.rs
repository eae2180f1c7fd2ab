//! A clock that jumped, or that is wrong when the server starts: nothing is deleted by it.
//!
//! Deletion uses a trusted time, which follows the wall clock as long as that agrees with the monotonic one. If the
//! wall clock is ahead, after a jump or at a start, the trusted time continues by itself until the two agree again, or
//! until the new time has been steady for a day of uptime: then the old one was wrong. All of this is stored, so that
//! the day can consist of several short runs. After a stop, data that expired meanwhile is kept for that day.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    clock::SharedClock,
    domain::time::{Lifetime, UnixMillis, UnixSeconds},
    store::{Store, StoreError, settings},
};

/// Maximum drift between the two in one round.
const TOLERANCE_MS: u64 = 30_000;
/// Time that a new time must be steady before it is trusted.
const BELIEVED_AFTER: Duration = Duration::from_hours(24);

/// Maximum difference of a start from the stored time: not more than the retention of data whose early deletion would
/// do harm. A used `jti` is kept this long, revocations for a day.
const START_TOLERANCE: Lifetime = Lifetime::hours(1);
/// Interval of storing the trusted time.
const STORED_EVERY: Lifetime = Lifetime::minutes(10);

/// State for the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMemory {
    /// Trusted time for deleting rows.
    pub trusted: UnixSeconds,
    /// Time of the wall clock.
    pub wall: UnixSeconds,
    /// Seconds of uptime for which the wall clock has differed and been steady.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
}

impl ClockMemory {
    pub fn load(store: &Store) -> Result<Option<Self>, StoreError> {
        let text = store.read(|tx| settings::get(tx, settings::CLOCK))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Initial stored state of the clock for a database.
    pub fn first(now: UnixSeconds) -> Result<String, StoreError> {
        Self {
            trusted: now,
            wall: now,
            held: None,
        }
        .to_text()
    }

    pub fn to_text(self) -> Result<String, StoreError> {
        serde_json::to_string(&self).map_err(|error| StoreError::Internal(error.to_string()))
    }

    /// Whether the clock is behind the last write of the file. Writes with a clock that was ahead and not trusted are
    /// ignored.
    pub fn shows_clock_behind(
        memory: Option<Self>,
        written: UnixSeconds,
        now: UnixSeconds,
    ) -> bool {
        let is_later = |time: UnixSeconds| time > now + START_TOLERANCE;
        is_later(written) && memory.is_none_or(|known| is_later(known.trusted))
    }
}

pub struct JumpGuard(Mutex<Reading>);

/// Our time, that of the wall clock and the monotonic one at the same moment.
struct Reading {
    ours: UnixMillis,
    wall: UnixMillis,
    monotonic: Duration,
    /// Uptime for which the wall clock has differed and been steady.
    held: Option<Duration>,
    stored: Option<UnixSeconds>,
}

impl JumpGuard {
    /// Starts with the state that the previous server stored.
    pub fn start(clock: &SharedClock, memory: Option<ClockMemory>) -> Self {
        let (wall, monotonic) = (clock.now_ms(), clock.monotonic());
        let late = memory.filter(|known| wall.seconds() > known.trusted + START_TOLERANCE);
        // A clock that has not gone back since may have been correct while the server was stopped.
        let held = late.map(|known| match known.held {
            Some(held) if wall.seconds() >= known.wall => Duration::from_secs(held),
            _ => Duration::ZERO,
        });
        if let Some(known) = late {
            tracing::info!(
                now = wall.rfc3339(),
                before = %known.trusted.rfc3339(),
                "the server was stopped for more than an hour, or the system clock is ahead; expired data is deleted \
                 after one day of uptime"
            );
        }
        Self(Mutex::new(Reading {
            ours: late.map_or(wall, |known| {
                UnixMillis(known.trusted.0.saturating_mul(1000))
            }),
            wall,
            monotonic,
            held,
            stored: memory.map(|known| known.trusted),
        }))
    }

    /// Trusted time for deleting rows.
    pub fn trusted_now(&self, clock: &SharedClock) -> UnixSeconds {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, monotonic) = (clock.now_ms(), clock.monotonic());
        let elapsed = monotonic.saturating_sub(last.monotonic);
        let after = |before: UnixMillis| {
            let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
            UnixMillis(before.0.saturating_add(elapsed))
        };
        let is_now = |expected: UnixMillis| wall.0.abs_diff(expected.0) <= TOLERANCE_MS;
        let expected = after(last.ours);
        let held = match last.held {
            _ if is_now(expected) => None,
            Some(held) if is_now(after(last.wall)) => Some(held + elapsed),
            _ => {
                tracing::warn!(
                    expected = expected.rfc3339(),
                    found = wall.rfc3339(),
                    "system clock jumped; expired data is not deleted until the clock has been steady for a day"
                );
                Some(Duration::ZERO)
            }
        };
        let is_believed = held.is_none_or(|held| held >= BELIEVED_AFTER);
        if is_believed && last.held.is_some() {
            tracing::info!(now = wall.rfc3339(), "system clock is trusted again");
        }
        last.ours = if is_believed { wall } else { expected };
        last.wall = wall;
        last.monotonic = monotonic;
        last.held = held.filter(|_| !is_believed);
        // A clock that was set back deletes less than the trusted time.
        last.ours.min(wall).seconds()
    }

    /// State to store now, if it is due. Returned again until [`JumpGuard::stored`] is called.
    pub fn to_store(&self, trusted: UnixSeconds) -> Option<ClockMemory> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last
            .stored
            .is_none_or(|stored| trusted >= stored + STORED_EVERY || trusted < stored);
        is_due.then(|| ClockMemory {
            trusted,
            wall: last.wall.seconds(),
            held: last.held.map(|held| held.as_secs()),
        })
    }

    pub fn stored(&self, memory: ClockMemory) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.stored = Some(memory.trusted);
    }
}
