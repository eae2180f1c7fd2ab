//! Content and validity of a token: each check by name, so that administrators see which one fails.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::AdminError;
use crate::{
    app::App,
    crypto::{hash, jwt},
    domain::{
        id::Id,
        time::{Lifetime, UnixSeconds},
        token::{AccessTokenClaims, OpaqueToken},
    },
    oauth::{
        bearer,
        issue::{ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE},
    },
    store::{StoreError, access_tokens, grants, refresh_tokens},
};

/// Decoded content of a token, not verified.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "AdminTokenContent")]
pub enum Inspection {
    /// A signed token (RFC 7519).
    Jwt {
        header: Map<String, Value>,
        claims: Map<String, Value>,
    },
    /// A code, refresh token or session cookie of a Keyfob server: an ID and a secret.
    Opaque { id: Id, made_at: String },
}

/// Decodes a token without verifying it.
pub fn inspect(token: &str) -> Result<Inspection, AdminError> {
    if let Ok(opaque) = token.parse::<OpaqueToken>() {
        return Ok(Inspection::Opaque {
            id: opaque.id,
            made_at: opaque.id.made_at().rfc3339(),
        });
    }
    let not_a_token = || {
        let reason = "is not a JWT or a Keyfob opaque token";
        AdminError::invalid("token", reason)
    };
    jwt::header(token).ok_or_else(not_a_token)?;
    let header = token.split('.').next().and_then(hash::from_base64url);
    let header = header.and_then(|json| serde_json::from_slice(&json).ok());
    Ok(Inspection::Jwt {
        header: header.ok_or_else(not_a_token)?,
        claims: jwt::unverified_claims(token).ok_or_else(not_a_token)?,
    })
}

/// Result of one check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminCheck")]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
    /// Finding of the check.
    pub detail: String,
}

/// Runs every check that decides whether the token is valid now. `audience` is its recipient; if absent, this server or
/// a registered resource. The token is valid if every check passes.
pub fn verify(app: &App, token: &str, audience: Option<&str>) -> Result<Vec<Check>, AdminError> {
    match token.parse::<OpaqueToken>() {
        Ok(opaque) => Ok(refresh_token(app, &opaque)?),
        Err(_) => match inspect(token)? {
            Inspection::Jwt { header, claims } => {
                signed_token(app, token, &header, &claims, audience)
            }
            Inspection::Opaque { .. } => Ok(Vec::new()),
        },
    }
}

fn check(name: &'static str, passed: bool, detail: impl Into<String>) -> Check {
    Check {
        name,
        passed,
        detail: detail.into(),
    }
}

fn signed_token(
    app: &App,
    token: &str,
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    audience: Option<&str>,
) -> Result<Vec<Check>, AdminError> {
    let typ = text(header, "typ");
    let is_access_token = ends_with_type(typ, ACCESS_TOKEN_TYPE);
    let mut checks = vec![check(
        "typ",
        is_access_token || ends_with_type(typ, ID_TOKEN_TYPE),
        match (is_access_token, typ) {
            (true, _) => "at+jwt: access token (RFC 9068 §2.1)".to_owned(),
            (false, "JWT") => "JWT: ID token (OIDC Core §2)".to_owned(),
            (false, other) => format!("{other:?} is not a token type of this server"),
        },
    )];
    checks.push(signature(app, token, header));
    let iss = text(claims, "iss");
    let is_ours = iss == app.config.issuer;
    checks.push(check(
        "iss",
        is_ours,
        if is_ours {
            iss.to_owned()
        } else {
            format!("{iss:?} is not this server ({:?})", app.config.issuer)
        },
    ));
    checks.push(check_audience(app, claims, is_access_token, audience));
    checks.extend(times(app.now(), claims));
    if is_access_token
        && checks
            .iter()
            .any(|check| check.name == "signature" && check.passed)
    {
        let claims = serde_json::from_value(Value::Object(claims.clone()));
        match claims {
            Ok(claims) => checks.extend(standing(app, &claims)?),
            Err(error) => checks.push(check("claims", false, error.to_string())),
        }
    }
    Ok(checks)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> &'a str {
    members
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// `application/` can be left out, and case does not matter (RFC 7515 §4.1.9).
fn ends_with_type(typ: &str, expected: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == expected.to_ascii_lowercase()
}

fn signature(app: &App, token: &str, header: &Map<String, Value>) -> Check {
    let snapshot = app.directory.snapshot();
    let keys = snapshot.verifying_keys(app.now());
    let (kid, alg) = (text(header, "kid"), text(header, "alg"));
    match jwt::verify::<Value>(token, &[text(header, "typ")], &keys) {
        Ok(_) => check("signature", true, format!("{alg}, key {kid}")),
        Err(error) => check(
            "signature",
            false,
            format!("{error} (alg {alg:?}, kid {kid:?})"),
        ),
    }
}

fn check_audience(
    app: &App,
    claims: &Map<String, Value>,
    is_access_token: bool,
    expected: Option<&str>,
) -> Check {
    let named: Vec<&str> = match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name],
        _ => Vec::new(),
    };
    let snapshot = app.directory.snapshot();
    let jti = claims.get("jti").and_then(Value::as_str);
    let jti: Option<Id> = jti.and_then(|jti| jti.parse().ok());
    // An API registered with this URI now may not be the one that the token was for.
    let is_there = |uri: &str| {
        snapshot.resource(uri).is_some()
            && !jti.is_some_and(|jti| app.directory.is_revoked_at(uri, jti))
    };
    let is_known = |name: &&&str| match (expected, is_access_token) {
        (Some(expected), _) => **name == expected,
        (None, true) => **name == app.config.issuer || is_there(name),
        (None, false) => snapshot.client(name).is_some(),
    };
    let passed = named.iter().any(|name| is_known(&name));
    let wanted = match (expected, is_access_token) {
        (Some(expected), _) => format!("{expected:?}"),
        (None, true) => format!("{:?} or an API of this server", app.config.issuer),
        (None, false) => "a client of this server".to_owned(),
    };
    let detail = match (passed, named.join(" ")) {
        (true, named) => named,
        (false, named) => format!("{named:?} is not {wanted}"),
    };
    check("aud", passed, detail)
}

