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
/// Approximate maximum size of all traces, in bytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Maximum characters of a `client_id` or username: valid ones are not longer, and anyone can send one.
const LONGEST_ID: usize = 255;
/// Time that a trace is kept after its last exchange.
const KEPT_FOR: Lifetime = Lifetime::days(1);
/// Time for which repeated views of one reader are one event.
const READING: Lifetime = Lifetime::minutes(15);

#[derive(Default)]
pub struct Recorder {
    pub masks: Masks,
    buffer: Mutex<Buffer>,
    /// Readers of traces, with the time of their last event.
    readers: Mutex<HashMap<String, UnixSeconds>>,
}

impl Recorder {
    /// The trace in which this code or token came about, or was sent before.
    pub fn of(&self, mark: Mark) -> Option<Id> {
        self.buffer().of(mark)
    }

    /// Adds an exchange to its trace, and creates the trace if it does not exist.
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

    /// Deletes everything, after tracing was turned off.
    pub fn forget_all(&self) {
        *self.buffer() = Buffer::default();
    }

    /// Deletes traces that are too old, also if nobody views them.
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

    /// Whether to write an event for this reader now: once per period.
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
