//! `/openapi.json`: generated from the route table and from the types that the handlers read and write. The four paths
//! of the contract are copied word for word from `assets/contract.json`, with additions of this server.

pub mod admin_operation;
pub mod operation;
pub mod schemas;

use std::sync::OnceLock;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use self::{
    operation::{METADATA, OAUTH, OPERATION, operation},
    schemas::Schemas,
};
use crate::{
    app::App,
    config::Metrics,
    http::{
        admin_api::problem::ProblemDetails,
        cookies,
        documents::Documents,
        endpoint::{Endpoint, at},
    },
    oauth::{BASE, grants, register},
};

/// Part that does not change while the server runs, generated at the first request.
pub struct Description {
    endpoints: fn() -> Vec<Endpoint>,
    fixed: OnceLock<Value>,
}

impl Description {
    pub const fn of(endpoints: fn() -> Vec<Endpoint>) -> Self {
        Self {
            endpoints,
            fixed: OnceLock::new(),
        }
    }

    fn fixed(&self) -> serde_json::Result<&Value> {
        match self.fixed.get() {
            Some(fixed) => Ok(fixed),
            None => {
                let fixed = fixed((self.endpoints)())?;
                Ok(self.fixed.get_or_init(|| fixed))
            }
        }
    }
}

pub fn endpoint() -> Endpoint {
    let operation = operation("openapi_get", METADATA, "API Description")
        .about("This document.")
        .json::<Map<String, Value>>(200, "An OpenAPI 3.1 document.")
        .cached();
    at("/openapi.json").get(get, operation)
}

async fn get(
    app: web::Data<App>,
    documents: web::Data<Documents>,
    description: web::Data<Description>,
    request: HttpRequest,
) -> HttpResponse {
    let write = |app: &App| Ok(document(app, description.fixed()?.clone()));
    documents
        .openapi
        .answer(&app, &request, "application/json", write)
}

/// The description as the server is set now.
fn document(app: &App, mut document: Value) -> Value {
    let snapshot = app.directory.snapshot();
    let scopes: Vec<_> = snapshot
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    document["components"]["schemas"]["Scope"]["enum"] = json!(scopes);
    document["components"]["schemas"]["GrantType"]["enum"] = json!(grants::names());
    // Disabled endpoints are left out.
    if let Some(paths) = document["paths"].as_object_mut() {
        let has_registration = register::is_on(app);
        let has_metrics = app.live().metrics != Metrics::Off;
        paths.retain(|path, _| {
            (has_registration || !path.starts_with(&format!("{BASE}/register")))
                && (has_metrics || path != "/metrics")
        });
    }
    document["components"]["securitySchemes"]["AdminSession"]["name"] =
        cookies::own_name(app, cookies::ADMIN).into();
    document
}

/// The document without what changes while the server runs.
pub fn fixed(endpoints: Vec<Endpoint>) -> serde_json::Result<Value> {
    let contract = include_str!("../../assets/contract.json");
    let mut contract: Value = serde_json::from_str(contract)?;
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let path = as_openapi(&endpoint.path);
        let mut item = match contract["paths"][&path].take() {
            Value::Object(item) => item,
            _ => Map::new(),
        };
        if endpoint.takes_proof {
            let proof = json!([{ "$ref": "#/components/parameters/DPoP" }]);
            item.insert("parameters".to_owned(), proof);
        }
        for (method, operation) in &endpoint.operations {
            let told = operation.document(method, &path, &mut schemas);
            add(item.entry(*method).or_insert_with(|| json!({})), told);
        }
        if !item.is_empty() {
            paths.insert(path, item.into());
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Keyfob", "version": env!("CARGO_PKG_VERSION") },
        "tags": [
            { "name": OAUTH, "description": "Tokens and user information." },
            { "name": METADATA, "description": "Server metadata." },
            { "name": OPERATION, "description": "Server operation." },
        ],
        "paths": paths,
        "components": contract["components"].take(),
    });
    document["components"]["parameters"] = json!({ "DPoP": {
        "name": "DPoP", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "A proof of possession (RFC 9449 §4.2). An access token that is asked for with one is bound to \
            its key: then `token_type` is `DPoP`, and it is valid only with the scheme `DPoP` and a proof of the same \
            key. The answer brings a nonce for the next proof in `DPoP-Nonce`; where one is demanded, a proof without \
            it is refused with `use_dpop_nonce`.",
    } });
    document["components"]["responses"] = json!({ "AdminProblem": {
        "description": "Problem details (RFC 9457). `code` is for programs; `field` names the invalid request member.",
        "content": { "application/problem+json": { "schema": schemas::answer::<ProblemDetails>(&mut schemas) } },
    } });
    document["components"]["securitySchemes"]["AdminSession"] = json!({
        "type": "apiKey",
        "in": "cookie",
        "name": cookies::ADMIN,
        "description": "Session cookie of the admin page. Its name starts with `__Host-` over https and ends with the \
            port otherwise. Changes must come from the same origin.",
    });
    schemas.finish(&mut document);
    Ok(document)
}

/// Adds missing parts. An existing schema is complete for its value.
fn add(said: &mut Value, more: Value) {
    let (Value::Object(said), Value::Object(more)) = (said, more) else {
        return;
    };
    for (name, value) in more {
        match said.get_mut(&name) {
            None => {
                said.insert(name, value);
            }
            Some(_) if name == "schema" => {}
            Some(known) => add(known, value),
        }
    }
}

/// actix writes `{name:pattern}` where OpenAPI writes `{name}`.
fn as_openapi(path: &str) -> String {
    let part = |part: &str| match part.split_once(':') {
        Some((name, _)) => format!("{name}}}"),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
