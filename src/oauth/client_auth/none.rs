//! `none`: a public client, which only sends its ID (RFC 6749 §2.1).

use super::credentials::{Credentials, Presented, Proof};
use crate::oauth::error::OAuthError;

/// The `client_id` of a request that proves nothing.
pub(super) fn read(presented: &Presented<'_>) -> Result<Option<Credentials>, OAuthError> {
    let params = presented.params;
    let proves = ["client_secret", "client_assertion", "client_assertion_type"]
        .iter()
        .any(|name| params.optional(name).is_some());
    let client_id = params
        .optional("client_id")
        .filter(|_| !proves && presented.authorization.is_none());
    Ok(client_id.map(|client_id| Credentials {
        client_id: client_id.to_owned(),
        proof: Proof::None,
        basic: false,
    }))
}
