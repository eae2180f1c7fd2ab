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
            true => said(Rule::Scope, format!("The scope {scope} was not asked for.")),
            false => said(
                Rule::Registration,
                format!("The client is not registered for the scope {scope}."),
            ),
        }
    }

    pub fn in_id_token(&self, name: &str) -> Said {
        let text = match name {
            "iss" => "This server (OIDC Core §2).",
            "sub" => "The user. It never changes and is never given to anybody else.",
            "aud" => "The client that it is for (OIDC Core §2).",
            "exp" => {
                return self.lifetime("id_token_lifetime", |client| {
                    client.metadata.id_token_lifetime.is_some()
                });
            }
            "iat" => "When it is made.",
            "auth_time" => "When the user signed in; here it is always told.",
            "amr" => "How the user signed in (RFC 8176): here with a password.",
            "acr" => "How far that sign-in can be trusted (OIDC Core §2).",
            "at_hash" => "Ties it to the access token beside it (OIDC Core §3.1.3.6).",
            "sid" => "The browser login, which back-channel logout names (§2.1).",
            _ => {
                let text = "Asked for by name in the id_token part of claims (OIDC Core §5.5).";
                return said(Rule::ClaimsParameter, text);
            }
        };
        said(Rule::Protocol, text)
    }

    pub fn missing_in_id_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let not_there = |name: &str| !there.contains_key(name);
        let mut out = Vec::new();
        if not_there("nonce") {
            let text = "The request named none. What it names comes back as it is (OIDC Core §2).";
            out.push(missing("nonce", said(Rule::Protocol, text)));
        }
        if not_there("sid") {
            let text = "A device has no browser login of its own.";
            out.push(missing("sid", said(Rule::Protocol, text)));
        }
        for claim in CLAIMS.iter().filter(|claim| not_there(claim.name)) {
            let why = if self.by_name.id_token.contains(claim.name) {
                self.no_value(claim)
            } else if self.access.scope.contains(claim.scope) {
                let text = format!(
                    "The scope {} puts it into UserInfo. The ID token has it when claims asks for it by name (OIDC Core §5.4, §5.5).",
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
            "iss" => "This server (RFC 9068 §2.2).",
            "sub" if self.user.is_none() => {
                "There is no user, so it is the client itself (RFC 9068 §2.2)."
            }
            "sub" => "The user (RFC 9068 §2.2).",
            "aud" => {
                let text = "The resources that were asked for, or to which the scopes belong (RFC 8707 §2); this server where there is none, and with openid for UserInfo.";
                return said(Rule::Resource, text);
            }
            "client_id" => "The client that it is issued to (RFC 9068 §2.2).",
            "scope" => {
                let text = "What was asked for, within what the client is registered for and what goes with the resource.";
                return said(Rule::Scope, text);
            }
            "jti" => "Its own name, by which it can be ended (RFC 7519 §4.1.7).",
            "iat" => "When it is made.",
            "exp" => {
                return self.lifetime("access_token_lifetime", |client| {
                    client.metadata.access_token_lifetime.is_some()
                });
            }
            "auth_time" => "When the user signed in (RFC 9068 §2.2.1).",
            "may_act" => {
                let text = "The client's may_act: who may have itself put into act with this token (RFC 8693 §4.4).";
                return said(Rule::Registration, text);
            }
            "cnf" => {
                let text = "The client is registered for bound tokens: the key of its DPoP proof (RFC 9449 §6.1).";
                return said(Rule::Registration, text);
            }
            "team_id" => {
                let text =
                    "The team named when the token is delegated, exchanged or made by an operator.";
                return said(Rule::Team, text);
            }
            _ => "The permission it hangs on: it ends when that is ended.",
        };
        said(Rule::Protocol, text)
    }

    pub fn missing_in_access_token(&self, there: &Map<String, Value>) -> Vec<Missing> {
        let rows = [
            ("auth_time", Rule::Protocol, "Nobody signed in."),
            (
                "act",
                Rule::Protocol,
                "Nobody acts for its subject: delegated and exchanged tokens have it (RFC 8693 §4.1).",
            ),
            (
                "may_act",
                Rule::Registration,
                "The client's may_act is not set (RFC 8693 §4.4).",
            ),
            (
                "cnf",
                Rule::Registration,
                "The client is not registered for bound tokens. One that sends a DPoP proof all the same gets it (RFC 9449 §5).",
            ),
            (
                "team_id",
                Rule::Team,
                "A sign-in names no team: a delegated token can (POST /api/v1/oauth/delegated-token with team_id).",
            ),
            (
                "zoneinfo",
                Rule::Protocol,
                "The client named no time zone with tz.",
            ),
        ];
        let out = rows.iter().filter(|(name, ..)| !there.contains_key(*name));
        out.map(|(name, rule, text)| missing(name, said(*rule, *text)))
            .collect()
    }

    pub fn in_userinfo(&self, name: &str) -> Said {
        match claims::find(name) {
            None if name == "team_id" => said(Rule::Team, "The access token's team."),
            None => said(Rule::Protocol, "Always there."),
            Some(claim) => match self.released(claim) {
                Some(Release::Scope) if self.has_value(claim) => said(
                    Rule::Scope,
                    format!("The scope {} releases it (OIDC Core §5.4).", claim.scope),
                ),
                Some(Release::Name) if self.has_value(claim) => {
                    let text = "Asked for by name in the userinfo part of claims (OIDC Core §5.5).";
                    said(Rule::ClaimsParameter, text)
                }
                _ => {
                    let (rule, why) = self.not_in_userinfo(claim);
                    let stands = match name {
                        "name" => "the sub in its place",
                        _ => "null",
                    };
                    said(rule, format!("{why} It is always there: {stands}."))
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
            let text = "The access token has none.";
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
            "teams" => "The user is in no team.",
            "email_verified" => "The user has no e-mail address.",
            _ => "The user has no value for it.",
        };
        said(Rule::User, text)
    }

    fn lifetime(&self, member: &str, is_own: impl Fn(&Client) -> bool) -> Said {
        match is_own(self.client) {
            true => said(Rule::Registration, format!("The client's own {member}.")),
            false => said(
                Rule::Protocol,
                format!("The server's {member}; the client has none of its own."),
            ),
        }
    }
}
