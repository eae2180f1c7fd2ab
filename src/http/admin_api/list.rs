//! Lists: in which order, from which cursor on, a page at a time or all of it as a file.

mod file;

use serde::{Deserialize, Serialize};

pub use self::file::Format;
use super::{
    answer::{self, Answer},
    change::listed,
    problem::Problem,
};
use crate::{
    admin::AdminError,
    app::SharedApp,
    crypto::hash,
    domain::id::Id,
    store::{Beyond, Tx},
};

/// What a list may be asked for. The cursor is the last answer's `next`, and means nothing to the caller.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Text to be found in the names of what is listed.
    pub q: Option<String>,
    /// What to sort by, with a `-` before it from the end.
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
    /// `json`: the whole list as a file, from the first page on.
    pub format: Option<String>,
}

impl ListQuery {
    /// The text to be found, if there is any.
    pub fn text(&self) -> Option<String> {
        let text = self.q.as_deref().map(str::trim);
        text.filter(|q| !q.is_empty()).map(str::to_owned)
    }

    /// 50 a page when it is not said, 200 at most.
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

/// What an item stands by in the order that was asked for, and its id, which decides between equals.
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

/// A page that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// One of the list's orders.
    pub by: &'static str,
    pub descending: bool,
    /// The last item of the page before.
    pub after: Option<Mark>,
    /// How many items are read: one more than the page holds, to know whether there is another.
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

/// Whether the text, if there is any, is in one of these names, in upper or lower case.
pub fn is_in<const N: usize>(text: &Option<String>, names: [&str; N]) -> bool {
    let text = text.as_deref().map(str::to_lowercase);
    text.is_none_or(|text| names.iter().any(|name| name.to_lowercase().contains(&text)))
}

/// What was read, each item with its mark.
pub type Rows<T> = Vec<(Mark, T)>;

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    pub next: Option<String>,
}

/// A list that can be asked for.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Its file is named after it.
    pub name: &'static str,
    /// What it can be sorted by; the first is meant when nothing is said, a `-` before it meaning from the end.
    pub orders: &'static [&'static str],
}

impl List {
    /// Answers with a page, or with the file if that is asked for. `read` is called off the worker threads.
    pub async fn answer<T: Serialize + Send + 'static>(
        self,
        app: &SharedApp,
        query: &ListQuery,
        read: impl Fn(&Tx, &Asked) -> Result<Rows<T>, AdminError> + Clone + Send + 'static,
    ) -> Answer {
        match query.format.as_deref() {
            None | Some("") => answer::json(&self.page(app, self.asked(query)?, read).await?),
            Some("json") => self.file(app, query, Format::JSON, read).await,
            Some(_) => Err(Problem::invalid("format", "must be json")),
        }
    }

    /// The page that the query asks for.
    pub fn asked(self, query: &ListQuery) -> Result<Asked, Problem> {
        let first = self.orders.first().copied().unwrap_or_default();
        let sort = query.sort.as_deref().filter(|sort| !sort.is_empty());
        let sort = sort.unwrap_or(first);
        let plain = |sort: &str| sort.strip_prefix('-').unwrap_or(sort).to_owned();
        let mut names = self
            .orders
            .iter()
            .map(|order| order.trim_start_matches('-'));
        let Some(by) = names.find(|name| *name == plain(sort)) else {
            let names = self.orders.iter().map(|name| plain(name));
            let both: Vec<_> = names.map(|name| format!("{name}, -{name}")).collect();
            let reason = format!("must be one of {}", both.join(", "));
            return Err(Problem::invalid("sort", reason));
        };
        let cursor = query.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        let after = cursor.map(|cursor| read_cursor(cursor, sort)).transpose()?;
        Ok(Asked {
            by,
            descending: sort.starts_with('-'),
            after,
            limit: query.limit() + 1,
        })
    }

    pub async fn page<T: Send + 'static>(
        self,
        app: &SharedApp,
        asked: Asked,
        read: impl Fn(&Tx, &Asked) -> Result<Rows<T>, AdminError> + Send + 'static,
    ) -> Result<Page<T>, Problem> {
        let sort = asked.sort();
        let (items, last) = read_page(app, asked, read).await?;
        let next = last.map(|mark| write_cursor(&mark, &sort));
        Ok(Page { items, next })
    }
}

impl Asked {
    fn sort(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by)
    }
}

/// The items of the page, and where the next one begins if there is one.
async fn read_page<T: Send + 'static>(
    app: &SharedApp,
    asked: Asked,
    read: impl Fn(&Tx, &Asked) -> Result<Rows<T>, AdminError> + Send + 'static,
) -> Result<(Vec<T>, Option<Mark>), Problem> {
    let limit = asked.limit as usize - 1;
    let mut rows = listed(app, move |tx| read(tx, &asked)).await?;
    let last = match rows.len() > limit {
        true => rows.get(limit - 1).map(|(mark, _)| mark.clone()),
        false => None,
    };
    rows.truncate(limit);
    let items = rows.into_iter().map(|(_, item)| item).collect();
    Ok((items, last))
}

/// A cursor says in which order it was given: in another one it would lead astray.
fn write_cursor(mark: &Mark, sort: &str) -> String {
    let parts = serde_json::json!([sort, mark.key, mark.id]);
    hash::base64url(parts.to_string().as_bytes())
}

fn read_cursor(cursor: &str, sort: &str) -> Result<Mark, Problem> {
    let parts = hash::from_base64url(cursor)
        .and_then(|bytes| serde_json::from_slice::<(String, String, String)>(&bytes).ok());
    let Some((given_in, key, id)) = parts else {
        return Err(Problem::invalid(
            "cursor",
            "is not a valid cursor for this list",
        ));
    };
    if given_in != sort {
        let reason =
            format!("belongs to the order {given_in}. Request the first page with sort={sort}");
        return Err(Problem::invalid("cursor", reason));
    }
    Ok(Mark { key, id })
}
