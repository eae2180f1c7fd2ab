//! `/keys`: the signing keys.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answer::{self, Answer},
    change::{change, making_key},
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, is_in},
    problem::Problem,
};
use crate::{
    admin::keys::{self, Begin},
    app::App,
    crypto::keys::Algorithm,
    domain::client::ID_TOKEN_ALGORITHMS,
    store::Tx,
};

pub(super) const LIST: List = List {
    name: "keys",
    orders: &["alg", "created"],
};

/// Lists all keys; there are few.
pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| {
        let found = keys::list(tx)?.into_iter();
        let found = found.filter(|key| is_in(text.as_deref(), [&key.kid, &key.alg]));
        Ok(asked.sorted(found, |key| match asked.by {
            "created" => Mark::new(&key.created_at, &key.kid),
            _ => Mark::new(&key.alg, format!("{} {}", key.created_at, key.kid)),
        }))
    };
    LIST.answer(&app, &query, read).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Rotation {
    #[schemars(extend("enum" = ID_TOKEN_ALGORITHMS))]
    alg: String,
    /// Sign immediately (for emergencies).
    #[serde(default)]
    now: bool,
}

/// Publishes a new key of an algorithm.
pub async fn rotate(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let rotation: Rotation = answer::read(&body)?;
    let algorithm: Algorithm = rotation
        .alg
        .parse()
        .map_err(|_| Problem::invalid("alg", "must be ES256, EdDSA or RS256"))?;
    let begin = match rotation.now {
        true => Begin::Now,
        false => Begin::After(app.live().key_publish_ahead),
    };
    let key = making_key(&app, move || keys::generate(algorithm)).await??;
    let made = change(&app, move |tx| keys::rotate(tx, &admin.by, &key, begin)).await?;
    answer::created(&made.value)
}

/// Revokes a key: its signatures become invalid.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    change(&app, move |tx| keys::revoke(tx, &admin.by, &path)).await?;
    // Tokens verified before are verified again with the remaining keys.
    app.verified_tokens.clear();
    Ok(answer::no_content())
}
