//! Why a claim stands where it stands, and why another one does not, in words. What is there is decided by
//! the code that makes the tokens; of the rules that it goes by, these are the names.

use serde_json::{Map, Value};

use super::rule::{Missing, Rule};
use crate::{
    domain::{claims_request::ClaimsRequest, client::Client, token::AccessTokenClaims, user::User},
    oauth::claims::{self, CLAIMS, Claim, Release},
};

/// What the reasons are read from.
pub(super) struct Reasons<'a> {
    pub client: &'a Client,
    pub user: Option<&'a User>,
    pub access: &'a AccessTokenClaims,
    /// What was asked for one by one (OIDC Core §5.5).
    pub by_name: &'a ClaimsRequest,
}

type Said = (Rule, String);

fn said(rule: Rule, reason: impl Into<String>) -> Said {
    (rule, reason.into())
}

fn missing(name: &str, (rule, reason): Said) -> Missing {
    Missing {
        name: name.to_owned(),
        rule,
        reason,
    }
}

impl Reasons<'_> {
    /// RFC 9449 §5.2
    pub fn is_bound(&self) -> bool {
        self.client.metadata.must_bind_tokens()
    }

    /// Why the token is without a scope.
    pub fn scope_lacking(&self, scope: &str) -> Said {
        match self.client.metadata.scope.contains(scope) {
            true => said(Rule::Scope, format!("The scope {scope} was not requested.")),
            false => said(
                Rule::Registration,
                format!("The scope {scope} is not allowed for the client."),
            ),
        }
    }

    pub fn in_id_token(&self, name: &str) -> Said {
        let text = match name {
            "iss" => "Issuer: this server (OIDC Core §2).",
            "sub" => "The user. Never changes and is never reused.",
            "aud" => "The client it is for (OIDC Core §2).",
            "exp" => {
                return self.lifetime("id_token_lifetime", |client| {
                    client.metadata.id_token_lifetime.is_some()
                });
            }
            "iat" => "Time of issue.",
            "auth_time" => "Time the user signed in. Always included.",
            "amr" => "How the user signed in (RFC 8176). Here: password.",
            "acr" => "Assurance level of the sign-in (OIDC Core §2).",
            "at_hash" => "Hash of the access token issued with it (OIDC Core §3.1.3.6).",
            "sid" => "The session, as used in back-channel logout (§2.1).",
            _ => {
                let text = "Requested by name in claims.id_token (OIDC Core §5.5).";
                return said(Rule::ClaimsParameter, text);
            }
        };
        said(Rule::Protocol, text)
    }

    pub fn missing_in_id_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let not_there = |name: &str| !there.contains_key(name);
        let mut out = Vec::new();
        if not_there("nonce") {
            let text = "The request had no nonce. A nonce is returned unchanged (OIDC Core §2).";
            out.push(missing("nonce", said(Rule::Protocol, text)));
        }
        if not_there("sid") {
            let text = "Device sign-ins have no session.";
            out.push(missing("sid", said(Rule::Protocol, text)));
        }
        for claim in CLAIMS.iter().filter(|claim| not_there(claim.name)) {
            let why = if self.by_name.id_token.contains(claim.name) {
                self.no_value(claim)
            } else if self.access.scope.contains(claim.scope) {
                let text = format!(
                    "The scope {} releases it in UserInfo only. To get it in the ID token, request it in claims (OIDC \
                     Core §5.4, §5.5).",
                    claim.scope
                );
                said(Rule::ClaimsParameter, text)
            } else {
                self.scope_lacking(claim.scope)
            };
            out.push(missing(claim.name, why));
        }
        out
    }

    pub fn in_access_token(&self, name: &str) -> Said {
        let text = match name {
            "iss" => "Issuer: this server (RFC 9068 §2.2).",
            "sub" if self.user.is_none() => {
                "Machine-to-machine: the client itself (RFC 9068 §2.2)."
            }
            "sub" => "The user (RFC 9068 §2.2).",
            "aud" => {
                let text = "The requested APIs, or those the scopes belong to (RFC 8707 §2). This server if there are \
                none, and with openid for UserInfo.";
                return said(Rule::Resource, text);
            }
            "client_id" => "The client it is issued to (RFC 9068 §2.2).",
            "scope" => {
                let text =
                    "The requested scopes, limited to those allowed for the client and the API.";
                return said(Rule::Scope, text);
            }
            "jti" => "Token id, used to revoke it (RFC 7519 §4.1.7).",
            "iat" => "Time of issue.",
            "exp" => {
                return self.lifetime("access_token_lifetime", |client| {
                    client.metadata.access_token_lifetime.is_some()
                });
            }
            "auth_time" => "Time the user signed in (RFC 9068 §2.2.1).",
            "may_act" => {
                let text = "The client's may_act: who may act with this token (RFC 8693 §4.4).";
                return said(Rule::Registration, text);
            }
            "cnf" => {
                let text = "The client requires DPoP: key of its proof (RFC 9449 §6.1).";
                return said(Rule::Registration, text);
            }
            "team_id" => {
                let text = "The team, if the token was delegated, exchanged or issued by an administrator.";
                return said(Rule::Team, text);
            }
            _ => "The grant it belongs to. Revoking the grant revokes the token.",
        };
        said(Rule::Protocol, text)
    }

    pub fn missing_in_access_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let rows = [
            ("auth_time", Rule::Protocol, "No user signed in."),
            (
                "act",
                Rule::Protocol,
                "No one acts for the subject. Only delegated and exchanged tokens have it (RFC 8693 §4.1).",
            ),
            (
                "may_act",
                Rule::Registration,
                "The client's may_act is not set (RFC 8693 §4.4).",
            ),
            (
                "cnf",
                Rule::Registration,
                "The client does not require DPoP. Included if it sends a DPoP proof (RFC 9449 §5).",
            ),
            (
                "team_id",
                Rule::Team,
                "Sign-ins have no team. Delegated tokens can (POST /api/v1/oauth/delegated-token with team_id).",
            ),
            ("zoneinfo", Rule::Protocol, "The client sent no tz."),
        ];
        let out = rows.iter().filter(|(name, ..)| !there.contains_key(*name));
        out.map(|(name, rule, text)| missing(name, said(*rule, *text)))
            .collect()
    }

    pub fn in_userinfo(&self, name: &str) -> Said {
        match claims::find(name) {
            None if name == "team_id" => said(Rule::Team, "The access token's team."),
            None => said(Rule::Protocol, "Always included."),
            Some(claim) => match self.released(claim) {
                Some(Release::Scope) if self.has_value(claim) => said(
                    Rule::Scope,
                    format!("The scope {} releases it (OIDC Core §5.4).", claim.scope),
                ),
                Some(Release::Name) if self.has_value(claim) => {
                    let text = "Requested by name in claims.userinfo (OIDC Core §5.5).";
                    said(Rule::ClaimsParameter, text)
                }
                _ => {
                    let (rule, why) = self.not_in_userinfo(claim);
                    let stands = match name {
                        "name" => "as the sub",
                        _ => "null",
                    };
                    said(rule, format!("{why} Always included: {stands}."))
                }
            },
        }
    }

    pub fn missing_in_userinfo(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let mut out: Vec<_> = CLAIMS
            .iter()
            .filter(|claim| !there.contains_key(claim.name))
            .map(|claim| missing(claim.name, self.not_in_userinfo(claim)))
            .collect();
        if !there.contains_key("team_id") {
            let text = "The access token has no team.";
            out.push(missing("team_id", said(Rule::Team, text)));
        }
        out
    }

    fn not_in_userinfo(&self, claim: &Claim) -> Said {
        match self.released(claim) {
            Some(_) => self.no_value(claim),
            None => self.scope_lacking(claim.scope),
        }
    }

    fn released(&self, claim: &Claim) -> Option<Release> {
        claim.released(&self.access.scope, &self.by_name.userinfo)
    }

    fn has_value(&self, claim: &Claim) -> bool {
        let zoneinfo = self.access.zoneinfo.as_deref();
        let value = |user| claims::value(user, zoneinfo, claim.name);
        self.user.and_then(value).is_some()
    }

    fn no_value(&self, claim: &Claim) -> Said {
        let text = match claim.name {
            "teams" => "The user is not in a team.",
            "email_verified" => "The user has no email address.",
            _ => "The user has no value for it.",
        };
        said(Rule::User, text)
    }

    fn lifetime(&self, member: &str, is_own: impl Fn(&Client) -> bool) -> Said {
        match is_own(self.client) {
            true => said(Rule::Registration, format!("The client's own {member}.")),
            false => said(
                Rule::Protocol,
                format!("The server's {member}. The client has no value of its own."),
            ),
        }
    }
}
