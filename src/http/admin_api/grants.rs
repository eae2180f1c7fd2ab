//! `/grants`, `/tokens` and `/delegations`: what has been issued, and ending it.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer, id},
    change::change,
    extract::{Body, Params},
    guard::Admin,
    list::{self, List, ListQuery, Mark},
    problem::Problem,
};
use crate::{
    admin::issued::{self, Asked, Party},
    app::{App, SharedApp},
    domain::token::Origin,
    store::Tx,
};

const ACTIVE: &str = "active";
/// Revoked or expired.
const INACTIVE: &str = "inactive";
/// States of grants and tokens, for filters.
pub(super) const STATES: [&str; 2] = [ACTIVE, INACTIVE];

#[derive(Deserialize, JsonSchema)]
pub struct Query {
    client_id: Option<String>,
    /// A username or `sub`.
    #[serde(alias = "subject")]
    sub: Option<String>,
    actor: Option<String>,
    /// How it was issued.
    kind: Option<String>,
    /// `active` or `inactive`; of access tokens issued within a day, the inactive ones among the latest 5,000.
    #[schemars(extend("enum" = STATES))]
    state: Option<String>,
}

impl Query {
    fn asked(self, q: Option<String>, delegated: bool) -> Result<Asked, Problem> {
        let given = |text: Option<String>| {
            let text = text.map(|text| text.trim().to_owned());
            text.filter(|text| !text.is_empty())
        };
        let origin = given(self.kind).map(|kind| {
            let known = || Origin::ALL.map(Origin::as_str).join(", ");
            let reason = || format!("must be one of {}", known());
            Origin::parse(&kind).ok_or_else(|| Problem::invalid("kind", reason()))
        });
        let active = match given(self.state).as_deref() {
            None => None,
            Some(ACTIVE) => Some(true),
            Some(INACTIVE) => Some(false),
            Some(_) => return Err(Problem::invalid("state", "must be active or inactive")),
        };
        Ok(Asked {
            q,
            client: given(self.client_id),
            user: given(self.sub),
            actor: given(self.actor),
            origin: origin.transpose()?,
            delegated,
            active,
        })
    }
}

/// Lists grants or tokens, newest first.
pub(super) const fn issued_list(name: &'static str) -> List {
    List {
        name,
        orders: &["-created"],
    }
}

pub async fn list(
    app: web::Data<App>,
    filter: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let wanted = filter.into_inner().asked(query.text(), false)?;
    let read = move |tx: &Tx, asked: &list::Asked| {
        let found = issued::grants(tx, &wanted, asked.beyond()?, asked.limit)?;
        let marked = found.into_iter().map(|one| (Mark::of(one.id), one));
        Ok(marked.collect())
    };
    issued_list("grants").answer(&app, &query, read).await
}

pub async fn tokens(
    app: web::Data<App>,
    filter: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let wanted = filter.into_inner().asked(query.text(), false)?;
    token_list("tokens", &app, wanted, &query).await
}

/// Lists delegated tokens.
pub async fn delegations(
    app: web::Data<App>,
    filter: Params<Query>,
    query: Params<ListQuery>,
    _admin: Admin,
) -> Answer {
    let wanted = filter.into_inner().asked(query.text(), true)?;
    token_list("delegations", &app, wanted, &query).await
}

async fn token_list(
    name: &'static str,
    app: &SharedApp,
    wanted: Asked,
    query: &ListQuery,
) -> Answer {
    let read = move |tx: &Tx, asked: &list::Asked| {
        let found = issued::tokens(tx, &wanted, asked.beyond()?, asked.limit)?;
        let marked = found.into_iter().map(|one| (Mark::of(one.jti), one));
        Ok(marked.collect())
    };
    issued_list(name).answer(app, query, read).await
}

/// Revokes a grant and its tokens.
pub async fn delete(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let grant = id(&path)?;
    change(&app, move |tx| issued::revoke_grant(tx, &admin.by, grant)).await?;
    Ok(answer::no_content())
}

/// Revokes an access token and the tokens derived from it.
pub async fn delete_token(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    let jti = id(&path)?;
    change(&app, move |tx| issued::revoke_token(tx, &admin.by, jti)).await?;
    Ok(answer::no_content())
}

/// Revokes all grants and tokens of a client.
pub async fn revoke_client(
    app: web::Data<App>,
    path: web::Path<String>,
    admin: Admin,
) -> Result<HttpResponse, Problem> {
    change(&app, move |tx| issued::revoke_client(tx, &admin.by, &path)).await?;
    Ok(answer::no_content())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Whose {
    actor: Option<String>,
    subject: Option<String>,
}

/// Number of revoked tokens.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Revoked {
    revoked: u32,
}

/// Revokes the delegated tokens of an actor or a subject, and returns their number.
pub async fn revoke_delegated(app: web::Data<App>, body: Body, admin: Admin) -> Answer {
    let whose: Whose = answer::read(&body)?;
    let party = match (whose.actor, whose.subject) {
        (Some(actor), None) => Party::Actor(actor),
        (None, Some(subject)) => Party::Subject(subject),
        _ => return Err(Problem::invalid("actor", "actor or subject is required")),
    };
    let ended = change(&app, move |tx| {
        issued::revoke_delegated(tx, &admin.by, party)
    });
    let revoked = ended.await?.value;
    answer::json(&Revoked { revoked })
}
