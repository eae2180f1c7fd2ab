//! Sensitive changes: those that let someone sign in, or that change how a client authenticates or where its responses
//! go. They require a recently confirmed password, however the object is changed (an update, a file, a copy, or a
//! restored deletion) and however the caller is authenticated. Otherwise an unattended browser or an old token would be
//! enough to become an administrator, a client or a user permanently.

use super::{AdminError, as_members, clients::ClientInput, users::UserInput};
use crate::{
    domain::{
        client::{Client, ClientMetadata},
        resource::Resource,
        scope,
        user::User,
    },
    store::{Tx, deleted_objects},
};

/// Value of a member of a client's registration to an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    Harmless,
    /// A change takes over what others already trust or use.
    IfChanged,
    /// A new client with another value than the default does harm as well.
    FromTheStart,
}

/// Builds the table of the members. A member without a row does not compile.
macro_rules! members {
    ($($name:ident: $danger:ident,)*) => {
        /// Every member of a client's registration.
        pub const CLIENT_MEMBERS: &[(&str, Danger)] = &[$((stringify!($name), Danger::$danger)),*];
        const _: fn(ClientMetadata) = |ClientMetadata { $($name: _),* }| ();
    };
}

members! {
    client_name: Harmless,
    client_uri: Harmless,
    logo_uri: Harmless,
    policy_uri: Harmless,
    tos_uri: Harmless,
    contacts: Harmless,
    software_id: Harmless,
    software_version: Harmless,
    // Where its responses go, and which pages can read them.
    redirect_uris: IfChanged,
    post_logout_redirect_uris: IfChanged,
    backchannel_logout_uri: IfChanged,
    backchannel_logout_session_required: Harmless,
    cors_origins: IfChanged,
    // How it authenticates, and how it must.
    token_endpoint_auth_method: IfChanged,
    token_endpoint_auth_signing_alg: IfChanged,
    jwks: IfChanged,
    jwks_uri: IfChanged,
    assertion_audience: IfChanged,
    request_object_signing_alg: IfChanged,
    require_signed_request_object: IfChanged,
    require_pushed_authorization_requests: IfChanged,
    require_pkce: IfChanged,
    dpop_bound_access_tokens: IfChanged,
    profile: IfChanged,
    // Who gets tokens without consent, and for whom.
    require_consent: FromTheStart,
    logout_confirmation: IfChanged,
    may_act: FromTheStart,
    delegation_teams: IfChanged,
    // What it gets; reserved scopes are sensitive by themselves.
    grant_types: Harmless,
    scope: Harmless,
    allowed_resources: Harmless,
    id_token_signed_response_alg: Harmless,
    id_token_user_claims: Harmless,
    default_max_age: Harmless,
    require_auth_time: Harmless,
    access_token_lifetime: Harmless,
    id_token_lifetime: Harmless,
    refresh_token_lifetime: Harmless,
    refresh_token_idle_lifetime: Harmless,
}

/// Whether the change to a client, or a new client without `before`, is sensitive. For a client that can get tokens
/// that administer this server or act for users, before or after the change, every change is.
pub fn of_client(before: Option<&Client>, after: &Client) -> Result<bool, AdminError> {
    if before.is_some_and(has_power) || has_power(after) {
        return Ok(true);
    }
    let is_new = before.is_none();
    let usual = ClientMetadata::default();
    let old = as_members(before.map_or(&usual, |before| &before.metadata))?;
    let new = as_members(&after.metadata)?;
    Ok(CLIENT_MEMBERS.iter().any(|(name, danger)| {
        let matters = match danger {
            Danger::Harmless => false,
            Danger::IfChanged => !is_new,
            Danger::FromTheStart => true,
        };
        matters && old.get(*name) != new.get(*name)
    }))
}

/// Whether someone gets to know the client's secret who may not have known the previous one.
pub fn of_chosen_secret(input: &ClientInput) -> bool {
    input.client_secret.is_some()
}

/// Whether a new client is sensitive: by itself, or because others trusted a deleted client with this ID.
pub fn of_new_client(tx: &Tx, client: &Client) -> Result<bool, AdminError> {
    let has_heritage = deleted_objects::find::<Client>(tx, client.client_id.as_str())?.is_some();
    Ok(has_heritage || of_client(None, client)?)
}

fn has_power(client: &Client) -> bool {
    [scope::ADMIN, scope::DELEGATE]
        .iter()
        .any(|name| client.metadata.scope.contains(name))
}

/// Whether a user who is created or changed like this gets a way to sign in, is or becomes an administrator, or is an
/// administrator of another name.
pub fn of_user(input: &UserInput, before: Option<&User>) -> bool {
    let was_admin = before.is_some_and(|user| user.admin);
    let office = match input.admin {
        Some(admin) => admin || was_admin,
        // A disabled administrator is one again when enabled.
        None => was_admin && input.disabled == Some(false),
    };
    let way_in = input.password.is_some() || input.password_hash.is_some();
    let renamed = before.is_some_and(|user| user.admin && is_renamed(input, user));
    office || way_in || renamed || input.persona == Some(true)
}

/// Whether an identifier of the user changes that clients and trusted issuers rely on.
fn is_renamed(input: &UserInput, user: &User) -> bool {
    let profile = &user.profile;
    let email = profile.email.as_deref().unwrap_or_default();
    input
        .username
        .as_ref()
        .is_some_and(|name| *name != user.username)
        || input.email.as_ref().is_some_and(|text| text != email)
        || input
            .email_verified
            .is_some_and(|is| is != profile.email_verified)
}

/// Whether another client becomes the API's client, which can introspect and exchange the API's tokens.
pub fn of_resource(before: Option<&Resource>, after: &Resource) -> bool {
    before.and_then(|resource| resource.client_id.as_ref()) != after.client_id.as_ref()
}
