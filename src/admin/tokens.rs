//! Access tokens: minting, inspecting and revoking them as an operator.

use serde_json::json;

use super::{AdminError, Applied, By, Change, Kind, object, record, users};
use crate::{
    app::App,
    crypto::{hash, jwt, keys::VerifyingKey},
    domain::{
        client::Client,
        grant_type::GrantType,
        id::Id,
        name::{ClientId, Subject, TeamId},
        object::Object,
        scope::{self, ScopeSet},
        team::Team,
        time::{Lifetime, UnixSeconds},
        token::{AccessTokenClaims, LONGEST_ACCESS_TOKEN, OpaqueToken, Origin},
    },
    oauth::{
        issue::{self, ACCESS_TOKEN_TYPE, AccessToken},
        target,
    },
    store::{Tx, access_tokens, refresh_tokens, revocations},
};

/// Content of a token to mint.
#[derive(Clone, Debug, Default)]
pub struct MintInput {
    pub client_id: String,
    /// Its user, by username or `sub`; the client itself if absent.
    pub user: Option<String>,
    /// All scopes allowed for the client if absent, except those that must be requested by name.
    pub scope: Option<ScopeSet>,
    pub team_id: Option<TeamId>,
    /// RFC 8707
    pub resources: Vec<String>,
    /// The client's when absent.
    pub lifetime: Option<Lifetime>,
}

/// Records an access token, to be signed by [`issue::sign_access_token`] once this transaction is
/// committed. It holds nothing that the client could not get by itself, were the user to consent.
pub fn mint(
    app: &App,
    tx: &Tx,
    by: &By,
    input: &MintInput,
) -> Result<AccessTokenClaims, AdminError> {
    let snapshot = app.directory.snapshot();
    let client = snapshot
        .client(&input.client_id)
        .ok_or_else(|| AdminError::not_found(Client::KIND, &input.client_id))?;
    if client.disabled {
        let reason = format!("Client {} is disabled.", client.client_id);
        return Err(AdminError::Conflict(reason));
    }
    let scope = scope_of(client, input)?;
    let sub = subject(tx, client, input, &scope)?;
    let resources = input
        .resources
        .iter()
        .map(|resource| target::find(&app.directory, client, resource))
        .collect::<Result<_, _>>()
        .map_err(|error| AdminError::invalid("resources", error.description))?;
    let target = target::exactly(&app.directory, client, &scope, resources)
        .map_err(|error| AdminError::invalid("scope", error.description))?;
    let lifetime = input
        .lifetime
        .unwrap_or_else(|| issue::access_token_lifetime(&app.directory, client));
    if lifetime == Lifetime(0) || lifetime > LONGEST_ACCESS_TOKEN {
        let reason = format!("must be between 1 and {} seconds", LONGEST_ACCESS_TOKEN.0);
        return Err(AdminError::invalid("lifetime", reason));
    }
    let expires_at = tx.now + lifetime;
    let token = AccessToken {
        team_id: input.team_id.clone(),
        ..AccessToken::new(
            &client.client_id,
            &sub,
            target,
            Origin::Operator,
            expires_at,
        )
    };
    let claims = issue::record(&app.directory, tx, token)?;
    let event = by
        .event("token.issued")
        .subject(&claims.sub)
        .client(&claims.client_id)
        .detail(
            json!({ "jti": claims.jti, "scope": claims.scope, "expires_at": claims.exp.rfc3339() }),
        );
    record(tx, event, &[])?;
    Ok(claims)
}

fn subject(
    tx: &Tx,
    client: &Client,
    input: &MintInput,
    scope: &ScopeSet,
) -> Result<Subject, AdminError> {
    let Some(name) = &input.user else {
        if !client.may_use(GrantType::ClientCredentials) {
            let reason = format!(
                "{} is not allowed to use client_credentials. Name the user the token is for",
                client.client_id
            );
            return Err(AdminError::invalid("user", reason));
        }
        if input.team_id.is_some() {
            let reason = "Clients have no team. Name the user the token is for.";
            return Err(AdminError::invalid("team_id", reason));
        }
        return Ok(Subject::trusted(client.client_id.as_str()));
    };
    let user = users::find(tx, name)?;
    if user.disabled {
        let reason = format!("User {} is disabled.", user.username);
        return Err(AdminError::Conflict(reason));
    }
    if scope.contains(scope::ADMIN) && !user.admin {
        let reason = format!("{} is not an administrator", user.username);
        return Err(AdminError::invalid("scope", reason));
    }
    if let Some(team_id) = &input.team_id {
        let team: Team = object::get(tx, team_id.as_str())?;
        let is_in = user.teams.iter().any(|known| known.team_id == *team_id);
        if team.disabled || !is_in {
            let reason = format!(
                "{} is not a member of an enabled team with this id",
                user.username
            );
            return Err(AdminError::invalid("team_id", reason));
        }
    }
    Ok(user.sub)
}

