//! Short-lived rows caused by strangers: pushed requests, device codes. Their number and size are limited, whatever the
//! number of networks. At the limit, a new row is not rejected: the oldest row of the site with the most is deleted for
//! it, so that sites with few rows lose none to those with many.
//!
//! The rows are in the database; this has their IDs and owners. If it is not exact, as after a restart or after a row
//! was used, it has too many, never too few.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{id::Id, name::ClientId},
    store::{Store, StoreError, Tx, device_codes, pushed_requests, pushed_requests::StoredRow},
    throttle::Network,
};

/// Rows of one kind at a time, and the bytes that they come to.
pub const MOST_ROWS: usize = 20_000;
pub const MOST_BYTES: usize = 40_000_000;

/// Rows of each kind.
#[derive(Default)]
pub struct AllUnprovenRows {
    pub pushed_requests: Arc<UnprovenRows>,
    pub device_codes: Arc<UnprovenRows>,
}

#[derive(Default)]
pub struct UnprovenRows(Mutex<Ledger>);

#[derive(Default)]
struct Ledger {
    /// In order of arrival.
    rows: BTreeMap<u64, Row>,
    of_site: HashMap<Network, BTreeSet<u64>>,
    /// Number of rows and oldest row of each site: the last entry is the site with the most rows, and among equals the
    /// one with the oldest row.
    sizes: BTreeSet<(usize, Reverse<u64>)>,
    bytes: usize,
    next: u64,
    /// Rows before this one have been written, or never will be.
    settled: u64,
}

struct Row {
    id: Id,
    site: Network,
    bytes: usize,
}

impl UnprovenRows {
    /// Adds a row, in the transaction that writes it. The same transaction deletes others for it.
    #[must_use]
    pub fn admit(self: &Arc<Self>, id: Id, site: Network, bytes: usize) -> Room {
        let mut ledger = self.ledger();
        let mut gone = Vec::new();
        while ledger.rows.len() >= MOST_ROWS || ledger.bytes + bytes > MOST_BYTES {
            let Some((_, Reverse(oldest))) = ledger.sizes.last().copied() else {
                break;
            };
            gone.extend(ledger.remove(oldest).map(|row| (oldest, row)));
        }
        ledger.insert(Row { id, site, bytes });
        drop(ledger);
        Room {
            of: self.clone(),
            gone,
        }
    }

    /// Removes rows that are not stored, except those added since the last call, which may still be written.
    pub fn keep(&self, stored: &HashSet<Id>) {
        let mut ledger = self.ledger();
        let settled = ledger.rows.range(..ledger.settled);
        let gone = settled.filter(|(_, row)| !stored.contains(&row.id));
        for key in gone.map(|(key, _)| *key).collect::<Vec<_>>() {
            ledger.remove(key);
        }
        ledger.settled = ledger.next;
    }

    /// Rows, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        let ledger = self.ledger();
        (ledger.rows.len(), ledger.bytes)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Space for a new row. If the transaction may not have been committed, the rows to delete are added again: they may
/// still be stored.
pub struct Room {
    of: Arc<UnprovenRows>,
    gone: Vec<(u64, Row)>,
}

impl Room {
    /// The rows to delete.
    pub fn gone(&self) -> Vec<Id> {
        self.gone.iter().map(|(_, row)| row.id).collect()
    }

    /// The transaction was committed.
    pub fn is_made(mut self) {
        self.gone.clear();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut ledger = self.of.ledger();
        for (key, row) in self.gone.drain(..) {
            ledger.put(key, row);
        }
    }
}

impl AllUnprovenRows {
    /// Adds the rows of an earlier server. Their sites are unknown, so they are treated as those of one site.
    pub fn load(
        store: &Store,
        is_unproven: impl Fn(&ClientId) -> bool,
    ) -> Result<Self, StoreError> {
        let all = Self::default();
        let (pushed, devices) = store.read(sizes)?;
        let take = |rows: &Arc<UnprovenRows>, stored: Vec<StoredRow>| {
            let stored = stored.into_iter().filter(|row| is_unproven(&row.client_id));
            let rooms = stored.map(|row| rows.admit(row.id, Network::Unknown, row.bytes));
            rooms.collect::<Vec<_>>()
        };
        let ids = |rooms: &[Room]| rooms.iter().flat_map(Room::gone).collect::<Vec<_>>();
        let pushed = take(&all.pushed_requests, pushed);
        let devices = take(&all.device_codes, devices);
        let (gone_pushed, gone_devices) = (ids(&pushed), ids(&devices));
        store.write_blocking(move |tx| {
            pushed_requests::delete_all(tx, &gone_pushed)?;
            device_codes::delete_pending(tx, &gone_devices)
        })?;
        pushed.into_iter().chain(devices).for_each(Room::is_made);
        Ok(all)
    }

