//! `/trusted-issuers`: who may vouch for users of this server (RFC 7523 §2.1).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    answer::{self, Answer, Seen},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{Asked, List, ListQuery, Mark, is_in},
    problem::Problem,
};
use crate::{
    admin::trusted_issuers::{self, TrustedIssuerInput},
    app::App,
    domain::trusted_issuer::TrustedIssuer,
    store::{Tx, trusted_issuers as stored},
};

const LIST: List = List {
    name: "trusted-issuers",
    orders: &["issuer"],
};

/// They are few: all are read.
pub async fn list(app: web::Data<App>, query: Params<ListQuery>, _admin: Admin) -> Answer {
    let text = query.text();
    let read = move |tx: &Tx, asked: &Asked| {
        let found = stored::all(tx)?.into_iter();
        let found = found.filter(|one| is_in(&text, [&one.issuer]));
        Ok(asked.sorted(found, |one| Mark::new("", &one.issuer)))
    };
    LIST.answer(&app, &query, read).await
}

/// Whoever vouches for users is as good as their passwords.
pub async fn create(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    admin.require_fresh()?;
    let input = answer::read::<TrustedIssuerInput>(&body)?.check()?;
    let made = change(&app, move |tx| {
        trusted_issuers::create(tx, &admin.by, input)
    })
    .await?;
    answer::created(&made.value)
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, _admin: Admin) -> Answer {
    answer::object(&find(&app, &path)?)
}

pub async fn patch(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body,
    admin: Admin,
) -> Answer {
    admin.require_fresh()?;
    let seen = Seen::of(&request)?;
    let input = answer::read::<TrustedIssuerInput>(&body)?.check()?;
    let changed = change(&app, move |tx| -> Result<_, Problem> {
        seen.is(&trusted_issuers::get(tx, &path)?)?;
        Ok(trusted_issuers::update(tx, &admin.by, &path, input)?)
    })
    .await?;
    answer::object(&changed.value)
}

pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| {
        trusted_issuers::delete(tx, &admin.by, &path)
    })
    .await?;
    Ok(answer::no_content())
}

fn find(app: &App, issuer: &str) -> Result<TrustedIssuer, Problem> {
    Ok(app.store.read(|tx| trusted_issuers::get(tx, issuer))?)
}
