//! Lists: in which order, from which cursor on, a page at a time or all of it as a file.

mod file;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::file::Format;
use super::{
    answer::{self, Answer},
    change::listed,
    problem::Problem,
};
pub use crate::admin::listing::{Asked, List, Mark, Rows, is_in};
use crate::{admin::AdminError, app::SharedApp, crypto::hash, store::Tx};

/// Parameters of a list. `cursor` is `next` of the previous response and is opaque to the caller.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Text to be found in the names of what is listed.
    pub q: Option<String>,
    /// Sort order; a leading `-` reverses it.
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
    /// `json`: the whole list as a file, from the first page on.
    pub format: Option<String>,
}

impl ListQuery {
    /// Search text, if any.
    pub fn text(&self) -> Option<String> {
        let text = self.q.as_deref().map(str::trim);
        text.filter(|q| !q.is_empty()).map(str::to_owned)
    }

    /// Page size: 50 by default, at most 200.
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub next: Option<String>,
}

impl List {
    /// Responds with a page, or with a file if requested. `read` is called off the worker threads.
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

    /// Requested page.
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
        let sort = sort(&asked);
        let (items, last) = read_page(app, asked, read).await?;
        let next = last.map(|mark| write_cursor(&mark, &sort));
        Ok(Page { items, next })
    }
}

fn sort(asked: &Asked) -> String {
    format!("{}{}", if asked.descending { "-" } else { "" }, asked.by)
}

/// Items of the page, and the cursor of the next page if there is one.
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

/// A cursor includes its sort order: in another order it would point to a wrong position.
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
