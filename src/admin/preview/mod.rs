//! Preview of the claims a client would get for a user, with the rule for each: those of the ID token, access token and
//! UserInfo as they would be issued now. They come from the code that issues them, `oauth/issue.rs` and
//! `oauth/userinfo.rs`; nothing is recorded or signed.

mod reasons;
mod rule;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::reasons::Reasons;
pub use self::rule::{Missing, Rule};
use super::{AdminError, as_members, clients, users};
use crate::{
    app::App,
    domain::{
        claims_request::ClaimsRequest,
        client::Client,
        grant::Grant,
        grant_type::GrantType,
        name::{ClientId, Subject},
        scope::{self, ScopeSet},
        token::{AccessTokenClaims, Origin},
        user::User,
    },
    oauth::{
        authorize::claims_parameter,
        delegation::policy,
        error::OAuthError,
        grants::client_credentials,
        issue::{self, IdTokenFor},
        params::Params,
        refusal::Refusal,
        requested_access, target, userinfo,
    },
    store::Tx,
    trace::Trace,
};

/// Requested access, as in an authorization or token request.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// A username or `sub`; the client itself when absent.
    pub user: Option<String>,
    /// All scopes allowed for the client if absent.
    pub scope: Option<String>,
    pub resource: Option<String>,
    /// The `claims` parameter (OIDC Core §5.5).
    pub claims: Option<String>,
    /// Team of a delegated or exchanged token; a sign-in has none.
    pub team_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClaimsPreview")]
pub struct Preview {
    pub client_id: ClientId,
    pub sub: Subject,
    /// `null`: the client itself.
    pub username: Option<String>,
    pub scope: ScopeSet,
    /// Requested scopes that are not granted.
    pub left_out: Vec<Missing>,
    pub refresh_token: bool,
    pub id_token: Part,
    pub access_token: Part,
    pub userinfo: Part,
}

/// Claims of the ID token, access token or UserInfo.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "AdminClaimsOf")]
pub struct Part {
    /// Whether it is issued; otherwise `note` has the reason.
    pub issued: bool,
    pub note: Option<String>,
    pub claims: Vec<Present>,
    pub missing: Vec<Missing>,
}

/// A claim.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClaim")]
pub struct Present {
    pub name: String,
    /// `null` for an ID or a hash, which is not known before issuing.
    pub value: Value,
    /// Whether the value differs in every token.
    pub differs: bool,
    pub rule: Rule,
    pub reason: String,
}

/// IDs and hashes, for which the preview has no meaningful value.
const UNKNOWN: &[&str] = &["jti", "grant_id", "sid", "at_hash"];
/// Values for a token issued now.
const OF_THE_MOMENT: &[&str] = &["iat", "exp", "auth_time"];

pub fn preview(app: &App, tx: &Tx, client_id: &str, asked: &Asked) -> Result<Preview, AdminError> {
    let client = clients::get(tx, client_id)?;
    if client.disabled {
        let reason = format!("Client {client_id} is disabled, so no tokens are issued");
        return Err(AdminError::Conflict(reason));
    }
    let pairs = [
        ("scope", &asked.scope),
        ("resource", &asked.resource),
        ("claims", &asked.claims),
    ];
    let sent = |(name, value): (&str, &Option<String>)| Some((name.to_owned(), value.clone()?));
    let params = Params::new(pairs.into_iter().filter_map(sent).collect())
        .map_err(|error| refused("scope", error))?;
    match &asked.user {
        Some(name) => for_user(app, tx, &client, &params, users::find(tx, name)?, asked),
        None => for_itself(app, tx, &client, &params),
    }
}

