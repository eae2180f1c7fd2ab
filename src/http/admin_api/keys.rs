//! `/keys`: the signing keys.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{
    answer::{self, Answer, Page},
    change::{change, hashing},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::keys::{self, Begin},
    app::App,
    crypto::keys::Algorithm,
    store::StoreError,
};

pub async fn list(app: web::Data<App>, _admin: Admin) -> Answer {
    let items = app
        .store
        .read(|tx| keys::list(tx).map_err(|error: StoreError| error))?;
    answer::json(&Page { items, next: None })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    alg: String,
    /// Sign at once, for emergencies.
    #[serde(default)]
    now: bool,
}

/// Publishes a new key of an algorithm.
pub async fn rotate(app: web::Data<App>, body: web::Bytes, admin: Admin) -> Answer {
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
    let key = hashing(&app, move || keys::generate(algorithm)).await??;
    let made = change(&app, move |tx| keys::rotate(tx, &admin.by, &key, begin)).await?;
    answer::created(&made.value)
}

/// Ends a key: no signature by it counts any more.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    admin.require_fresh()?;
    change(&app, move |tx| keys::retire(tx, &admin.by, &path)).await?;
    // What was verified before is verified again, with the keys that are left.
    app.verified_tokens.clear();
    Ok(answer::no_content())
}
