//! `/users/import`: many users at once, from a CSV file.

use actix_web::web;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// The text of the file.
    csv: String,
    /// Only look what would be made, and what is wrong.
    #[serde(default)]
    dry_run: bool,
    /// Make a link for each on which a first password is chosen.
    #[serde(default)]
    links: bool,
}

#[derive(Serialize)]
struct Response {
    /// Those who were made or, after a look, would be.
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