/// Claims for the client when the user signs in.
fn for_user(
    app: &App,
    tx: &Tx,
    client: &Client,
    params: &Params,
    user: User,
    asked: &Asked,
) -> Result<Preview, AdminError> {
    let origin = match client.may_use(GrantType::AuthorizationCode) {
        true => Origin::AuthorizationCode,
        false => Origin::DeviceCode,
    };
    if origin == Origin::DeviceCode && !client.may_use(GrantType::DeviceCode) {
        let reason =
            "No user can sign in to this client. It has neither authorization_code nor device_code";
        return Err(AdminError::invalid("sub", reason));
    }
    if user.disabled {
        let reason = format!("{} is disabled, so no tokens are issued", user.username);
        return Err(AdminError::invalid("sub", reason));
    }
    let scope = requested_access::scope(&app.directory, params, client);
    let scope = scope.map_err(|error| refused("scope", error))?;
    let target = requested_access::target(&app.directory, params, client, &scope);
    let target = target.map_err(|error| refused("resource", error))?;
    let by_name = match params.optional("claims") {
        Some(text) => claims_parameter::read(text, &client.metadata.scope),
        None => Ok(claims_parameter::Asked::default()),
    };
    let by_name = by_name.map_err(|error| refused("claims", error))?.claims;
    let team_id = policy::check_team(tx, &user, asked.team_id.as_deref());
    let team_id = team_id.map_err(|refusal| match refusal {
        Refusal::Store(error) => error.into(),
        Refusal::OAuth(error) => refused("team_id", error),
    })?;
    let id = tx.new_id();
    let grant = Grant {
        id,
        client_id: client.client_id.clone(),
        sub: user.sub.clone(),
        scope: target.scope.clone(),
        resources: target.resources,
        dpop_jkt: None,
        team_id,
        zoneinfo: None,
        nonce: None,
        claims: by_name,
        auth_time: tx.now,
        amr: "pwd".to_owned(),
        session_id: (origin == Origin::AuthorizationCode).then_some(id),
        origin,
        created_at: tx.now,
        expires_at: tx.now
            + client
                .metadata
                .refresh_token_lifetime
                .unwrap_or(app.live().refresh_token_lifetime),
        revoked_at: None,
    };
    let target = target::within(&app.directory, client, &grant.target(), None, Vec::new());
    let target = target.map_err(|error| refused("resource", error))?;
    let access = issue::describe_for_grant(&app.directory, tx.now, client, &grant, target);
    let reasons = Reasons {
        client,
        user: Some(&user),
        access: &access,
        by_name: &grant.claims,
    };
    Ok(Preview {
        left_out: left_out(app, params, client, &access.scope),
        refresh_token: issue::yields_refresh_token(client, &grant.scope),
        id_token: id_token(app, tx, &reasons, &grant, &user)?,
        access_token: access_token(&reasons)?,
        userinfo: userinfo_part(app, &reasons, &user, &grant.claims),
        client_id: client.client_id.clone(),
        sub: user.sub.clone(),
        username: Some(user.username.clone()),
        scope: access.scope.clone(),
    })
}

/// Claims of a token for client credentials.
fn for_itself(app: &App, tx: &Tx, client: &Client, params: &Params) -> Result<Preview, AdminError> {
    if !client.may_use(GrantType::ClientCredentials) {
        let reason = "is required. This client only gets tokens for users";
        return Err(AdminError::invalid("sub", reason));
    }
    let target = client_credentials::asked(app, &Trace::off(), client, params);
    let target = target.map_err(|error| refused("scope", error))?;
    let token = client_credentials::token(app, tx.now, client, target);
    let access = issue::describe(&app.directory, tx.now, tx.new_id(), token);
    let reasons = Reasons {
        client,
        user: None,
        access: &access,
        by_name: &ClaimsRequest::default(),
    };
    let none = |note: String| Part {
        note: Some(note),
        ..Part::default()
    };
    Ok(Preview {
        client_id: client.client_id.clone(),
        sub: access.sub.clone(),
        username: None,
        scope: access.scope.clone(),
        left_out: left_out(app, params, client, &access.scope),
        refresh_token: false,
        id_token: none("None. Machine-to-machine, no user.".into()),
        access_token: access_token(&reasons)?,
        userinfo: none(userinfo_refused(&access).unwrap_or_default()),
    })
}