    /// Removes rows that no longer exist.
    pub fn settle(&self, store: &Store) -> Result<(), StoreError> {
        let (pushed, devices) = store.read(sizes)?;
        let ids = |rows: Vec<StoredRow>| rows.iter().map(|row| row.id).collect();
        self.pushed_requests.keep(&ids(pushed));
        self.device_codes.keep(&ids(devices));
        Ok(())
    }
}

fn sizes(tx: &Tx) -> Result<(Vec<StoredRow>, Vec<StoredRow>), StoreError> {
    Ok((pushed_requests::sizes(tx)?, device_codes::sizes(tx)?))
}

impl Ledger {
    fn insert(&mut self, row: Row) {
        let key = self.next;
        self.next += 1;
        self.put(key, row);
    }

    fn put(&mut self, key: u64, row: Row) {
        self.bytes += row.bytes;
        self.change(row.site, |of_site| of_site.insert(key));
        self.rows.insert(key, row);
    }

    fn remove(&mut self, key: u64) -> Option<Row> {
        let row = self.rows.remove(&key)?;
        self.bytes -= row.bytes;
        self.change(row.site, |of_site| of_site.remove(&key));
        Some(row)
    }

    fn change(&mut self, site: Network, change: impl FnOnce(&mut BTreeSet<u64>) -> bool) {
        let size = |of_site: &BTreeSet<u64>| Some((of_site.len(), Reverse(*of_site.first()?)));
        let of_site = self.of_site.entry(site).or_default();
        let before = size(of_site);
        change(of_site);
        let after = size(of_site);
        if after.is_none() {
            self.of_site.remove(&site);
        }
        if let Some(before) = before {
            self.sizes.remove(&before);
        }
        self.sizes.extend(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client_address::ClientAddress;

    fn site(i: u32) -> Network {
        let address = format!("10.{}.{}.{}", i >> 16, (i >> 8) & 255, i & 255);
        Network::of(ClientAddress::parse_node(&address))
    }

    fn id(i: u128) -> Id {
        Id::from_bytes(i.to_be_bytes())
    }

    /// In a transaction that is committed; the rows that went.
    fn admit(rows: &Arc<UnprovenRows>, id: Id, site: Network, bytes: usize) -> Vec<Id> {
        let room = rows.admit(id, site, bytes);
        let gone = room.gone();
        room.is_made();
        gone
    }

    #[test]
    fn what_was_to_go_in_a_transaction_that_failed_is_counted_again() {
        let rows = Arc::<UnprovenRows>::default();
        for i in 0..MOST_ROWS {
            assert!(admit(&rows, id(i as u128), site(1), 10).is_empty());
        }
        for i in 0..3 {
            let room = rows.admit(id(50_000 + i), site(2), 10);
            assert_eq!(room.gone().first(), Some(&id(0)), "{i}");
        }
        // Its own row may have been stored, too, as far as can be told from here.
        assert_eq!(rows.size(), (MOST_ROWS + 3, 10 * (MOST_ROWS + 3)));
        assert_eq!(admit(&rows, id(60_000), site(2), 10), [0, 1, 2, 3].map(id));
        assert_eq!(rows.size(), (MOST_ROWS, 10 * MOST_ROWS));
    }

    #[test]
    fn the_oldest_row_of_the_site_with_the_most_makes_room() {
        let rows = Arc::<UnprovenRows>::default();
        let honest = id(u128::MAX);
        assert!(admit(&rows, honest, site(0), 10).is_empty());
        for i in 1..MOST_ROWS {
            let of = site(1 + u32::from(i >= 10_000));
            assert!(admit(&rows, id(i as u128), of, 10).is_empty());
        }
        // Two sites have 9,999 and 10,000.
        assert_eq!(admit(&rows, id(50_000), site(3), 10), [id(10_000)]);
        assert_eq!(admit(&rows, id(50_001), site(3), 10), [id(1)]);
        assert_eq!(rows.size(), (MOST_ROWS, 10 * MOST_ROWS));
        // A large one needs room for its bytes.
        let gone = admit(&rows, id(50_002), site(3), MOST_BYTES - 10 * MOST_ROWS + 25);
        assert_eq!(gone, [id(10_001), id(2), id(10_002)]);
    }

    #[test]
    fn where_every_site_has_one_row_the_oldest_of_all_makes_room() {
        let rows = Arc::<UnprovenRows>::default();
        for i in 0..MOST_ROWS {
            let of = site(u32::try_from(i).unwrap());
            assert!(admit(&rows, id(i as u128), of, 10).is_empty());
        }
        assert_eq!(admit(&rows, id(50_000), site(50_000), 10), [id(0)]);
        assert_eq!(admit(&rows, id(50_001), site(50_001), 10), [id(1)]);
        assert_eq!(rows.size().0, MOST_ROWS);
    }

    #[test]
    fn what_is_no_longer_stored_is_forgotten_once_it_can_have_been_written() {
        let rows = Arc::<UnprovenRows>::default();
        for i in 0..3 {
            assert!(admit(&rows, id(i), site(1), 10).is_empty());
        }
        let stored = HashSet::from([id(1)]);
        rows.keep(&stored);
        assert_eq!(rows.size(), (3, 30));
        assert!(admit(&rows, id(3), site(1), 10).is_empty());
        rows.keep(&stored);
        assert_eq!(rows.size(), (2, 20));
    }
}
