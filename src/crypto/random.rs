//! Randomness from the operating system, and IDs created with it.
//!
//! Every function here panics if the operating system returns no random bytes: there is nothing safe to do without
//! them.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use crate::crypto::hash;
use crate::domain::{id::Id, secret::Secret, time::UnixMillis};

static SYSTEM: LazyLock<SystemRandom> = LazyLock::new(SystemRandom::new);

/// The source that ring's own functions draw from.
pub(super) fn system() -> &'static SystemRandom {
    &SYSTEM
}

pub(super) fn fill(buffer: &mut [u8]) {
    system()
        .fill(buffer)
        .expect("the operating system gives random bytes");
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    fill(&mut buffer);
    buffer
}

/// A secret of 256 random bits: 43 characters of base64url.
pub fn secret() -> Secret {
    Secret::new(hash::base64url(&bytes::<32>()))
}

/// The base64url text, without padding, of this many random bytes.
pub fn text(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    fill(&mut buffer);
    hash::base64url(&buffer)
}

/// This many letters of `alphabet`, each as likely as another.
pub fn letters(alphabet: &[u8], count: usize) -> String {
    // A byte past the last whole multiple would favour the first letters.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let [byte] = bytes::<1>();
        if usize::from(byte) < fair {
            text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
        }
    }
    text
}

/// Creates the IDs of one server: UUIDv7, each greater than the one before.
#[derive(Debug, Default)]
pub struct IdGenerator {
    /// State of the last ID: 48 bits of milliseconds, then 12 bits of counter.
    last: AtomicU64,
}

const COUNTER_BITS: u32 = 12;
const LAST_MILLISECOND: i64 = (1 << 48) - 1;

impl IdGenerator {
    /// Makes all new IDs greater than `id`, which another process or an earlier run has created.
    pub fn advance_past(&self, id: Id) {
        let (high, _) = id.0.as_u64_pair();
        let used = high >> 16 << COUNTER_BITS | high & ((1 << COUNTER_BITS) - 1);
        self.last.fetch_max(used, Ordering::Relaxed);
    }

    /// Next ID, strictly greater than all previous IDs of this generator, even if the clock stops or goes back. A clock
    /// before 1970 is treated as 1970.
    pub fn next(&self, now: UnixMillis) -> Id {
        let milliseconds = now.0.clamp(0, LAST_MILLISECOND).cast_unsigned();
        let earliest = milliseconds << COUNTER_BITS;
        // RFC 9562 §6.2, method 1: the counter starts again with each millisecond and grows within
        // it. After 4096 ids it carries into the timestamp, as 'Counter Rollover Handling' allows.
        let after = |last: u64| earliest.max(last + 1);
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(after(last))
            })
            .unwrap_or_else(|last| last);
        Id(uuid_v7(after(last), u64::from_be_bytes(bytes())))
    }
}

/// RFC 9562 §5.7: unix_ts_ms, version 7, the counter as rand_a, variant 0b10, rand_b.
fn uuid_v7(milliseconds_and_counter: u64, rand_b: u64) -> Uuid {
    let milliseconds = milliseconds_and_counter >> COUNTER_BITS;
    let counter = milliseconds_and_counter & ((1 << COUNTER_BITS) - 1);
    let high = milliseconds << 16 | 7 << 12 | counter;
    let low = 0b10 << 62 | rand_b >> 2;
    Uuid::from_u64_pair(high, low)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_example_of_rfc_9562_appendix_a6_is_reproduced() {
        let uuid = uuid_v7(0x017F_22E2_79B0 << 12 | 0xCC3, 0x18C4_DC0C_0C07_398F << 2);
        assert_eq!(
            uuid,
            Uuid::from_u128(0x017F22E2_79B0_7CC3_98C4_DC0C0C07398F)
        );
        assert_eq!(uuid.get_version_num(), 7);
    }

    #[test]
    fn an_id_carries_its_time() {
        let id = IdGenerator::default().next(UnixMillis(0x017F_22E2_79B0));
        assert!(id.to_string().starts_with("017f22e2-79b0-7000-"), "{id}");
    }

    #[test]
    fn ids_grow_while_the_clock_stands_still_or_goes_back() {
        let generator = IdGenerator::default();
        let clock = (0..10_000)
            .map(|_| 5_000)
            .chain([4_000, -1, i64::MIN, 5_001, 9_000, 8_999]);
        let ids: Vec<Id> = clock.map(|now| generator.next(UnixMillis(now))).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn ids_grow_beyond_those_of_another_generator() {
        let other = IdGenerator::default();
        let theirs: Vec<Id> = (0..5_000).map(|_| other.next(UnixMillis(9_000))).collect();
        let generator = IdGenerator::default();
        generator.advance_past(theirs[4_999]);
        generator.advance_past(theirs[0]);
        assert!(generator.next(UnixMillis(8_000)) > theirs[4_999]);
    }

    #[test]
    fn ids_made_on_many_threads_are_all_different() {
        let generator = IdGenerator::default();
        let next = || {
            (0..2_000)
                .map(|_| generator.next(UnixMillis(1)))
                .collect::<Vec<_>>()
        };
        let ids: Vec<Id> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(next)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        let made: BTreeSet<u64> = ids.iter().map(|id| id.0.as_u64_pair().0).collect();
        assert_eq!(made.len(), 8_000, "even without rand_b");
    }

    #[test]
    fn every_letter_of_an_alphabet_is_drawn_and_no_other() {
        let drawn: BTreeSet<u8> = letters(b"XYZ", 500).into_bytes().into_iter().collect();
        assert_eq!(drawn, BTreeSet::from(*b"XYZ"));
        assert_eq!(letters(b"BCDFGHJKLMNPQRSTVWXZ", 8).len(), 8);
    }

    #[test]
    fn texts_have_the_length_of_their_randomness() {
        assert_eq!(secret().expose().len(), 43);
        assert_eq!(text(16).len(), 22);
        assert_ne!(bytes::<16>(), bytes::<16>());
    }
}
