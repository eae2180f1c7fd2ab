//! `/events`: the audit log, page by page, and as a file.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use serde::Deserialize;

use super::{
    answer::{self, Answer, Page, id},
    change::listed,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::audit::{self, EventView, Filter},
    app::App,
    domain::{audit::Outcome, time::UnixSeconds},
};

#[derive(Deserialize)]
pub struct Query {
    event: Option<String>,
    outcome: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    client_id: Option<String>,
    /// Unix seconds.
    since: Option<i64>,
    /// Unix seconds.
    until: Option<i64>,
    cursor: Option<String>,
    limit: Option<u32>,
    /// Of a file: `jsonl`, `json` or `csv`.
    format: Option<String>,
}

type Write = fn(&[EventView]) -> Option<String>;

/// Events in one file.
const MOST_IN_A_FILE: u32 = 100_000;

pub(super) fn filter(query: &Query) -> Result<Filter, Problem> {
    let text = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    Ok(Filter {
        event: text(&query.event),
        outcome: match query.outcome.as_deref() {
            None | Some("") => None,
            Some("ok") => Some(Outcome::Ok),
            Some("refused") => Some(Outcome::Refused),
            Some(_) => return Err(Problem::invalid("outcome", "must be ok or refused")),
        },
        actor: text(&query.actor),
        subject: text(&query.subject),
        client_id: text(&query.client_id),
        since: query.since.map(UnixSeconds),
        until: query.until.map(UnixSeconds),
    })
}

pub async fn list(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    let filter = filter(&query)?;
    let before = query.cursor.as_deref().map(id).transpose()?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let found = listed(&app, move |tx| {
        Ok(audit::list(tx, &filter, before, limit + 1)?)
    })
    .await?;
    answer::json(&Page::of(found, limit, |event: &EventView| {
        event.id.to_string()
    }))
}

/// The newest events as a file, one a line.
pub async fn export(
    app: web::Data<App>,
    query: web::Query<Query>,
    _admin: Admin,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&query)?;
    let (write, kind, name): (Write, _, _) = match query.format.as_deref() {
        None | Some("jsonl") => (jsonl, "application/jsonl", "events.jsonl"),
        Some("json") => (json, "application/json", "events.json"),
        Some("csv") => (csv, "text/csv; charset=utf-8", "events.csv"),
        Some(_) => return Err(Problem::invalid("format", "must be jsonl, json or csv")),
    };
    let found = listed(&app, move |tx| {
        Ok(audit::list(tx, &filter, None, MOST_IN_A_FILE)?)
    })
    .await?;
    let body = write(&found)
        .ok_or_else(|| Problem::new(500, "failed", "The server failed. Its log says why."))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name.to_owned())],
        })
        .content_type(kind)
        .body(body))
}

fn json(events: &[EventView]) -> Option<String> {
    serde_json::to_string_pretty(events).ok()
}

fn jsonl(events: &[EventView]) -> Option<String> {
    let lines: Result<Vec<_>, _> = events.iter().map(serde_json::to_string).collect();
    Some(lines.ok()?.join("\n") + "\n")
}

/// RFC 4180. A text that a spreadsheet would take for a formula is kept one.
fn csv(events: &[EventView]) -> Option<String> {
    let mut lines =
        vec!["at,event,outcome,actor,subject,client_id,address,reason,detail".to_owned()];
    for event in events {
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
        let cells: Vec<_> = cells
            .into_iter()
            .map(|text| cell(text.map_or("", |text| text)))
            .collect();
        lines.push(cells.join(","));
    }
    Some(lines.join("\r\n") + "\r\n")
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
