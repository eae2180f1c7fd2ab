//! Access and refresh tokens: their content and the stored records.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    grant_type::GrantType,
    id::Id,
    name::{ClientId, Subject, TeamId},
    scope::ScopeSet,
    secret::{Secret, SecretHash},
    time::{Lifetime, UnixSeconds},
};

/// Maximum lifetime of an access token, whatever is configured, and the retention of revocations.
pub const LONGEST_ACCESS_TOKEN: Lifetime = Lifetime::days(1);

/// A chain of actors longer than this has lost its way. Each place in it has an index of its own.
pub const LONGEST_CHAIN: usize = 8;

/// The `act` claim (RFC 8693 §4.1): who acts for the token's subject, and for whom that one acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    pub sub: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// First actor: the end of the chain.
    pub fn innermost(&self) -> &Actor {
        let mut actor = self;
        while let Some(next) = &actor.act {
            actor = next;
        }
        actor
    }

    /// This chain with another one at its end: the actors in `earlier` acted before those in this one.
    pub fn followed_by(mut self, earlier: Option<Actor>) -> Actor {
        let next = match self.act {
            Some(next) => Some(next.followed_by(earlier)),
            None => earlier,
        };
        self.act = next.map(Box::new);
        self
    }

    pub fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |next| next.depth())
    }

    /// Actors in the chain, the current one first.
    pub fn chain(&self) -> impl Iterator<Item = &Subject> {
        std::iter::successors(Some(self), |actor| actor.act.as_deref()).map(|actor| &actor.sub)
    }
}

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    pub iss: String,
    pub sub: Subject,
    pub aud: Audience,
    pub client_id: ClientId,
    pub scope: ScopeSet,
    pub jti: Id,
    pub iat: UnixSeconds,
    pub exp: UnixSeconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Party that can become the actor of this token (`act`, RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<Actor>,
    /// Key whose holder is the only one who can use it (RFC 7800 §3, RFC 9449 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// Grant that it depends on, so that revoking a grant takes effect without a look-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<Id>,
    /// Session that it is revoked with: only in tokens handed to that browser itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Id>,
}

impl AccessTokenClaims {
    /// Whether the token is of a client itself and not of a user (RFC 9068 §2.2: `sub` is then the `client_id`; no user
    /// has that `sub`).
    pub fn is_client(&self) -> bool {
        self.sub.as_str() == self.client_id.as_str()
    }
}

/// The `cnf` claim: the RFC 7638 thumbprint of a DPoP key (RFC 9449 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Confirmation {
    pub jkt: String,
}

/// `aud` (RFC 7519 §4.1.3): one string, or an array of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// One name as a string, several as an array. `names` is never empty.
    pub fn of(names: Vec<String>) -> Self {
        match <[String; 1]>::try_from(names) {
            Ok([one]) => Audience::One(one),
            Err(many) => Audience::Many(many),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Audience::One(one) => std::slice::from_ref(one),
            Audience::Many(many) => many,
        };
        names.iter().map(String::as_str)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|one| one == name)
    }
}

/// Origin of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Origin {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    DeviceCode,
    DelegatedToken,
    PrincipalToken,
    TokenExchange,
    JwtBearer,
    /// The `token` cookie of the server's own pages.
    Cookie,
    /// Minted by an operator on the command line.
    Operator,
}

impl Origin {
    pub const ALL: [Origin; 10] = [
        Origin::AuthorizationCode,
        Origin::RefreshToken,
        Origin::ClientCredentials,
        Origin::DeviceCode,
        Origin::DelegatedToken,
        Origin::PrincipalToken,
        Origin::TokenExchange,
        Origin::JwtBearer,
        Origin::Cookie,
        Origin::Operator,
    ];

    /// Origins of grants: a user's consent.
    pub const OF_GRANTS: [Origin; 2] = [Origin::AuthorizationCode, Origin::DeviceCode];
    /// Origins of delegated tokens.
    pub const DELEGATED: [Origin; 3] = [
        Origin::DelegatedToken,
        Origin::TokenExchange,
        Origin::PrincipalToken,
    ];

