//! Lists of the admin API and the command line: order, position and page.

use super::AdminError;
use crate::{domain::id::Id, store::Beyond};

/// A list with its name and orders.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Its file is named after it.
    pub name: &'static str,
    /// Sort orders; the first is the default, and a leading `-` reverses the order.
    pub orders: &'static [&'static str],
}

/// Sort key of a list item, and its ID as the tiebreaker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub key: String,
    pub id: String,
}

impl Mark {
    pub fn new(key: impl Into<String>, id: impl ToString) -> Self {
        Self {
            key: key.into(),
            id: id.to_string(),
        }
    }

    /// Of a list whose ids rise.
    pub fn of(id: Id) -> Self {
        Self::new(String::new(), id)
    }
}

/// Requested page.
#[derive(Clone, Debug)]
pub struct Asked {
    /// One of the list's orders.
    pub by: &'static str,
    pub descending: bool,
    /// The last item of the page before.
    pub after: Option<Mark>,
    /// Number of items to read: one more than the page size, to know whether there is a next page.
    pub limit: u32,
}

impl Asked {
    /// [`Asked::after`], for the store.
    pub fn after(&self) -> Option<(&str, &str)> {
        let after = self.after.as_ref();
        after.map(|mark| (mark.key.as_str(), mark.id.as_str()))
    }

    /// Of a list whose ids rise.
    pub fn beyond(&self) -> Result<Option<Beyond>, AdminError> {
        let after = self.after.as_ref().map(|mark| mark.id.parse());
        let after = after.transpose().map_err(|_| AdminError::Invalid {
            field: "cursor".into(),
            reason: "is not a valid cursor for this list".into(),
        })?;
        Ok(match (after, self.descending) {
            (None, true) => None,
            (None, false) => Some(Beyond::OLDEST),
            (Some(id), true) => Some(Beyond::Older(id)),
            (Some(id), false) => Some(Beyond::Newer(id)),
        })
    }

    /// The page of what is held in memory. The key is compared letter by letter.
    pub fn sorted<T>(&self, found: impl Iterator<Item = T>, mark: impl Fn(&T) -> Mark) -> Rows<T> {
        let past = |mark: &Mark| match &self.after {
            None => true,
            Some(after) if self.descending => mark < after,
            Some(after) => mark > after,
        };
        let mut rows: Rows<T> = found
            .map(|item| (mark(&item), item))
            .filter(|(mark, _)| past(mark))
            .collect();
        rows.sort_unstable_by(|(a, _), (b, _)| match self.descending {
            true => b.cmp(a),
            false => a.cmp(b),
        });
        rows.truncate(self.limit as usize);
        rows
    }
}

/// Whether one of the names contains the text, ignoring case. True without a text.
pub fn is_in<const N: usize>(text: Option<&str>, names: [&str; N]) -> bool {
    let text = text.map(str::to_lowercase);
    text.is_none_or(|text| names.iter().any(|name| name.to_lowercase().contains(&text)))
}

/// Items read, each with its sort key.
pub type Rows<T> = Vec<(Mark, T)>;
