//! Current time. Nothing else in the crate asks the operating system for it (`clippy.toml` enforces this).

use std::{
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::domain::time::{Lifetime, UnixMillis, UnixSeconds};

pub trait Clock: Send + Sync {
    fn now_ms(&self) -> UnixMillis;

    /// Time that has passed since some moment of the past, however the wall clock is set.
    fn monotonic(&self) -> Duration;

    fn now(&self) -> UnixSeconds {
        self.now_ms().seconds()
    }
}

pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn now_ms(&self) -> UnixMillis {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        BEGINNING.elapsed()
    }
}

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A clock that is stopped until it is moved.
#[derive(Debug)]
pub struct TestClock {
    wall_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl TestClock {
    pub fn at(now: UnixSeconds) -> Self {
        Self {
            wall_ms: AtomicI64::new(now.0 * 1000),
            monotonic_ms: AtomicU64::default(),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, span: Lifetime) {
        self.turn_ahead(span);
        self.monotonic_ms
            .fetch_add(u64::from(span.0) * 1000, Ordering::SeqCst);
    }

    /// Sets the wall clock to a later time, while none passes.
    pub fn turn_ahead(&self, span: Lifetime) {
        self.wall_ms
            .fetch_add(i64::from(span.0) * 1000, Ordering::SeqCst);
    }

    /// Sets the wall clock to an earlier time.
    pub fn turn_back(&self, span: Lifetime) {
        self.wall_ms
            .fetch_sub(i64::from(span.0) * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> UnixMillis {
        UnixMillis(self.wall_ms.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::SeqCst))
    }
}

/// Admits one event a second and counts the others: for a log line that a storm repeats.
#[derive(Debug)]
pub struct OncePerSecond(Mutex<Admitted>);

#[derive(Debug)]
struct Admitted {
    last: Option<Instant>,
    refused: u64,
}

impl OncePerSecond {
    pub const fn new() -> Self {
        Self(Mutex::new(Admitted {
            last: None,
            refused: 0,
        }))
    }

    /// The number of events that were not admitted since the last one that was; `None` for one of those.
    pub fn admit(&self) -> Option<u64> {
        let mut admitted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_due = |last| now.duration_since(last) >= Duration::from_secs(1);
        if admitted.last.is_none_or(is_due) {
            admitted.last = Some(now);
            return Some(std::mem::take(&mut admitted.refused));
        }
        admitted.refused += 1;
        None
    }
}

impl Default for OncePerSecond {
    fn default() -> Self {
        Self::new()
    }
}
