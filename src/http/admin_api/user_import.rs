//! `/users/import`: import of users from a CSV file.

use actix_web::web;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer},
    change::listed,
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::users::import::{File, Imported, Refused, Wrong},
    app::App,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Request {
    /// The text of the file.
    csv: String,
    /// Only check the file.
    #[serde(default)]
    dry_run: bool,
    /// Create a link for each user to choose a first password.
    #[serde(default)]
    links: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Response {
    /// The users that were created or, with dry_run, would be.
    users: Vec<Imported>,
    wrong: Vec<Wrong>,
}

pub async fn post(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let Request {
        csv,
        dry_run,
        links,
    } = answer::read(&body)?;
    if dry_run {
        let look = listed(&app, move |tx| {
            let file = File::read(&csv);
            let (users, wrong) = (file.preview(tx), file.wrong(tx)?);
            Ok(Response { users, wrong })
        });
        return answer::json(&look.await?);
    }
    admin.require_fresh()?;
    let file = listed(&app, move |_| Ok(File::read(&csv))).await?;
    let issuer = links.then(|| app.config.issuer.clone());
    let made = app
        .store
        .write(move |tx| file.create(tx, &admin.by, issuer.as_deref()))
        .await?;
    answer::json(&Response {
        users: made.value,
        wrong: Vec::new(),
    })
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Admin(error) => error.into(),
            wrong @ Refused::Wrong(_) => Self::invalid("csv", wrong.to_string()),
        }
    }
}
