//! `/state`: export and import of users, teams, clients and scopes as a configuration file.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    answer::{self, Answer},
    change::{hashing_many, listed},
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{
        AdminError,
        state_file::{self, NotApplied, Outcome, Problems, StateFile, Step},
    },
    app::App,
    crypto::hash,
    store::StoreError,
};

/// File name in errors for a text from the page.
const NAME: &str = "import.toml";

impl From<Problems> for Problem {
    /// Errors, one per line, with the line in the text.
    fn from(problems: Problems) -> Self {
        Self::invalid("text", problems.to_string())
    }
}

impl From<NotApplied> for Problem {
    fn from(error: NotApplied) -> Self {
        match error {
            NotApplied::Invalid(problems) => problems.into(),
            changed @ NotApplied::Changed => Self::new(412, "changed", changed.to_string()),
            NotApplied::Store(error) => error.into(),
        }
    }
}

/// The database as a configuration file, without secrets.
pub async fn export(app: web::Data<App>, _admin: Admin) -> Result<HttpResponse, Problem> {
    let text = listed(&app, |tx| {
        let mut text = String::new();
        state_file::export(tx, |part| {
            text.push_str(part);
            Ok::<_, StoreError>(())
        })?;
        Ok::<_, AdminError>(text)
    })
    .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename("keyfob.toml".to_owned())],
        })
        .content_type("application/toml")
        .body(text))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Import {
    text: String,
    /// Digest from the plan; the import fails if the plan has changed.
    #[serde(default)]
    digest: Option<String>,
}

/// Plan of an import.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminPlan")]
pub struct Plan {
    steps: Vec<Step>,
    /// Digest to send with `apply`.
    digest: String,
    /// Settings in the file; an import ignores them.
    left_out: Vec<String>,
}

/// Result of an import.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Applied {
    steps: Vec<Step>,
}

/// Plans an import; changes nothing.
pub async fn plan(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let import: Import = answer::read(&body)?;
    let file = StateFile::pasted(NAME, &import.text)?;
    let settings: Vec<_> = file.scalars.iter().map(|one| one.key.clone()).collect();
    let store = app.store.clone();
    let by = admin.by.clone();
    let plan = hashing_many(&app, &by, move |turn| {
        file.plan_import(&store, admin.by, turn)
    });
    let outcome = plan.await??;
    answer::json(&Plan {
        digest: digest(&import.text, &outcome),
        steps: outcome.steps,
        left_out: settings,
    })
}

/// Applies the plan that was shown.
pub async fn apply(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let import: Import = answer::read(&body)?;
    let Some(seen) = import.digest else {
        return Err(Problem::invalid(
            "digest",
            "is required: send the digest from POST /state/plan",
        ));
    };
    let file = StateFile::pasted(NAME, &import.text)?;
    let (store, text) = (app.store.clone(), import.text);
    let agreed = move |outcome: &Outcome| digest(&text, outcome) == seen;
    let by = admin.by.clone();
    let import = hashing_many(&app, &by, move |turn| {
        file.import(&store, admin.by, turn, agreed)
    });
    let outcome = import.await??;
    answer::json(&Applied {
        steps: outcome.steps,
    })
}

/// Digest of the text, which covers its secrets, and of the planned changes.
fn digest(text: &str, outcome: &Outcome) -> String {
    let steps = json!(outcome.steps).to_string();
    hash::base64url(&hash::sha256(format!("{text}\0{steps}").as_bytes()))
}
