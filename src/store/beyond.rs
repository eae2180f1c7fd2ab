//! Start of a page in a table with increasing IDs.

use crate::domain::id::Id;

/// Start and direction of a page. Default: the newest row, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// The rows older than this one, the newest first.
    Older(Id),
    /// The rows newer than this one, the oldest first.
    Newer(Id),
}

impl Beyond {
    /// Starts with the oldest row.
    pub const OLDEST: Beyond = Beyond::Newer(Id::MIN);

    /// Exclusive lower and upper bound of the IDs on the page, and its direction in SQL.
    pub(super) fn bounds(beyond: Option<Self>) -> (Id, Id, &'static str) {
        match beyond {
            None => (Id::MIN, Id::MAX, "DESC"),
            Some(Beyond::Older(id)) => (Id::MIN, id, "DESC"),
            Some(Beyond::Newer(id)) => (id, Id::MAX, "ASC"),
        }
    }

    /// Merges the results of several reads into one order.
    pub fn sort<T>(beyond: Option<Self>, rows: &mut [T], id: impl Fn(&T) -> Id) {
        match beyond {
            Some(Beyond::Newer(_)) => rows.sort_unstable_by_key(id),
            _ => rows.sort_unstable_by_key(|row| std::cmp::Reverse(id(row))),
        }
    }
}
