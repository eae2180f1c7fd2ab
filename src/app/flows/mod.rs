//! The latest sign-ins and refusals, as an administrator reads them afterwards: the HTTP exchanges of one
//! sign-in together, in their order.
//!
//! In memory only, and bounded in count, age and bytes. What is secret is masked before it comes here
//! ([`Masks`]); of it there are a name, a length and a keyed mark, by which the exchanges of one sign-in
//! find each other and "the same code twice" can be told. A restart forgets everything.

mod kept;
mod mask;
mod step;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use self::kept::Kept;
pub use self::{
    mask::{Mark, Masks, Sent, without_query_values},
    step::{Encoding, Flow, FlowOutcome, Refused, Step},
};
use crate::{
    domain::{
        id::Id,
        time::{Lifetime, UnixSeconds},
    },
    store::Beyond,
};

/// Flows that are remembered.
pub const MOST: usize = 500;
/// All that is remembered, in bytes, as far as it is counted.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Characters of a `client_id` or username: no longer ones are known here, and anybody can send one.
const LONGEST_ID: usize = 255;
/// For how long a flow is remembered after its last exchange.
const KEPT_FOR: Lifetime = Lifetime::days(1);
/// For how long one reader's looking counts as one.
const READING: Lifetime = Lifetime::minutes(15);

#[derive(Default)]
pub struct Recorder {
    pub masks: Masks,
    kept: Mutex<Kept>,
    /// Who has looked at flows, and when that was written down.
    readers: Mutex<HashMap<String, UnixSeconds>>,
}

/// What a step belongs to beside its flow.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub client_id: Option<String>,
    pub username: Option<String>,
    /// The codes and tokens that came with it or of it: later ones that bring them belong to its flow.
    pub marks: Vec<Mark>,
}

impl Recorder {
    /// The flow in which this code or token came about, or was sent before.
    pub fn of(&self, mark: Mark) -> Option<Id> {
        self.kept().of(mark)
    }

    /// Adds an exchange to its flow, which begins with it if it is not there.
    pub fn add(&self, now: UnixSeconds, id: Id, step: Step, known: Known) {
        let cut = |id: Option<String>| id.map(|id| mask::cut(&id, LONGEST_ID));
        let known = Known {
            client_id: cut(known.client_id),
            username: cut(known.username),
            ..known
        };
        let mut kept = self.kept();
        kept.forget_older_than(now - KEPT_FOR);
        kept.add(now, id, step, known);
        kept.shrink(MOST, MOST_BYTES);
    }

    /// Lets go of everything: nothing is to be remembered any more.
    pub fn forget_all(&self) {
        *self.kept() = Kept::default();
    }

    /// Lets go of what is too old, also where nobody looks.
    pub fn forget_old(&self, now: UnixSeconds) {
        self.kept().forget_older_than(now - KEPT_FOR);
    }

    pub fn get(&self, now: UnixSeconds, id: Id) -> Option<Flow> {
        let mut kept = self.kept();
        kept.forget_older_than(now - KEPT_FOR);
        kept.get(id).cloned()
    }

    /// The next `limit` flows that `wanted` lets through, those beyond `from`.
    pub fn page(
        &self,
        now: UnixSeconds,
        from: Option<Beyond>,
        limit: usize,
        wanted: impl Fn(&Flow) -> bool,
    ) -> Vec<Flow> {
        let mut kept = self.kept();
        kept.forget_older_than(now - KEPT_FOR);
        kept.beyond(from)
            .into_iter()
            .filter(|flow| wanted(flow))
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

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