    /// Origin of a token issued for this grant type.
    pub const fn of(grant: GrantType) -> Self {
        match grant {
            GrantType::AuthorizationCode => Origin::AuthorizationCode,
            GrantType::RefreshToken => Origin::RefreshToken,
            GrantType::ClientCredentials => Origin::ClientCredentials,
            GrantType::DeviceCode => Origin::DeviceCode,
            GrantType::TokenExchange => Origin::TokenExchange,
            GrantType::JwtBearer => Origin::JwtBearer,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|origin| origin.as_str() == name)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::AuthorizationCode => "authorization_code",
            Origin::RefreshToken => "refresh_token",
            Origin::ClientCredentials => "client_credentials",
            Origin::DeviceCode => "device_code",
            Origin::DelegatedToken => "delegated_token",
            Origin::PrincipalToken => "principal_token",
            Origin::TokenExchange => "token_exchange",
            Origin::JwtBearer => "jwt_bearer",
            Origin::Cookie => "cookie",
            Origin::Operator => "operator",
        }
    }
}

/// The record of an access token's issue.
#[derive(Clone, Debug)]
pub struct AccessTokenRecord {
    pub id: Id,
    pub client_id: ClientId,
    pub sub: Subject,
    pub act: Option<Actor>,
    pub grant_id: Option<Id>,
    pub parent_id: Option<Id>,
    pub actor_token_id: Option<Id>,
    pub session_id: Option<Id>,
    pub team_id: Option<TeamId>,
    pub scope: ScopeSet,
    pub origin: Origin,
    pub expires_at: UnixSeconds,
}

/// Stored refresh token.
#[derive(Clone, Debug)]
pub struct RefreshTokenRecord {
    pub id: Id,
    pub secret_hash: SecretHash,
    pub grant_id: Id,
    pub client_id: ClientId,
    pub issued_at: UnixSeconds,
    pub expires_at: UnixSeconds,
    pub used_at: Option<UnixSeconds>,
    pub successor_id: Option<Id>,
}

/// A code, refresh token or session cookie as it travels: `<id>.<secret>`, found by its id and proved by
/// the hash of its secret.
///
/// ```
/// # use keyfob::domain::token::{NotAToken, OpaqueToken};
/// let text = "0190163d8694739baea5966c26f8ad91.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// let token: OpaqueToken = text.parse()?;
/// assert_eq!(token.to_secret().expose(), text);
/// assert_eq!("0190163d.dBjftJeZ".parse::<OpaqueToken>(), Err(NotAToken));
/// # Ok::<_, NotAToken>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpaqueToken {
    pub id: Id,
    pub secret: Secret,
}

impl OpaqueToken {
    pub fn to_secret(&self) -> Secret {
        Secret::new(format!("{}.{}", self.id.simple(), self.secret.expose()))
    }
}

/// The text is not an opaque token of this server.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAToken;

impl FromStr for OpaqueToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let (id, secret) = text.split_once('.').ok_or(NotAToken)?;
        let canonical =
            id.len() == 32 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if !canonical || secret.len() != 43 || !secret.bytes().all(allowed) {
            return Err(NotAToken);
        }
        Ok(Self {
            id: id.parse().map_err(|_| NotAToken)?,
            secret: Secret::new(secret),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_chain_ends_at_the_party_that_delegated_first() {
        let actor: Actor = serde_json::from_str(r#"{"sub":"b","act":{"sub":"a"}}"#).unwrap();
        assert_eq!(actor.innermost().sub.as_str(), "a");
        assert_eq!(actor.depth(), 2);
        let longer = actor.clone().followed_by(Some(actor.clone()));
        assert_eq!(
            serde_json::to_string(&longer).unwrap(),
            r#"{"sub":"b","act":{"sub":"a","act":{"sub":"b","act":{"sub":"a"}}}}"#
        );
        assert_eq!(
            serde_json::to_string(&actor).unwrap(),
            r#"{"sub":"b","act":{"sub":"a"}}"#
        );
    }

    #[test]
    fn an_opaque_token_has_one_form_only() {
        let text = format!("{}.{}", "0190f0c0000070008000000000000001", "s".repeat(43));
        assert_eq!(
            text.parse::<OpaqueToken>().unwrap().to_secret().expose(),
            text
        );
        let bad = [
            text.to_uppercase(),
            text.replacen('.', "", 1),
            format!("{text}x"),
            format!("{text}.x"),
            text.replace('s', "+"),
            String::new(),
        ];
        for text in bad {
            assert_eq!(text.parse::<OpaqueToken>(), Err(NotAToken), "{text:?}");
        }
    }
}