/// Scopes left out of the token, each with the rule that removed it.
fn left_out(app: &App, params: &Params, client: &Client, given: &ScopeSet) -> Vec<Missing> {
    let Some(asked) = params
        .optional("scope")
        .and_then(|text| ScopeSet::parse(text).ok())
    else {
        return Vec::new();
    };
    let snapshot = app.directory.snapshot();
    let out = asked.iter().filter(|name| !given.contains(name.as_str()));
    out.map(|name| {
        let (rule, reason) = if !client.metadata.scope.contains(name.as_str()) {
            (Rule::Registration, "Not allowed for the client.")
        } else if snapshot.scope(name.as_str()).is_none() {
            (Rule::Scope, "Scope deleted.")
        } else {
            (
                Rule::Resource,
                "Belongs to an API that the token is not for (RFC 8707 §2).",
            )
        };
        Missing {
            name: name.to_string(),
            rule,
            reason: reason.to_owned(),
        }
    })
    .collect()
}

fn id_token(
    app: &App,
    tx: &Tx,
    reasons: &Reasons,
    grant: &Grant,
    user: &User,
) -> Result<Part, AdminError> {
    // OIDC Core §3.1.2.1
    if !grant.scope.contains(scope::OPENID) {
        return Ok(Part {
            note: Some(format!("None. {}", reasons.scope_lacking(scope::OPENID).1)),
            ..Part::default()
        });
    }
    let scope = &reasons.access.scope;
    let id_token = IdTokenFor::new(grant.clone(), reasons.client, user, scope);
    let claims =
        as_members(&id_token.claims(&app.directory, reasons.client, String::new(), tx.now))?;
    let missing = reasons.missing_in_id_token(&claims);
    let claims = claims.into_iter();
    Ok(Part {
        issued: true,
        note: None,
        claims: claims
            .map(|(name, value)| present(reasons.in_id_token(&name), name, value))
            .collect(),
        missing,
    })
}

fn access_token(reasons: &Reasons) -> Result<Part, AdminError> {
    let mut claims = as_members(reasons.access)?;
    if reasons.is_bound() {
        claims.insert("cnf".into(), Value::Null);
    }
    let missing = reasons.missing_in_access_token(&claims);
    let note = reasons
        .user
        .map(|_| "Identifies the user only by sub. APIs that need more call UserInfo.".into());
    let claims = claims.into_iter();
    Ok(Part {
        issued: true,
        note,
        claims: claims
            .map(|(name, value)| present(reasons.in_access_token(&name), name, value))
            .collect(),
        missing,
    })
}

fn userinfo_refused(access: &AccessTokenClaims) -> Option<String> {
    let error = userinfo::check(access).err()?;
    Some(format!("Refused. {}", error.text()))
}

fn userinfo_part(app: &App, reasons: &Reasons, user: &User, by_name: &ClaimsRequest) -> Part {
    if let Some(note) = userinfo_refused(reasons.access) {
        return Part {
            note: Some(note),
            ..Part::default()
        };
    }
    let nulls = app.live().userinfo_nulls;
    let answer = userinfo::answer(user, reasons.access, &by_name.userinfo, nulls);
    let missing = reasons.missing_in_userinfo(&answer);
    let claims = answer.into_iter();
    Part {
        issued: true,
        note: None,
        claims: claims
            .map(|(name, value)| present(reasons.in_userinfo(&name), name, value))
            .collect(),
        missing,
    }
}

fn present((rule, reason): (Rule, String), name: String, value: Value) -> Present {
    let is_unknown = UNKNOWN.contains(&name.as_str()) || name == "cnf";
    Present {
        differs: is_unknown || OF_THE_MOMENT.contains(&name.as_str()),
        value: if is_unknown { Value::Null } else { value },
        name,
        rule,
        reason,
    }
}

fn refused(field: &'static str, error: OAuthError) -> AdminError {
    AdminError::invalid(field, error.text())
}
