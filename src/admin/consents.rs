//! Stored consents of users for clients, and revoking them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{AdminError, Applied, By, Kind, account, clients, users};
use crate::{
    domain::{
        consent::{Allowed, Consent},
        name::Subject,
        scope::ScopeSet,
    },
    store::{Tx, consents, users as stored_users},
};

/// Consent of one user for a client.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminConsent")]
pub struct ConsentView {
    pub sub: Subject,
    pub username: Option<String>,
    pub allowed: Vec<AllowedView>,
}

/// Consent for one resource. The time is RFC 3339.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminConsentFor")]
pub struct AllowedView {
    /// `null`: this server's own endpoints.
    pub resource: Option<String>,
    pub scope: ScopeSet,
    /// Claims that were requested by name (OIDC Core §5.5).
    pub claims: BTreeSet<String>,
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: String,
}

/// Filter and position in the list of users with consents for a client, in the order of `sub`.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Only the user with this username or `sub`.
    pub user: Option<&'a str>,
    pub descending: bool,
    /// Position: users after this `sub`.
    pub after: Option<&'a str>,
}

/// The next `limit` matching users, with their consents for the client.
pub fn of_client(
    tx: &Tx,
    client_id: &str,
    wanted: Wanted<'_>,
    limit: u32,
) -> Result<Vec<ConsentView>, AdminError> {
    clients::get(tx, client_id)?;
    let subs = match wanted.user {
        None => consents::users_of(tx, client_id, wanted.descending, wanted.after, limit)?,
        Some(name) => match users::find(tx, name) {
            Ok(user) => vec![user.sub],
            Err(AdminError::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(error),
        },
    };
    let mut found = Vec::new();
    for sub in subs {
        let Allowed(allowed) = consents::get(tx, sub.as_str(), client_id)?;
        if !allowed.is_empty() {
            let user = stored_users::get(tx, sub.as_str())?;
            found.push(ConsentView {
                username: user.map(|user| user.username),
                allowed: allowed.into_iter().map(AllowedView::from).collect(),
                sub,
            });
        }
    }
    Ok(found)
}

/// Revokes the consents of the user for the client, as the user can at `/account`, with all grants and tokens that
/// resulted.
pub fn revoke(tx: &Tx, by: &By, client_id: &str, sub: &str) -> Result<Applied<()>, AdminError> {
    clients::get(tx, client_id)?;
    account::remove_access(tx, by, &Subject::trusted(sub), client_id).map_err(|error| match error {
        AdminError::NotFound { .. } => AdminError::not_found(Kind::GRANT, sub),
        other => other,
    })
}

impl From<Consent> for AllowedView {
    fn from(consent: Consent) -> Self {
        let is_here = consent.resource == Consent::NOWHERE_ELSE;
        Self {
            resource: (!is_here).then_some(consent.resource),
            scope: consent.scope,
            claims: consent.claims,
            updated_at: consent.updated_at.rfc3339(),
        }
    }
}
