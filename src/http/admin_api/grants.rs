//! `/grants`, `/tokens` and `/delegations`: what has been issued, and ending it.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::{
    answer::{self, Answer, ListQuery, Page, id},
    change::{change, listed},
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::issued::{self, Asked, GrantView, Party, TokenView},
    app::App,
    domain::{id::Id, token::Origin},
};

#[derive(Deserialize)]
pub struct Query {
    q: Option<String>,
    client_id: Option<String>,
    /// A username or `sub`.
    #[serde(alias = "subject")]
    sub: Option<String>,
    actor: Option<String>,
    /// How it came to be.
    kind: Option<String>,
    /// `living` or `ended`; of access tokens the ended ones among the latest 5,000.
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

impl Query {
    fn asked(self, delegated: bool) -> Result<(Asked, Option<Id>, u32), Problem> {
        let limit = ListQuery {
            limit: self.limit,
            ..ListQuery::default()
        };
        let given = |text: Option<String>| {
            let text = text.map(|text| text.trim().to_owned());
            text.filter(|text| !text.is_empty())
        };
        let origin = given(self.kind).map(|kind| {
            Origin::parse(&kind).ok_or_else(|| Problem::invalid("kind", "there is no such kind"))
        });
        let living = match given(self.state).as_deref() {
            None => None,
            Some("living") => Some(true),
            Some("ended") => Some(false),
            Some(_) => return Err(Problem::invalid("state", "must be living or ended")),
        };
        let before = self.cursor.as_deref().map(id).transpose()?;
        let asked = Asked {
            q: given(self.q),
            client: given(self.client_id),
            user: given(self.sub),
            actor: given(self.actor),
            origin: origin.transpose()?,
            delegated,
            living,
        };
        Ok((asked, before, limit.limit()))
    }
}

pub async fn list(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    let (asked, before, limit) = query.into_inner().asked(false)?;
    let found = listed(&app, move |tx| {
        issued::grants(tx, &asked, before, limit + 1)
    })
    .await?;
    answer::json(&Page::of(found, limit, |grant: &GrantView| {
        grant.id.to_string()
    }))
}

pub async fn tokens(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    token_page(&app, query.into_inner(), false).await
}

/// The tokens in which somebody acts for somebody.
pub async fn delegations(app: web::Data<App>, query: web::Query<Query>, _admin: Admin) -> Answer {
    token_page(&app, query.into_inner(), true).await
}

async fn token_page(app: &web::Data<App>, query: Query, delegated: bool) -> Answer {
    let (asked, before, limit) = query.asked(delegated)?;
    let found = listed(app, move |tx| issued::tokens(tx, &asked, before, limit + 1)).await?;
    answer::json(&Page::of(found, limit, |token: &TokenView| {
        token.jti.to_string()
    }))
}

/// Ends a grant and everything under it.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let grant = id(&path)?;
    change(&app, move |tx| issued::revoke_grant(tx, &admin.by, grant)).await?;
    Ok(answer::no_content())
}

/// Ends an access token and what hangs on it.
pub async fn delete_token(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let jti = id(&path)?;
    change(&app, move |tx| issued::revoke_token(tx, &admin.by, jti)).await?;
    Ok(answer::no_content())
}

/// Ends all grants and tokens of a client.
pub async fn revoke_client(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| issued::revoke_client(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    actor: Option<String>,
    subject: Option<String>,
}

/// Ends the delegated tokens of an actor, or of a subject; answers how many.
pub async fn revoke_delegated(app: web::Data<App>, body: web::Bytes, admin: Admin) -> Answer {
    let whose: Whose = answer::read(&body)?;
    let party = match (whose.actor, whose.subject) {
        (Some(actor), None) => Party::Actor(actor),
        (None, Some(subject)) => Party::Subject(subject),
        _ => return Err(Problem::invalid("actor", "name an actor or a subject")),
    };
    let ended = change(&app, move |tx| {
        issued::revoke_delegated(tx, &admin.by, party)
    });
    answer::json(&json!({ "ended": ended.await?.value }))
}
