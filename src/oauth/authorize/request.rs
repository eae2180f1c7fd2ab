//! Parsed authorization request.

use std::sync::Arc;

use super::ReplyTo;
use crate::{
    domain::{
        claims_request::ClaimsRequest, client::Client, id::Id, pkce::CodeChallenge, scope::ScopeSet,
    },
    oauth::claims::{CLAIMS, Claim},
};

/// An authorization request that keeps every rule.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub client: Arc<Client>,
    /// The pushed request that it is (RFC 9126).
    pub pushed: Option<Id>,
    /// Whether the client signed it (RFC 9101).
    pub signed: bool,
    pub reply_to: ReplyTo,
    /// As sent; `None` if the client's only redirect URI is used.
    pub redirect_uri: Option<String>,
    pub scope: ScopeSet,
    /// The resources it is for (RFC 8707 §2.1).
    pub resources: Vec<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    /// The key to which its code is to be bound (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    pub prompt: Prompt,
    /// Seconds; the client's `default_max_age` if the request has none.
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// The user who must be the one signed in.
    pub expected_sub: Option<String>,
    /// Asked for one by one (OIDC Core §5.5).
    pub claims: ClaimsRequest,
    /// The only values of `acr` that will do; empty if any will.
    pub essential_acr: Vec<String>,
}

/// `prompt`, OIDC Core §3.1.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

impl AuthorizationRequest {
    /// Requested claims that none of its scopes releases.
    pub fn claims_alone(&self) -> impl Iterator<Item = &'static Claim> {
        CLAIMS.iter().filter(|claim| {
            let name = claim.name;
            let asked = self.claims.userinfo.contains(name) || self.claims.id_token.contains(name);
            asked && !self.scope.contains(claim.scope)
        })
    }
}
