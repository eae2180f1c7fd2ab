//! `/state`: what the server knows of people, teams, clients and scopes as one file, and such a file read in.

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

/// What a text is called that comes from the page.
const NAME: &str = "import.toml";

impl From<Problems> for Problem {
    /// One line each, with the line in the text.
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

/// The database as a file that declares it, without any secret.
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
    /// Of what was shown: only that is done.
    #[serde(default)]
    digest: Option<String>,
}

/// What an import would do.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminPlan")]
pub struct Plan {
    steps: Vec<Step>,
    /// Names this plan when it is applied.
    digest: String,
    /// Settings in the file: they are the server's own, and are set where it is started.
    left_out: Vec<String>,
}

/// What an import did.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Applied {
    steps: Vec<Step>,
}

/// What reading it in would change. Nothing is kept.
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

/// Does what was shown.
pub async fn apply(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let import: Import = answer::read(&body)?;
    let Some(seen) = import.digest else {
        return Err(Problem::invalid("digest", "must be the digest of the plan"));
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

/// Of the text, for its secrets, and of what it does.
fn digest(text: &str, outcome: &Outcome) -> String {
    let steps = json!(outcome.steps).to_string();
    hash::base64url(&hash::sha256(format!("{text}\0{steps}").as_bytes()))
}
