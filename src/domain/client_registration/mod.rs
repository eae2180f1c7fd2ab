//! Requested registration of a client, and its only checks: for the configuration file, the command line, the admin
//! page, dynamic registration (RFC 7591) and metadata documents.

mod document;
mod fapi2;
mod invalid_member;
mod members;
mod values;

use self::values::{addresses, lifetime, one_of, text};
pub use self::{
    document::{ClientRegistration, describe_members},
    invalid_member::InvalidMember,
    members::check_key_set,
    values::web_address,
};
pub use crate::domain::client::CLIENT_ALGORITHMS;
use crate::domain::{
    client::{AssertionAudience, AuthMethod, ClientMetadata, ClientProfile, ID_TOKEN_ALGORITHMS},
    grant_type::GrantType,
    scope::ScopeSet,
    time::Lifetime,
    token::LONGEST_ACCESS_TOKEN,
};

const LONGEST_GRANT: Lifetime = Lifetime::days(3650);

impl ClientRegistration {
    /// Metadata, with the defaults of RFC 7591 §2 for absent members, if it follows all rules. The caller checks that
    /// its scopes, teams and resources exist.
    pub fn check(&self) -> Result<ClientMetadata, InvalidMember> {
        let method = self.auth_method()?;
        let grant_types = self.grants(method)?;
        let redirect_uris = addresses("redirect_uris", self.redirect_uris.as_deref())?;
        if grant_types.contains(&GrantType::AuthorizationCode) && redirect_uris.is_empty() {
            return Err(InvalidMember::new(
                "redirect_uris",
                "must contain at least one redirect URI for the grant type authorization_code",
            ));
        }
        self.check_response_types(&grant_types)?;
        let scope = ScopeSet::parse(self.scope.as_deref().unwrap_or_default())
            .map_err(|error| InvalidMember::new("scope", error.to_string()))?;
        let metadata = ClientMetadata {
            client_name: text("client_name", self.client_name.as_deref())?,
            client_uri: web_address("client_uri", self.client_uri.as_deref())?,
            logo_uri: web_address("logo_uri", self.logo_uri.as_deref())?,
            policy_uri: web_address("policy_uri", self.policy_uri.as_deref())?,
            tos_uri: web_address("tos_uri", self.tos_uri.as_deref())?,
            contacts: self.contacts()?,
            software_id: text("software_id", self.software_id.as_deref())?,
            software_version: text("software_version", self.software_version.as_deref())?,
            redirect_uris,
            post_logout_redirect_uris: addresses(
                "post_logout_redirect_uris",
                self.post_logout_redirect_uris.as_deref(),
            )?,
            grant_types,
            scope,
            token_endpoint_auth_method: method,
            token_endpoint_auth_signing_alg: one_of(
                "token_endpoint_auth_signing_alg",
                self.token_endpoint_auth_signing_alg.as_deref(),
                CLIENT_ALGORITHMS,
            )?,
            jwks: self.jwks(method)?,
            jwks_uri: web_address("jwks_uri", self.jwks_uri.as_deref())?,
            id_token_signed_response_alg: one_of(
                "id_token_signed_response_alg",
                self.id_token_signed_response_alg.as_deref(),
                ID_TOKEN_ALGORITHMS,
            )?,
            request_object_signing_alg: one_of(
                "request_object_signing_alg",
                self.request_object_signing_alg.as_deref(),
                CLIENT_ALGORITHMS,
            )?,
            require_signed_request_object: self.require_signed_request_object.unwrap_or(false),
            require_pushed_authorization_requests: self
                .require_pushed_authorization_requests
                .unwrap_or(false),
            dpop_bound_access_tokens: self.dpop_bound_access_tokens.unwrap_or(false),
            default_max_age: self.default_max_age,
            require_auth_time: self.require_auth_time.unwrap_or(false),
            backchannel_logout_uri: web_address(
                "backchannel_logout_uri",
                self.backchannel_logout_uri.as_deref(),
            )?,
            backchannel_logout_session_required: self
                .backchannel_logout_session_required
                .unwrap_or(false),
            require_pkce: self.require_pkce,
            id_token_user_claims: self.id_token_user_claims.unwrap_or(true),
            require_consent: self.require_consent.unwrap_or(true),
            logout_confirmation: self.logout_confirmation.unwrap_or(true),
            assertion_audience: match self.assertion_audience.as_deref() {
                None | Some("issuer") => AssertionAudience::Issuer,
                Some("token_endpoint") => AssertionAudience::TokenEndpoint,
                Some(_) => {
                    return Err(InvalidMember::new(
                        "assertion_audience",
                        "must be issuer or token_endpoint",
                    ));
                }
            },
            profile: match self.profile.as_deref() {
                None => None,
                Some("fapi2") => Some(ClientProfile::Fapi2),
                Some(_) => return Err(InvalidMember::new("profile", "must be fapi2")),
            },
            cors_origins: self.cors_origins()?,
            allowed_resources: self.allowed_resources()?,
            delegation_teams: self.delegation_teams()?,
            may_act: self.may_act()?,
            access_token_lifetime: lifetime(
                "access_token_lifetime",
                self.access_token_lifetime,
                LONGEST_ACCESS_TOKEN,
            )?,
            id_token_lifetime: lifetime(
                "id_token_lifetime",
                self.id_token_lifetime,
                LONGEST_ACCESS_TOKEN,
            )?,
            refresh_token_lifetime: lifetime(
                "refresh_token_lifetime",
                self.refresh_token_lifetime,
                LONGEST_GRANT,
            )?,
            refresh_token_idle_lifetime: lifetime(
                "refresh_token_idle_lifetime",
                self.refresh_token_idle_lifetime,
                LONGEST_GRANT,
            )?,
        };
        check_together(&metadata)?;
        Ok(metadata)
    }