fn times(now: UnixSeconds, claims: &Map<String, Value>) -> Vec<Check> {
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).map(UnixSeconds);
    let expires = match time("exp") {
        None => check("exp", false, "missing"),
        Some(exp) if exp > now => check(
            "exp",
            true,
            format!("expires {exp} (in {})", duration(exp.since(now))),
        ),
        Some(exp) => check(
            "exp",
            false,
            format!("expired {exp} ({} ago)", duration(now.since(exp))),
        ),
    };
    // RFC 7519 §4.1.5, §4.1.6: neither lies in the future.
    let early = ["iat", "nbf"]
        .into_iter()
        .filter_map(|name| Some((name, time(name)?)))
        .map(|(name, at)| {
            let detail = match now.since(at) {
                ahead @ ..0 => format!("{at}, in {}", duration(-ahead)),
                ago => format!("{at}, {} ago", duration(ago)),
            };
            check(name, at <= now, detail)
        });
    std::iter::once(expires).chain(early).collect()
}

/// `59 min 59 s`
fn duration(seconds: i64) -> String {
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Checks of an access token against the data of this server.
fn standing(app: &App, claims: &AccessTokenClaims) -> Result<Vec<Check>, StoreError> {
    let issued = app.store.read(|tx| access_tokens::get(tx, claims.jti))?;
    // An expired one is forgotten after a while.
    let is_old = claims.exp + Lifetime::days(1) < app.now();
    let recorded = check(
        "issued",
        issued.is_some() || is_old,
        match issued {
            Some(_) => format!("issued by this server (jti {})", claims.jti),
            None => format!("not issued from this database (jti {})", claims.jti),
        },
    );
    let snapshot = app.directory.snapshot();
    let client = match snapshot.client(claims.client_id.as_str()) {
        Some(client) if !client.disabled && !bearer::may_hold(client, claims) => check(
            "client",
            false,
            format!(
                "some of its scopes are no longer allowed for {}",
                claims.client_id
            ),
        ),
        Some(client) if !client.disabled => check("client", true, claims.client_id.as_str()),
        Some(_) => check(
            "client",
            false,
            format!("client {} is disabled", claims.client_id),
        ),
        None => check(
            "client",
            false,
            format!("client {} not found", claims.client_id),
        ),
    };
    let revoked = app.directory.is_revoked(claims);
    let found = if revoked {
        "the token, its grant, session, client or user was revoked"
    } else {
        "token, grant, session, client and user are active"
    };
    Ok(vec![
        recorded,
        client,
        check("not revoked", !revoked, found),
    ])
}

fn refresh_token(app: &App, token: &OpaqueToken) -> Result<Vec<Check>, StoreError> {
    let hash = hash::secret_hash(token.secret.expose());
    app.store.read(|tx| {
        let stored = refresh_tokens::get(tx, token.id)?;
        let Some(stored) = stored.filter(|stored| stored.secret_hash.matches(&hash)) else {
            return Ok(vec![check(
                "issued",
                false,
                "not a refresh token of this server",
            )]);
        };
        let grant = grants::get(tx, stored.grant_id)?;
        let alive = grant.as_ref().is_some_and(|grant| grant.is_alive(tx.now));
        let claims = Map::from_iter([("exp".to_owned(), json!(stored.expires_at))]);
        let mut checks = vec![
            check(
                "issued",
                true,
                format!("refresh token of client {}", stored.client_id),
            ),
            check(
                "not used",
                stored.used_at.is_none(),
                match stored.used_at {
                    Some(at) => format!("used at {at}"),
                    None => "not used yet".to_owned(),
                },
            ),
        ];
        checks.extend(times(tx.now, &claims));
        let grant = format!(
            "grant {} {}",
            stored.grant_id,
            if alive {
                "is active"
            } else {
                "is revoked or expired"
            }
        );
        checks.push(check("not revoked", alive, grant));
        Ok(checks)
    })
}
