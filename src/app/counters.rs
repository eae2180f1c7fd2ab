//! Counters of the server: in memory, and once per minute in the database.
//!
//! Counting is an addition in memory. Once a minute, with the rest of the upkeep, and when the server stops,
//! what was counted since is added to the buckets of that moment. So a bucket's edge is precise to a
//! minute; a stop loses nothing, and a crash at most what was counted since the last time, a minute's worth.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    domain::{
        counted::{REQUESTS_FAILED, SIGN_INS, Series, TOKENS_ISSUED},
        token::Origin,
    },
    store::{Store, StoreError, counters},
};

type Counts = BTreeMap<Series, u64>;

/// Result of a sign-in attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInOutcome {
    Ok,
    Failed,
    /// Too many wrong ones before it: it was not looked at.
    SlowedDown,
}

impl SignInOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            SignInOutcome::Ok => "ok",
            SignInOutcome::Failed => "failed",
            SignInOutcome::SlowedDown => "slowed_down",
        }
    }
}

pub struct Counters {
    /// Counts of earlier servers.
    before: Counts,
    issued: [AtomicU64; Origin::ALL.len()],
    /// Everything that is rare, or that writes a row of the audit log anyway.
    others: Mutex<Counts>,
    /// Counts of this server that are in the database. Locked while they are written.
    written: tokio::sync::Mutex<Counts>,
}

impl Counters {
    pub(super) fn load(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            before: store.read(counters::totals)?,
            issued: Default::default(),
            others: Mutex::default(),
            written: tokio::sync::Mutex::default(),
        })
    }

    /// An access token was issued to a client.
    pub fn issued(&self, origin: Origin) {
        if let Some(count) = self.issued.get(origin as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a failed protocol request. `error` is the `error` of the response.
    pub fn refused(&self, endpoint: &'static str, error: &'static str) {
        self.add(
            REQUESTS_FAILED,
            format!(r#"endpoint="{endpoint}",error="{error}""#),
        );
    }

    /// Counts a failed token request. The grant is `None` if the request named no supported one.
    pub fn token_refused(&self, grant: Option<Origin>, error: &'static str) {
        let grant = grant.map_or("none", Origin::as_str);
        self.add(
            REQUESTS_FAILED,
            format!(r#"endpoint="token",error="{error}",grant="{grant}""#),
        );
    }

    /// Somebody tried to sign in.
    pub fn sign_in(&self, outcome: SignInOutcome) {
        self.add(SIGN_INS, format!(r#"outcome="{}""#, outcome.as_str()));
    }

    fn add(&self, name: &'static str, labels: String) {
        let series = Series {
            name: name.into(),
            labels,
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        *others.entry(series).or_default() += 1;
    }

    /// Counts of this server.
    fn own(&self) -> Counts {
        let mut counts = self
            .others
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (origin, count) in Origin::ALL.iter().zip(&self.issued) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                let series = Series {
                    name: TOKENS_ISSUED.into(),
                    labels: format!(r#"grant="{}""#, origin.as_str()),
                };
                counts.insert(series, count);
            }
        }
        counts
    }

    /// Everything that was ever counted on this database. Never less than it was.
    pub fn totals(&self) -> Counts {
        let mut totals = self.before.clone();
        for (series, count) in self.own() {
            *totals.entry(series).or_default() += count;
        }
        totals
    }

    /// Writes what was counted since the last time.
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let mut written = self.written.lock().await;
        let own = self.own();
        let new = grown(&written, &own);
        if new.is_empty() {
            return Ok(());
        }
        store.write(move |tx| counters::add(tx, &new)).await?;
        *written = own;
        Ok(())
    }

    /// Counts that are not in the database yet.
    pub async fn unwritten(&self) -> Counts {
        grown(&*self.written.lock().await, &self.own())
    }
}

/// Difference between `after` and `before`.
fn grown(before: &Counts, after: &Counts) -> Counts {
    let more = |(series, count): (&Series, &u64)| {
        let more = count - before.get(series).copied().unwrap_or_default();
        (more > 0).then(|| (series.clone(), more))
    };
    after.iter().filter_map(more).collect()
}
