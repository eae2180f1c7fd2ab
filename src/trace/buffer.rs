//! The traces themselves, and which code or token belongs to which.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

use super::{
    exchange::{RecordedTrace, Step},
    mask::Mark,
};
use crate::{
    domain::{id::Id, time::UnixSeconds},
    store::Beyond,
};

/// Maximum number of exchanges of one trace. A trace that is refreshed for weeks keeps its start and its end.
const MOST_STEPS: usize = 40;
/// Number of exchanges kept from its start.
const BEGINNING: usize = 20;
/// Codes and tokens of one trace; the oldest are forgotten first.
const MOST_MARKS: usize = 100;

/// Approximate size of a fingerprint in bytes, in its trace and in the index.
const MARK_BYTES: usize = size_of::<(Mark, Mark, Id)>();

/// Keys of a step in addition to its trace.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub client_id: Option<String>,
    pub username: Option<String>,
    /// The codes and tokens that came with it or of it: later ones that bring them belong to its trace.
    pub marks: Vec<Mark>,
}

#[derive(Default)]
pub struct Buffer {
    /// By their IDs, which always increase.
    traces: BTreeMap<Id, RecordedTrace>,
    by_mark: HashMap<Mark, Id>,
    bytes: usize,
}

impl Buffer {
    pub fn of(&self, mark: Mark) -> Option<Id> {
        self.by_mark.get(&mark).copied()
    }

    pub fn get(&self, id: Id) -> Option<&RecordedTrace> {
        self.traces.get(&id)
    }

    /// Traces after `from`, in its order.
    pub fn beyond(&self, from: Option<Beyond>) -> Vec<&RecordedTrace> {
        let (above, below) = match from {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(Beyond::Older(id)) => (Bound::Unbounded, Bound::Excluded(id)),
            Some(Beyond::Newer(id)) => (Bound::Excluded(id), Bound::Unbounded),
        };
        let mut found: Vec<_> = self
            .traces
            .range((above, below))
            .map(|(_, trace)| trace)
            .collect();
        if !matches!(from, Some(Beyond::Newer(_))) {
            found.reverse();
        }
        found
    }

    pub fn add(&mut self, now: UnixSeconds, id: Id, step: Step, known: Known) {
        let trace = self.traces.entry(id).or_insert_with(|| RecordedTrace {
            id,
            client_id: None,
            username: None,
            steps: Vec::new(),
            left_out: 0,
            last_at: now,
            marks: Vec::new(),
            bytes: 0,
        });
        let before = trace.bytes;
        if trace.steps.is_empty() {
            trace.bytes += size_of::<RecordedTrace>();
        }
        trace.last_at = now;
        trace.bytes -= trace.name_bytes();
        trace.client_id = known.client_id.or(trace.client_id.take());
        trace.username = known.username.or(trace.username.take());
        trace.bytes += trace.name_bytes();
        match trace.steps.last_mut() {
            Some(last) if step.repeats(last) => {
                last.times += 1;
                last.at = step.at;
            }
            _ => {
                trace.bytes += step.bytes();
                trace.steps.push(step);
            }
        }
        if trace.steps.len() > MOST_STEPS {
            trace.bytes -= trace.steps.remove(BEGINNING).bytes();
            trace.left_out += 1;
        }
        for mark in known.marks {
            // Sending another client's token does not take over its trace.
            if self.by_mark.contains_key(&mark) {
                continue;
            }
            self.by_mark.insert(mark, id);
            trace.marks.push(mark);
            trace.bytes += MARK_BYTES;
            if trace.marks.len() > MOST_MARKS {
                let oldest = trace.marks.remove(0);
                self.by_mark.remove(&oldest);
                trace.bytes -= MARK_BYTES;
            }
        }
        self.bytes = self.bytes - before + trace.bytes;
    }

    pub fn forget_older_than(&mut self, edge: UnixSeconds) {
        let old: Vec<Id> = self
            .traces
            .values()
            .take_while(|trace| trace.id.made_at().seconds() < edge)
            .filter(|trace| trace.last_at < edge)
            .map(|trace| trace.id)
            .collect();
        old.into_iter().for_each(|id| self.forget(id));
    }

    /// Deletes the oldest ones above this number.
    pub fn shrink(&mut self, most: usize, most_bytes: usize) {
        while self.traces.len() > most || self.bytes > most_bytes {
            let Some(oldest) = self.traces.keys().next().copied() else {
                return;
            };
            self.forget(oldest);
        }
    }

    fn forget(&mut self, id: Id) {
        let Some(trace) = self.traces.remove(&id) else {
            return;
        };
        self.bytes -= trace.bytes.min(self.bytes);
        for mark in trace.marks {
            self.by_mark.remove(&mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Masks, exchange::sample as step};

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    #[test]
    fn the_oldest_go_first_and_take_their_marks_along() {
        let (mut buffer, masks) = (Buffer::default(), Masks::default());
        let now = UnixSeconds(0);
        for n in 1..=4 {
            let known = Known {
                marks: vec![masks.mark(&n.to_string())],
                ..Known::default()
            };
            buffer.add(now, id(n), step(), known);
        }
        buffer.shrink(3, usize::MAX);
        assert!(buffer.get(id(1)).is_none() && buffer.get(id(2)).is_some());
        assert_eq!(buffer.of(masks.mark("1")), None);
        assert_eq!(buffer.of(masks.mark("2")), Some(id(2)));
        buffer.shrink(3, 2_500);
        assert_eq!(buffer.beyond(None).len(), 1);
        assert!(buffer.bytes <= 2_500 && buffer.bytes > 1_000);
        buffer.shrink(0, 0);
        assert_eq!((buffer.bytes, buffer.by_mark.len()), (0, 0));
    }

    #[test]
    fn the_names_count_once() {
        let mut buffer = Buffer::default();
        let named = |name: &str| Known {
            client_id: Some(name.into()),
            username: Some(name.into()),
            ..Known::default()
        };
        let mut bytes = |known| {
            buffer.add(UnixSeconds(0), id(1), step(), known);
            buffer.bytes
        };
        let without = bytes(Known::default());
        // The same exchange again adds nothing but its names.
        assert_eq!(bytes(named(&"a".repeat(100))), without + 200);
        assert_eq!(bytes(named("ab")), without + 4);
        assert_eq!(bytes(Known::default()), without + 4);
    }

    #[test]
    fn a_long_flow_keeps_its_beginning_and_its_end() {
        let mut buffer = Buffer::default();
        for n in 0..100 {
            let step = Step {
                status: n,
                ..step()
            };
            buffer.add(UnixSeconds(0), id(1), step, Known::default());
        }
        let trace = buffer.get(id(1)).unwrap();
        assert_eq!((trace.steps.len(), trace.left_out), (MOST_STEPS, 60));
        assert_eq!((trace.steps[0].status, trace.steps[39].status), (0, 99));
    }
}
