//! The recorder: takes exchanges in, and gives out what they came to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    buffer::{Buffer, Known},
    exchange::{RecordedTrace, Step},
    mask::{self, Mark, Masks},
};
use crate::{
    domain::{
        id::Id,
        time::{Lifetime, UnixSeconds},
    },
    store::Beyond,
};

/// Traces that are remembered.
pub const MOST: usize = 500;
/// All that is remembered, in bytes, as far as it is counted.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Characters of a `client_id` or username: no longer ones are known here, and anybody can send one.
const LONGEST_ID: usize = 255;
/// For how long a trace is remembered after its last exchange.
const KEPT_FOR: Lifetime = Lifetime::days(1);
/// For how long one reader's looking counts as one.
const READING: Lifetime = Lifetime::minutes(15);

#[derive(Default)]
pub struct Recorder {
    pub masks: Masks,
    buffer: Mutex<Buffer>,
    /// Who has looked at traces, and when that was written down.
    readers: Mutex<HashMap<String, UnixSeconds>>,
}

impl Recorder {
    /// The trace in which this code or token came about, or was sent before.
    pub fn of(&self, mark: Mark) -> Option<Id> {
        self.buffer().of(mark)
    }

    /// Adds an exchange to its trace, which begins with it if it is not there.
    pub fn add(&self, now: UnixSeconds, id: Id, step: Step, known: Known) {
        let cut = |id: Option<String>| id.map(|id| mask::cut(&id, LONGEST_ID));
        let known = Known {
            client_id: cut(known.client_id),
            username: cut(known.username),
            ..known
        };
        let mut buffer = self.buffer();
        buffer.forget_older_than(now - KEPT_FOR);
        buffer.add(now, id, step, known);
        buffer.shrink(MOST, MOST_BYTES);
    }

    /// Lets go of everything: nothing is to be remembered any more.
    pub fn forget_all(&self) {
        *self.buffer() = Buffer::default();
    }

    /// Lets go of what is too old, also where nobody looks.
    pub fn forget_old(&self, now: UnixSeconds) {
        self.buffer().forget_older_than(now - KEPT_FOR);
    }

    pub fn get(&self, now: UnixSeconds, id: Id) -> Option<RecordedTrace> {
        let mut buffer = self.buffer();
        buffer.forget_older_than(now - KEPT_FOR);
        buffer.get(id).cloned()
    }

    /// The next `limit` traces that `wanted` lets through, those beyond `from`.
    pub fn page(
        &self,
        now: UnixSeconds,
        from: Option<Beyond>,
        limit: usize,
        wanted: impl Fn(&RecordedTrace) -> bool,
    ) -> Vec<RecordedTrace> {
        let mut buffer = self.buffer();
        buffer.forget_older_than(now - KEPT_FOR);
        buffer
            .beyond(from)
            .into_iter()
            .filter(|trace| wanted(trace))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Whether this reader's looking is to be written down now: once for all of it within a while.
    pub fn begins_to_read(&self, now: UnixSeconds, reader: &str) -> bool {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|_, since| now.since(*since) < i64::from(READING.0));
        if readers.contains_key(reader) {
            return false;
        }
        readers.insert(reader.to_owned(), now);
        true
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