fn scope_of(client: &Client, input: &MintInput) -> Result<ScopeSet, AdminError> {
    let allowed = &client.metadata.scope;
    match &input.scope {
        Some(scope) => match scope.first_not_in(allowed) {
            None => Ok(scope.clone()),
            Some(refused) => {
                let reason = format!(
                    "{refused} is not allowed for the client {}: choose another client (--client)",
                    client.client_id
                );
                Err(AdminError::invalid("scope", reason))
            }
        },
        None => {
            let given = allowed.filter(|name| {
                let name = name.as_str();
                // The first yields refresh tokens, and this is none.
                name != scope::OFFLINE_ACCESS && !scope::is_reserved(name)
            });
            match given.is_empty() && !allowed.is_empty() {
                true => {
                    let reason = format!("must be given: {allowed} is never given unasked");
                    Err(AdminError::invalid("scope", reason))
                }
                false => Ok(given),
            }
        }
    }
}

/// Revoked token or grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// One access token, and the tokens delegated from it.
    AccessToken(Id),
    /// A refresh token's whole grant.
    Grant(Id),
}

/// Revokes a token: an access token signed by one of `keys`, a refresh token, or the `jti` of an access token.
pub fn revoke(
    tx: &Tx,
    by: &By,
    keys: &[VerifyingKey],
    token: &str,
) -> Result<Applied<Ended>, AdminError> {
    if let Ok(jti) = token.parse::<Id>() {
        let issued = access_tokens::get(tx, jti)?
            .ok_or_else(|| AdminError::not_found(Kind::TOKEN, token))?;
        return revoke_access_token(
            tx,
            by,
            jti,
            issued.expires_at,
            &issued.sub,
            &issued.client_id,
        );
    }
    if let Ok(opaque) = token.parse::<OpaqueToken>() {
        return revoke_refresh_token(tx, by, &opaque);
    }
    let claims: AccessTokenClaims = jwt::verify(token, &[ACCESS_TOKEN_TYPE], keys)
        .map_err(|error| AdminError::invalid("token", error.to_string()))?;
    revoke_access_token(
        tx,
        by,
        claims.jti,
        claims.exp,
        &claims.sub,
        &claims.client_id,
    )
}

fn revoke_access_token(
    tx: &Tx,
    by: &By,
    jti: Id,
    expires_at: UnixSeconds,
    sub: &Subject,
    client_id: &ClientId,
) -> Result<Applied<Ended>, AdminError> {
    revocations::revoke_token(tx, jti, expires_at)?;
    let event = by.event("token.revoked").subject(sub).client(client_id);
    record(tx, event.detail(json!({ "jti": jti })), &[])?;
    Ok(Applied::new(Ended::AccessToken(jti), Change::Deleted))
}

fn revoke_refresh_token(
    tx: &Tx,
    by: &By,
    token: &OpaqueToken,
) -> Result<Applied<Ended>, AdminError> {
    let hash = hash::secret_hash(token.secret.expose());
    let stored = refresh_tokens::get(tx, token.id)?
        .filter(|stored| stored.secret_hash.matches(&hash))
        .ok_or_else(|| AdminError::not_found(Kind::TOKEN, token.id.to_string()))?;
    revocations::revoke_grant(tx, stored.grant_id)?;
    let event = by.event("token.revoked").client(&stored.client_id);
    record(
        tx,
        event.detail(json!({ "grant_id": stored.grant_id })),
        &[],
    )?;
    Ok(Applied::new(Ended::Grant(stored.grant_id), Change::Deleted))
}