    /// Default: `client_secret_basic` (RFC 7591 §2).
    fn auth_method(&self) -> Result<AuthMethod, InvalidMember> {
        let Some(name) = &self.token_endpoint_auth_method else {
            return Ok(AuthMethod::ClientSecretBasic);
        };
        AuthMethod::parse(name).ok_or_else(|| {
            InvalidMember::new(
                "token_endpoint_auth_method",
                "must be none, client_secret_basic, client_secret_post or private_key_jwt",
            )
        })
    }

    /// Default: `authorization_code` (RFC 7591 §2).
    fn grants(&self, method: AuthMethod) -> Result<Vec<GrantType>, InvalidMember> {
        let Some(names) = &self.grant_types else {
            return Ok(vec![GrantType::AuthorizationCode]);
        };
        let mut grants = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let member = format!("grant_types[{i}]");
            let Some(grant) = GrantType::parse(name) else {
                let known: Vec<_> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
                return Err(InvalidMember::new(
                    member,
                    format!("must be one of {}", known.join(", ")),
                ));
            };
            // Only for confidential clients (RFC 6749 §4.4).
            if grant == GrantType::ClientCredentials && method == AuthMethod::None {
                return Err(InvalidMember::new(
                    member,
                    "client_credentials is not allowed for public clients (RFC 6749 §4.4)",
                ));
            }
            if !grants.contains(&grant) {
                grants.push(grant);
            }
        }
        Ok(grants)
    }

    /// `code` belongs to the grant type `authorization_code` (RFC 7591 §2.1). There are no others.
    fn check_response_types(&self, grants: &[GrantType]) -> Result<(), InvalidMember> {
        let Some(types) = &self.response_types else {
            return Ok(());
        };
        if types.iter().any(|name| name != "code") {
            return Err(InvalidMember::new(
                "response_types",
                "must be code; the implicit and hybrid flows are not supported",
            ));
        }
        let has_code = !types.is_empty();
        if has_code != grants.contains(&GrantType::AuthorizationCode) {
            return Err(InvalidMember::new(
                "response_types",
                "code and the grant type authorization_code require each other (RFC 7591 §2.1)",
            ));
        }
        Ok(())
    }
}

/// The rules that bind several members.
fn check_together(metadata: &ClientMetadata) -> Result<(), InvalidMember> {
    let is_public = metadata.token_endpoint_auth_method == AuthMethod::None;
    if is_public && metadata.require_pkce == Some(false) {
        return Err(InvalidMember::new(
            "require_pkce",
            "must be true for public clients (OAuth 2.1 §4.1.1)",
        ));
    }
    if metadata.require_signed_request_object
        && metadata.jwks.is_none()
        && metadata.jwks_uri.is_none()
    {
        return Err(InvalidMember::new(
            "require_signed_request_object",
            "requires jwks or jwks_uri",
        ));
    }
    fapi2::check(metadata)
}

#[cfg(test)]
mod tests;
