//! Issued access tokens, grants and delegations: search and revocation. Tokens themselves are not stored; they are
//! identified by `jti`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{AdminError, Applied, By, Change, Kind, record, users};
use crate::{
    domain::{
        client::Client,
        id::Id,
        name::{ClientId, Subject, TeamId},
        object::Object,
        scope::ScopeSet,
        time::UnixSeconds,
        token::{Actor, Origin},
    },
    store::{
        Beyond, StoreError, Tx, access_tokens, clients, grants,
        issued::{self, Filter, IssuedGrant, IssuedToken},
        revocations, users as stored_users,
    },
};

/// Search terms as an administrator enters them.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// A `jti` or the id of a grant, a username, a `sub` or a `client_id`.
    pub q: Option<String>,
    pub client: Option<String>,
    /// A username or `sub`.
    pub user: Option<String>,
    /// A username, `sub` or `client_id`, wherever in the chain it acts.
    pub actor: Option<String>,
    pub origin: Option<Origin>,
    pub delegated: bool,
    pub active: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum State {
    Active,
    Expired,
    Revoked,
}

/// An access token. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminToken")]
pub struct TokenView {
    pub jti: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    /// `null` for a client, and for a deleted user.
    pub username: Option<String>,
    pub scope: ScopeSet,
    pub team_id: Option<TeamId>,
    /// Actors, the current one first (RFC 8693 §4.1); empty if the token is not delegated.
    pub chain: Vec<Subject>,
    pub origin: Origin,
    pub state: State,
    pub grant_id: Option<Id>,
    pub parent_jti: Option<Id>,
    pub actor_jti: Option<Id>,
    #[schemars(extend("format" = "date-time"))]
    pub issued_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// A grant. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminGrant")]
pub struct GrantView {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub username: Option<String>,
    pub scope: ScopeSet,
    pub resources: Vec<String>,
    pub team_id: Option<TeamId>,
    pub origin: Origin,
    pub state: State,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub revoked_at: Option<String>,
    /// Time of its latest refresh token.
    #[schemars(extend("format" = "date-time"))]
    pub refreshed_at: Option<String>,
    /// Expiry of its refresh token; `null` without one.
    #[schemars(extend("format" = "date-time"))]
    pub refresh_until: Option<String>,
}

/// The next `limit` matching access tokens, after `from`.
pub fn tokens(
    tx: &Tx,
    asked: &Asked,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<TokenView>, AdminError> {
    let Some(filter) = filter(tx, asked)? else {
        return Ok(Vec::new());
    };
    let mut page = issued::tokens(tx, &filter, from, limit)?;
    if let (Some(sub), None) = (&filter.sub, &filter.client_id)
        && clients::get(tx, sub)?.is_some()
    {
        // Tokens of a client for itself are found by their client, tokens that others have for it by their subject.
        let own = Filter {
            client_id: Some(sub.clone()),
            ..filter.clone()
        };
        page.retain(|one| one.token.client_id.as_str() != sub);
        page.extend(issued::tokens(tx, &own, from, limit)?);
        Beyond::sort(from, &mut page, |one| one.token.id);
        page.truncate(limit as usize);
    }
    Ok(page
        .into_iter()
        .map(|token| token_view(tx, token))
        .collect::<Result<_, _>>()?)
}

/// The next `limit` matching grants, after `from`.
pub fn grants(
    tx: &Tx,
    asked: &Asked,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<GrantView>, AdminError> {
    let Some(filter) = filter(tx, asked)? else {
        return Ok(Vec::new());
    };
    let page = issued::grants(tx, &filter, from, limit)?.into_iter();
    Ok(page
        .map(|grant| grant_view(tx, grant))
        .collect::<Result<_, _>>()?)
}

/// `None`: there can be nothing of it.
fn filter(tx: &Tx, asked: &Asked) -> Result<Option<Filter>, AdminError> {
    let subject = |name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => named(tx, name).map(Some),
    };
    let mut filter = Filter {
        id: None,
        client_id: asked.client.clone(),
        sub: subject(&asked.user)?,
        actor: subject(&asked.actor)?,
        origin: asked.origin,
        delegated: asked.delegated,
        active: asked.active,
    };
    let Some(q) = &asked.q else {
        return Ok(Some(filter));
    };
    // A typed name and a selected one must both match.
    let narrow = |known: &mut Option<String>, found: String| {
        let fits = known.as_ref().is_none_or(|known| *known == found);
        *known = Some(found);
        fits
    };
    let fits = if clients::get(tx, q)?.is_some() {
        narrow(&mut filter.client_id, q.clone())
    } else if let Ok(user) = users::find(tx, q) {
        narrow(&mut filter.sub, user.sub.to_string())
    } else if let Ok(id) = q.parse() {
        filter.id = Some(id);
        true
    } else {
        false
    };
    Ok(fits.then_some(filter))
}

/// The `sub` of the user with this name; otherwise, the text can be a `sub` or a `client_id` itself.
fn named(tx: &Tx, name: &str) -> Result<String, StoreError> {
    let user = stored_users::by_username(tx, name)?;
    Ok(user.map_or_else(|| name.to_owned(), |user| user.sub.to_string()))
}

/// Revokes one access token and the tokens derived from it.
pub fn revoke_token(tx: &Tx, by: &By, jti: Id) -> Result<Applied<()>, AdminError> {
    let token = access_tokens::get(tx, jti)?
        .ok_or_else(|| AdminError::not_found(Kind::TOKEN, jti.to_string()))?;
    revocations::revoke_token(tx, jti, token.expires_at)?;
    let event = by.event("token.revoked").subject(&token.sub);
    let event = event.client(&token.client_id).detail(json!({ "jti": jti }));
    record(tx, event, &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Revokes a grant, its refresh token and all its access tokens.
pub fn revoke_grant(tx: &Tx, by: &By, id: Id) -> Result<Applied<()>, AdminError> {
    let grant =
        grants::get(tx, id)?.ok_or_else(|| AdminError::not_found(Kind::GRANT, id.to_string()))?;
    revocations::revoke_grant(tx, id)?;
    let event = by.event("grant.revoked").subject(&grant.sub);
    let event = event.client(&grant.client_id);
    record(tx, event.detail(json!({ "grant_id": id })), &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Revokes all grants and tokens of a client, and the tokens of others derived from them.
pub fn revoke_client(tx: &Tx, by: &By, client_id: &str) -> Result<Applied<()>, AdminError> {
    let client = clients::get(tx, client_id)?
        .ok_or_else(|| AdminError::not_found(Client::KIND, client_id))?;
    revocations::revoke_client(tx, &client.client_id)?;
    let event = by.event("client.tokens_revoked").client(&client.client_id);
    record(tx, event, &[])?;
    Ok(Applied::new((), Change::Deleted))
}

/// Party whose delegated tokens are revoked.
#[derive(Clone, Debug)]
pub enum Party {
    /// Tokens in which it acts, directly or through others.
    Actor(String),
    /// Tokens in which others act for it.
    Subject(String),
}

/// Number of tokens read at a time.
const BATCH: u32 = 500;

/// Revokes all delegated tokens of the party, and the tokens derived from them.
pub fn revoke_delegated(tx: &Tx, by: &By, party: Party) -> Result<Applied<u32>, AdminError> {
    let mut filter = Filter {
        delegated: true,
        active: Some(true),
        ..Filter::default()
    };
    let (event, name) = match &party {
        Party::Actor(name) => ("delegated_token.actor_revoked", name),
        Party::Subject(name) => ("delegated_token.subject_revoked", name),
    };
    let name = named(tx, name)?;
    match party {
        Party::Actor(_) => filter.actor = Some(name.clone()),
        Party::Subject(_) => filter.sub = Some(name.clone()),
    }
    let (mut ended, mut from) = (0, None);
    loop {
        let batch = issued::tokens(tx, &filter, from, BATCH)?;
        for one in &batch {
            ended += 1;
            revocations::revoke_token(tx, one.token.id, one.token.expires_at)?;
        }
        from = batch.last().map(|one| Beyond::Older(one.token.id));
        if batch.len() < BATCH as usize {
            break;
        }
    }
    if ended == 0 {
        return Ok(Applied::new(0, Change::Unchanged));
    }
    record(
        tx,
        by.event(event)
            .subject(name)
            .detail(json!({ "tokens": ended })),
        &[],
    )?;
    Ok(Applied::new(ended, Change::Deleted))
}

fn token_view(tx: &Tx, issued: IssuedToken) -> Result<TokenView, StoreError> {
    let token = issued.token;
    Ok(TokenView {
        jti: token.id,
        username: username(tx, &token.sub)?,
        client_id: token.client_id,
        sub: token.sub,
        scope: token.scope,
        team_id: token.team_id,
        chain: token.act.iter().flat_map(Actor::chain).cloned().collect(),
        origin: token.origin,
        state: state(tx, issued.revoked, token.expires_at),
        grant_id: token.grant_id,
        parent_jti: token.parent_id,
        actor_jti: token.actor_token_id,
        issued_at: token.id.made_at().seconds().rfc3339(),
        expires_at: token.expires_at.rfc3339(),
    })
}

fn grant_view(tx: &Tx, issued: IssuedGrant) -> Result<GrantView, StoreError> {
    let grant = issued.grant;
    let state = state(tx, grant.revoked_at.is_some(), grant.expires_at);
    let refresh_until = issued.refresh_until.filter(|_| state == State::Active);
    Ok(GrantView {
        id: grant.id,
        username: username(tx, &grant.sub)?,
        client_id: grant.client_id,
        sub: grant.sub,
        scope: grant.scope,
        resources: grant.resources,
        team_id: grant.team_id,
        origin: grant.origin,
        state,
        created_at: grant.created_at.rfc3339(),
        expires_at: grant.expires_at.rfc3339(),
        revoked_at: grant.revoked_at.map(UnixSeconds::rfc3339),
        refreshed_at: issued.refreshed_at.map(UnixSeconds::rfc3339),
        refresh_until: refresh_until.map(UnixSeconds::rfc3339),
    })
}

fn username(tx: &Tx, sub: &Subject) -> Result<Option<String>, StoreError> {
    Ok(stored_users::get(tx, sub.as_str())?.map(|user| user.username))
}

fn state(tx: &Tx, revoked: bool, expires_at: UnixSeconds) -> State {
    match revoked {
        true => State::Revoked,
        false if expires_at <= tx.now => State::Expired,
        false => State::Active,
    }
}
