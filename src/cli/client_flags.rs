//! Flags of a client.

use std::path::{Path, PathBuf};

use super::{Failure, common};
use crate::{
    admin::clients::ClientInput,
    domain::{client_registration::ClientRegistration, grant_type::GrantType, time::Lifetime},
};

/// The members of a registration that are used most; --metadata takes them all. An empty text takes a
/// value out.
#[derive(Debug, clap::Args)]
pub struct ClientFlags {
    /// Name shown on the consent page
    #[arg(long, visible_alias = "name", value_name = "NAME")]
    client_name: Option<String>,
    /// Redirect URI, matched exactly; repeatable
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Redirect URI after sign-out; repeatable
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Vec<String>,
    /// Grant type: authorization_code, refresh_token, client_credentials, device_code, token-exchange or jwt-bearer;
    /// repeatable or comma-separated [default: authorization_code]
    #[arg(long, value_name = "GRANT", value_delimiter = ',')]
    grant_type: Vec<String>,
    /// Scopes the client may request, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Client authentication: none, client_secret_basic, client_secret_post or private_key_jwt [default:
    /// client_secret_basic]
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// Ask users for consent
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    require_consent: Option<bool>,
    /// Ask users before a logout request with an id_token_hint of their session signs them out [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    logout_confirmation: Option<bool>,
    /// Whether PKCE is required; always true for public clients [default: PKCE, or nonce with the scope openid]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    require_pkce: Option<bool>,
    /// Team whose members the client may act for; repeatable [default: all users]
    #[arg(long, value_name = "ID")]
    delegation_team: Vec<String>,
    /// ID token signing algorithm: ES256, EdDSA or RS256 [default: id_token_alg of the server]
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// Include the user's claims in ID tokens, as in UserInfo [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    id_token_user_claims: Option<bool>,
    /// Access token lifetime [default: access_token_lifetime]
    #[arg(long, value_name = "DURATION")]
    access_token_lifetime: Option<Lifetime>,
    /// Refresh token lifetime, counted from sign-in [default: refresh_token_lifetime]
    #[arg(long, value_name = "DURATION")]
    refresh_token_lifetime: Option<Lifetime>,
    /// Refresh token idle lifetime [default: refresh_token_idle_lifetime]
    #[arg(long, value_name = "DURATION")]
    refresh_token_idle_lifetime: Option<Lifetime>,
    /// JSON file with client metadata (RFC 7591), - for stdin; flags override it
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
}

impl ClientFlags {
    /// The file's members, with the flags over them.
    pub(super) fn input(self) -> Result<ClientInput, Failure> {
        let mut input = match &self.metadata {
            Some(path) => read(path)?,
            None => ClientInput::default(),
        };
        let seconds = |time: Option<Lifetime>| time.map(|time| time.0);
        let list = |values: Vec<String>| Some(values).filter(|values| !values.is_empty());
        let file = std::mem::take(&mut input.registration);
        input.registration = ClientRegistration {
            client_name: self.client_name.or(file.client_name),
            redirect_uris: list(self.redirect_uri).or(file.redirect_uris),
            post_logout_redirect_uris: list(self.post_logout_redirect_uri)
                .or(file.post_logout_redirect_uris),
            grant_types: list(self.grant_type.into_iter().map(grant_type).collect())
                .or(file.grant_types),
            scope: self.scope.or(file.scope),
            token_endpoint_auth_method: self.auth_method.or(file.token_endpoint_auth_method),
            require_consent: self.require_consent.or(file.require_consent),
            logout_confirmation: self.logout_confirmation.or(file.logout_confirmation),
            require_pkce: self.require_pkce.or(file.require_pkce),
            delegation_teams: list(self.delegation_team).or(file.delegation_teams),
            id_token_signed_response_alg: self.id_token_alg.or(file.id_token_signed_response_alg),
            id_token_user_claims: self.id_token_user_claims.or(file.id_token_user_claims),
            access_token_lifetime: seconds(self.access_token_lifetime)
                .or(file.access_token_lifetime),
            refresh_token_lifetime: seconds(self.refresh_token_lifetime)
                .or(file.refresh_token_lifetime),
            refresh_token_idle_lifetime: seconds(self.refresh_token_idle_lifetime)
                .or(file.refresh_token_idle_lifetime),
            ..file
        };
        Ok(input)
    }
}

/// Grant types whose names are URNs can also be given by the last part.
fn grant_type(given: String) -> String {
    let is_meant = |grant: &&GrantType| grant.as_str().rsplit(':').next() == Some(&given);
    let meant = GrantType::ALL.iter().find(is_meant);
    meant.map_or(given.clone(), |grant| grant.to_string())
}

fn read(path: &Path) -> Result<ClientInput, Failure> {
    let text = if path.as_os_str() == "-" {
        common::secret_from_stdin()?
    } else {
        common::secret_from_file(path)?
    };
    let refused = |reason: &str| {
        let place = path.display();
        Failure::Usage(format!("--metadata: {place}: {reason}"))
    };
    let input: ClientInput =
        serde_json::from_str(text.expose()).map_err(|error| refused(&error.to_string()))?;
    match input.unknown.keys().next() {
        None => Ok(input),
        Some(unknown) => Err(refused(&format!(
            "unknown client metadata member {unknown:?}"
        ))),
    }
}
