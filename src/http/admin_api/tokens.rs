//! `/tokens`: reading, checking and ending one.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer},
    change::change,
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{token_checks, tokens},
    app::App,
    domain::secret::Secret,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Named {
    /// The token, or the `jti` of an access token.
    token: Secret,
}

/// Decoded content of a token, with the result of its checks.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Inspected {
    token: token_checks::Inspection,
    checks: Vec<token_checks::Check>,
}

/// Decodes a token, and runs each check of its validity.
pub async fn inspect(app: web::Data<App>, body: Body, _admin: Admin) -> Answer {
    let named: Named = answer::read(&body)?;
    let token = named.token.expose().trim();
    answer::json(&Inspected {
        token: token_checks::inspect(token)?,
        checks: token_checks::verify(&app, token, None)?,
    })
}

/// Revokes a token and the tokens derived from it.
pub async fn revoke(
    app: web::Data<App>,
    body: Body,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let named: Named = answer::read(&body)?;
    let keys = app.directory.snapshot().verifying_keys(app.now());
    let job = move |tx: &crate::store::Tx| {
        tokens::revoke(tx, &admin.by, &keys, named.token.expose().trim())
    };
    change(&app, job).await?;
    Ok(answer::no_content())
}
