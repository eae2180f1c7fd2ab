//! Refresh tokens: the grants that get one, and its lifetime (RFC 6749 §6).

use crate::{
    crypto::{
        hash::{self, MacKey},
        random,
    },
    directory::Directory,
    domain::{
        client::Client,
        grant::Grant,
        grant_type::GrantType,
        id::Id,
        scope::{self, ScopeSet},
        secret::Secret,
        time::UnixSeconds,
        token::{OpaqueToken, RefreshTokenRecord},
    },
    store::{StoreError, Tx, refresh_tokens},
};

/// A refresh token is what `offline_access` and the `refresh_token` grant of the registration yield.
pub fn yields_refresh_token(client: &Client, scope: &ScopeSet) -> bool {
    scope.contains(scope::OFFLINE_ACCESS) && client.may_use(GrantType::RefreshToken)
}

/// Records the first refresh token of a grant.
pub(super) fn record(
    directory: &Directory,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
) -> Result<Secret, StoreError> {
    let token = OpaqueToken {
        id: tx.new_id(),
        secret: random::secret(),
    };
    insert(directory, tx, client, grant, &token)?;
    Ok(token.to_secret())
}

/// Records the successor of a refresh token. Its secret is derived from its predecessor's and not stored, so that a
/// retry of the latest refresh can get the same successor.
pub fn record_successor(
    directory: &Directory,
    mac: &MacKey,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    id: Id,
    predecessor: &OpaqueToken,
) -> Result<Secret, StoreError> {
    let token = successor(mac, id, predecessor);
    insert(directory, tx, client, grant, &token)?;
    Ok(token.to_secret())
}

/// Successor of a refresh token with a known ID.
pub fn successor(mac: &MacKey, id: Id, predecessor: &OpaqueToken) -> OpaqueToken {
    let parts: [&[u8]; 2] = [id.as_bytes(), predecessor.secret.expose().as_bytes()];
    let secret = hash::base64url(&mac.mac("refresh token successor", &parts));
    OpaqueToken {
        id,
        secret: Secret::new(secret),
    }
}

/// Moves the idle limit of a refresh token that is used and not rotated.
pub fn extend_refresh_token(
    directory: &Directory,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    id: Id,
) -> Result<(), StoreError> {
    refresh_tokens::extend(tx, id, idle_until(directory, tx, client, grant))
}

/// Expiry of a refresh token issued or used now: the idle limit, within the absolute limit, which does not change with
/// use.
fn idle_until(directory: &Directory, tx: &Tx, client: &Client, grant: &Grant) -> UnixSeconds {
    let idle = client
        .metadata
        .refresh_token_idle_lifetime
        .unwrap_or(directory.live().refresh_token_idle_lifetime);
    (tx.now + idle).min(grant.expires_at)
}

fn insert(
    directory: &Directory,
    tx: &Tx,
    client: &Client,
    grant: &Grant,
    token: &OpaqueToken,
) -> Result<(), StoreError> {
    refresh_tokens::insert(
        tx,
        &RefreshTokenRecord {
            id: token.id,
            secret_hash: hash::secret_hash(token.secret.expose()),
            grant_id: grant.id,
            client_id: grant.client_id.clone(),
            issued_at: tx.now,
            expires_at: idle_until(directory, tx, client, grant),
            used_at: None,
            successor_id: None,
        },
    )
}
