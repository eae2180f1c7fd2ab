//! `/flows`: the latest sign-ins and refusals. That somebody looks at them is in the audit log.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use serde::Deserialize;

use super::{
    answer::{self, Answer, Page, id},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::flows::{self, FlowItem, FlowView, Wanted},
    app::{
        App,
        flows::{FlowOutcome, MOST},
    },
};

#[derive(Deserialize)]
pub struct Query {
    outcome: Option<String>,
    client_id: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

pub async fn list(app: web::Data<App>, query: web::Query<Query>, admin: Admin) -> Answer {
    note(&app, &admin).await?;
    let text = |value: &Option<String>| {
        let value = value.as_deref().map(str::trim);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let outcome = text(&query.outcome)
        .map(|outcome| {
            FlowOutcome::parse(&outcome)
                .ok_or_else(|| Problem::invalid("outcome", "must be ok, refused or open"))
        })
        .transpose()?;
    let wanted = Wanted {
        outcome,
        client_id: text(&query.client_id),
        q: text(&query.q),
    };
    let before = query.cursor.as_deref().map(id).transpose()?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let found = flows::list(&app, &wanted, before, limit + 1);
    let page = Page::of(found, limit, |flow: &FlowItem| flow.id.to_string());
    let mut page = serde_json::to_value(&page)
        .map_err(|_| Problem::new(500, "failed", "The server failed. Its log says why."))?;
    page["recorded"] = app.directory.snapshot().settings.flows().as_str().into();
    page["at_most"] = MOST.into();
    answer::json(&page)
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    answer::json(&found(&app, &path, &admin).await?)
}

type Write = fn(&str, &FlowView) -> serde_json::Value;

/// The flow as a file: in HAR 1.2, or as a Postman collection.
pub async fn export(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let (path, kind) = path.into_inner();
    let (write, ending): (Write, _) = match kind.as_str() {
        "har" => (flows::har, "har"),
        "postman" => (flows::postman, "postman_collection.json"),
        _ => {
            return Err(Problem::not_found(
                "a flow can be had as har and as postman",
            ));
        }
    };
    let flow = found(&app, &path, &admin).await?;
    let name = format!("flow-{}.{ending}", flow.item.id.simple());
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .json(write(&app.config.issuer, &flow)))
}

async fn found(app: &App, path: &str, admin: &Admin) -> Result<FlowView, Problem> {
    note(app, admin).await?;
    flows::get(app, id(path)?).ok_or_else(|| {
        Problem::not_found(
            "this flow is not remembered: the latest are, for a day, until the server stops",
        )
    })
}

async fn note(app: &App, admin: &Admin) -> Result<(), Problem> {
    if let Some(event) = flows::reading(app, &admin.by) {
        app.audit(event).await?;
    }
    Ok(())
}
