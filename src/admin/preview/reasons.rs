//! Reasons why a claim is present or absent, as text. The code that issues tokens decides; these are the names of its
//! rules.

use serde_json::{Map, Value};

use super::rule::{Missing, Rule};
use crate::{
    domain::{claims_request::ClaimsRequest, client::Client, token::AccessTokenClaims, user::User},
    oauth::claims::{self, CLAIMS, Claim, Release},
};

/// Data that the reasons are derived from.
pub(super) struct Reasons<'a> {
    pub client: &'a Client,
    pub user: Option<&'a User>,
    pub access: &'a AccessTokenClaims,
    /// Claims requested by name (OIDC Core §5.5).
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

    /// Reason why a scope is not in the token.
    pub fn scope_lacking(&self, scope: &str) -> Said {
        match self.client.metadata.scope.contains(scope) {
            true => said(
                Rule::Scope,
                format!("The request does not include the {scope} scope."),
            ),
            false => said(
                Rule::Registration,
                format!("The client does not have the {scope} scope."),
            ),
        }
    }

    pub fn in_id_token(&self, name: &str) -> Said {
        let text = match name {
            "iss" => "Issuer: this server (OIDC Core §2).",
            "sub" => "ID of the user. Never changes and is never reused.",
            "aud" => "The client the token is issued to (OIDC Core §2).",
            "exp" => {
                return self.lifetime("id_token_lifetime", |client| {
                    client.metadata.id_token_lifetime.is_some()
                });
            }
            "iat" => "Time of issue.",
            "auth_time" => "Time of sign-in. Always included by this server.",
            "amr" => "Authentication methods (RFC 8176). Here: password.",
            "acr" => "Authentication level of the sign-in (OIDC Core §2).",
            "at_hash" => "Hash of the access token issued with it (OIDC Core §3.1.3.6).",
            "sid" => "Session ID, used by back-channel logout (OIDC Back-Channel Logout §2.1).",
            name => return self.claim_in_id_token(name),
        };
        said(Rule::Protocol, text)
    }

    fn claim_in_id_token(&self, name: &str) -> Said {
        let claim = claims::find(name);
        let by_scope = claim.filter(|claim| self.access.scope.contains(claim.scope));
        match by_scope.filter(|_| self.client.metadata.id_token_user_claims) {
            Some(claim) => said(
                Rule::Scope,
                format!("Included with the {} scope (OIDC Core §5.4).", claim.scope),
            ),
            None => said(
                Rule::ClaimsParameter,
                "Requested in the id_token member of the claims parameter (OIDC Core §5.5).",
            ),
        }
    }

    pub fn missing_in_id_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let not_there = |name: &str| !there.contains_key(name);
        let mut out = Vec::new();
        if not_there("nonce") {
            let text =
                "The request has no nonce. If sent, it is returned unchanged (OIDC Core §2).";
            out.push(missing("nonce", said(Rule::Protocol, text)));
        }
        if not_there("sid") {
            let text = "Device authorization has no browser session.";
            out.push(missing("sid", said(Rule::Protocol, text)));
        }
        for claim in CLAIMS.iter().filter(|claim| not_there(claim.name)) {
            let is_granted = self.access.scope.contains(claim.scope);
            let by_scope = self.client.metadata.id_token_user_claims;
            let why = if self.by_name.id_token.contains(claim.name) || (is_granted && by_scope) {
                self.no_value(claim)
            } else if is_granted {
                let text = format!(
                    "The client's id_token_user_claims is off: the {} scope adds this claim to UserInfo only. To get \
                     it in the ID token, request it with the claims parameter (OIDC Core §5.5).",
                    claim.scope
                );
                said(Rule::Registration, text)
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
                "The client itself, because there is no user (RFC 9068 §2.2)."
            }
            "sub" => "ID of the user (RFC 9068 §2.2).",
            "aud" => {
                let text = "The requested APIs, or those the scopes belong to (RFC 8707 §2). This server if there are \
                none, and with openid for UserInfo.";
                return said(Rule::Resource, text);
            }
            "client_id" => "The client the token is issued to (RFC 9068 §2.2).",
            "scope" => {
                let text =
                    "The requested scopes, limited to those allowed for the client and the API.";
                return said(Rule::Scope, text);
            }
            "jti" => "Token ID, used to revoke it (RFC 7519 §4.1.7).",
            "iat" => "Time of issue.",
            "exp" => {
                return self.lifetime("access_token_lifetime", |client| {
                    client.metadata.access_token_lifetime.is_some()
                });
            }
            "auth_time" => "Time of sign-in (RFC 9068 §2.2.1).",
            "may_act" => {
                let text = "From the client's may_act: the party that can become the actor of this token (RFC 8693 §4.4).";
                return said(Rule::Registration, text);
            }
            "cnf" => {
                let text = "The client requires DPoP: thumbprint of the key in its DPoP proof (RFC 9449 §6.1).";
                return said(Rule::Registration, text);
            }
            "team_id" => {
                let text = "The team named when the token is delegated, exchanged or issued by an administrator.";
                return said(Rule::Team, text);
            }
            _ => "ID of the grant. Revoking the grant revokes the token.",
        };
        said(Rule::Protocol, text)
    }

    pub fn missing_in_access_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let rows = [
            ("auth_time", Rule::Protocol, "No user signed in."),
            (
                "act",
                Rule::Protocol,
                "No actor. Only delegated and exchanged tokens have one (RFC 8693 §4.1).",
            ),
            (
                "may_act",
                Rule::Registration,
                "The client's may_act is not set (RFC 8693 §4.4).",
            ),
            (
                "cnf",
                Rule::Registration,
                "The client does not require DPoP. Included if the client sends a DPoP proof (RFC 9449 §5).",
            ),
            (
                "team_id",
                Rule::Team,
                "A sign-in has no team. A delegated token can have one (POST /api/v1/oauth/delegated-token with team_id).",
            ),
            (
                "zoneinfo",
                Rule::Protocol,
                "The client did not send a time zone (tz).",
            ),
        ];
        let out = rows.iter().filter(|(name, ..)| !there.contains_key(*name));
        out.map(|(name, rule, text)| missing(name, said(*rule, *text)))
            .collect()
    }

    pub fn in_userinfo(&self, name: &str) -> Said {
        match claims::find(name) {
            None if name == "team_id" => said(Rule::Team, "Team of the access token."),
            None => said(Rule::Protocol, "Always included."),
            Some(claim) => match self.released(claim) {
                Some(Release::Scope) if self.has_value(claim) => said(
                    Rule::Scope,
                    format!("Included with the {} scope (OIDC Core §5.4).", claim.scope),
                ),
                Some(Release::Name) if self.has_value(claim) => {
                    let text = "Requested in the userinfo member of the claims parameter (OIDC Core §5.5).";
                    said(Rule::ClaimsParameter, text)
                }
                _ => {
                    let (rule, why) = self.not_in_userinfo(claim);
                    let always = match name {
                        "name" => "Always included; falls back to sub.",
                        _ => "Included as null, because userinfo_nulls is set.",
                    };
                    said(rule, format!("{why} {always}"))
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
            _ => "Not set for this user.",
        };
        said(Rule::User, text)
    }

    fn lifetime(&self, member: &str, is_own: impl Fn(&Client) -> bool) -> Said {
        match is_own(self.client) {
            true => said(Rule::Registration, format!("Set by the client's {member}.")),
            false => said(
                Rule::Protocol,
                format!("Set by the server's {member}. The client does not override it."),
            ),
        }
    }
}
