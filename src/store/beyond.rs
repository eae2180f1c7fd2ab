//! Where a page of a table begins whose ids rise.

use crate::domain::id::Id;

/// Where a page begins, and which way it goes. Where none is given: with the newest row, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// The rows older than this one, the newest first.
    Older(Id),
    /// The rows newer than this one, the oldest first.
    Newer(Id),
}

impl Beyond {
    /// From the oldest row on.
    pub const OLDEST: Beyond = Beyond::Newer(Id::MIN);

    /// The id that all of the page's are above, the id that they are below, and the way that it goes, in SQL.
    pub(super) fn bounds(beyond: Option<Self>) -> (Id, Id, &'static str) {
        match beyond {
            None => (Id::MIN, Id::MAX, "DESC"),
            Some(Beyond::Older(id)) => (Id::MIN, id, "DESC"),
            Some(Beyond::Newer(id)) => (id, Id::MAX, "ASC"),
        }
    }

    /// Puts what was found in several reads into the one order.
    pub fn sort<T>(beyond: Option<Self>, rows: &mut [T], id: impl Fn(&T) -> Id) {
        match beyond {
            Some(Beyond::Newer(_)) => rows.sort_unstable_by_key(id),
            _ => rows.sort_unstable_by_key(|row| std::cmp::Reverse(id(row))),
        }
    }
}
