//! `/events`: the audit log, page by page, and as a file.

use actix_web::web;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answer::Answer,
    extract::Params,
    guard::Admin,
    list::{Asked, Format, List, ListQuery, Mark, Rows},
    problem::Problem,
};
use crate::{
    admin::{
        AdminError,
        audit::{self, EventView, Filter},
    },
    app::App,
    domain::{audit::Outcome, time::UnixSeconds},
    store::Tx,
};

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    event: Option<String>,
    #[schemars(extend("enum" = ["ok", "failed"]))]
    outcome: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    client_id: Option<String>,
    /// Unix seconds.
    since: Option<i64>,
    /// Unix seconds.
    until: Option<i64>,
}

/// Format of the file.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "ListQuery reads them")]
pub struct Export {
    #[schemars(extend("enum" = ["jsonl", "json", "csv"]))]
    format: Option<String>,
    #[schemars(extend("enum" = ["-created", "created"]))]
    sort: Option<String>,
}

pub(super) const LIST: List = List {
    name: "events",
    orders: &["-created"],
};

pub(super) fn filter(query: &Query) -> Result<Filter, Problem> {
    let text = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    Ok(Filter {
        event: text(&query.event),
        outcome: match text(&query.outcome) {
            None => None,
            Some(name) => Some(
                Outcome::ALL
                    .into_iter()
                    .find(|outcome| outcome.as_str() == name)
                    .ok_or_else(|| Problem::invalid("outcome", "must be ok or refused"))?,
            ),
        },
        actor: text(&query.actor),
        subject: text(&query.subject),
        client_id: text(&query.client_id),
        since: query.since.map(UnixSeconds),
        until: query.until.map(UnixSeconds),
    })
}

pub async fn list(
    app: web::Data<App>,
    filtered: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let filter = filter(&filtered)?;
    let read = move |tx: &Tx, asked: &Asked| page(tx, &filter, asked);
    LIST.answer(&app, &query, read).await
}

/// All events as a file, one per line.
pub async fn export(
    app: web::Data<App>,
    filtered: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let filter = filter(&filtered)?;
    let format = match query.format.as_deref() {
        None | Some("" | "jsonl") => JSONL,
        Some("json") => Format::JSON,
        Some("csv") => CSV,
        Some(_) => return Err(Problem::invalid("format", "must be jsonl, json or csv")),
    };
    let read = move |tx: &Tx, asked: &Asked| page(tx, &filter, asked);
    LIST.file(&app, &query, format, read).await
}

fn page(tx: &Tx, filter: &Filter, asked: &Asked) -> Result<Rows<EventView>, AdminError> {
    let found = audit::list(tx, filter, asked.beyond()?, asked.limit)?;
    let marked = found.into_iter().map(|event| (Mark::of(event.id), event));
    Ok(marked.collect())
}

const JSONL: Format<EventView> = Format {
    kind: "application/jsonl",
    ending: "jsonl",
    begin: "",
    between: "\n",
    end: "\n",
    item: |event| serde_json::to_string(event).ok(),
};

/// CSV (RFC 4180). Text that a spreadsheet would evaluate as a formula is escaped.
const CSV: Format<EventView> = Format {
    kind: "text/csv; charset=utf-8",
    ending: "csv",
    begin: "at,event,outcome,actor,subject,client_id,address,reason,detail\r\n",
    between: "\r\n",
    end: "\r\n",
    item: |event| Some(row(event)),
};

fn row(event: &EventView) -> String {
    let detail = event.detail.as_ref().map(ToString::to_string);
    let cells = [
        Some(&event.at),
        Some(&event.event),
        Some(&event.outcome),
        event.actor.as_ref(),
        event.subject.as_ref(),
        event.client_id.as_ref(),
        event.address.as_ref(),
        event.reason.as_ref(),
        detail.as_ref(),
    ];
    let cells = cells.map(|text| cell(text.map_or("", |text| text)));
    cells.join(",")
}

fn cell(text: &str) -> String {
    let harmless = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if harmless.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless
    }
}
