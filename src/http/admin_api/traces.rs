//! `/traces`: recent sign-ins and failed requests. Viewing them is recorded in the audit log.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer, id},
    extract::Params,
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, Page},
    problem::Problem,
};
use crate::{
    admin::traces::{self, TraceItem, TraceView, Wanted},
    app::App,
    store::Tx,
    trace::{MOST, TraceOutcome},
};

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    #[schemars(extend("enum" = ["ok", "failed", "open"]))]
    outcome: Option<String>,
    client_id: Option<String>,
}

pub(super) const LIST: List = List {
    name: "traces",
    orders: &["-created"],
};

pub async fn list(
    app: web::Data<App>,
    filter: Params<Query>,
    query: Params<ListQuery>,
    admin: Admin,
) -> Answer {
    note(&app, &admin).await?;
    let text = |value: &Option<String>| {
        let value = value.as_deref().map(str::trim);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let outcome = text(&filter.outcome)
        .map(|outcome| {
            TraceOutcome::parse(&outcome)
                .ok_or_else(|| Problem::invalid("outcome", "must be ok, failed or open"))
        })
        .transpose()?;
    let wanted = Wanted {
        outcome,
        client_id: text(&filter.client_id),
        q: query.text(),
    };
    let held = app.clone();
    let read = move |_: &Tx, asked: &Asked| {
        let found = traces::list(&held, &wanted, asked.beyond()?, asked.limit);
        let marked = found.into_iter().map(|trace| (Mark::of(trace.id), trace));
        Ok(marked.collect())
    };
    if query.format.is_some() {
        return LIST.answer(&app, &query, read).await;
    }
    answer::json(&Traces {
        page: LIST.page(&app, LIST.asked(&query)?, read).await?,
        recorded: app.directory.snapshot().settings.traces().as_str(),
        at_most: MOST,
    })
}

/// A page of traces.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Traces {
    #[serde(flatten)]
    page: Page<TraceItem>,
    /// Requests that are traced.
    #[schemars(extend("enum" = ["off", "errors", "all"]))]
    recorded: &'static str,
    /// Maximum number of traces kept.
    at_most: usize,
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    answer::json(&found(&app, &path, &admin).await?)
}

type Write = fn(&str, &TraceView) -> serde_json::Value;

/// The trace as a file: in HAR 1.2, or as a Postman collection.
pub async fn export(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let (path, kind) = path.into_inner();
    let (write, ending): (Write, _) = match kind.as_str() {
        "har" => (traces::har, "har"),
        "postman" => (traces::postman, "postman_collection.json"),
        _ => {
            return Err(Problem::not_found("format must be har or postman"));
        }
    };
    let trace = found(&app, &path, &admin).await?;
    let name = format!("trace-{}.{ending}", trace.item.id.simple());
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .json(write(&app.config.issuer, &trace)))
}

async fn found(app: &App, path: &str, admin: &Admin) -> Result<TraceView, Problem> {
    note(app, admin).await?;
    traces::get(app, id(path)?).ok_or_else(|| {
        Problem::not_found(
            "Trace not found. Traces are kept in memory for a day, or until the server stops.",
        )
    })
}

async fn note(app: &App, admin: &Admin) -> Result<(), Problem> {
    if let Some(event) = traces::reading(app, &admin.by) {
        app.audit(event).await?;
    }
    Ok(())
}
