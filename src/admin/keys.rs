//! Signing keys: the list, and rotation with overlap.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{AdminError, Applied, By, Change, Kind, record};
use crate::{
    crypto::keys::{Algorithm, SigningKey},
    domain::{
        signing_key::{KeySchedule, KeyState, StoredSigningKey},
        time::{Lifetime, UnixSeconds},
        token::LONGEST_ACCESS_TOKEN,
    },
    store::{StoreError, Tx, signing_keys},
};

/// Time that a replaced key stays published: the maximum lifetime of the tokens it signed.
const KEPT: Lifetime = LONGEST_ACCESS_TOKEN;

/// A signing key, without its private half. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminKey")]
pub struct KeyView {
    /// RFC 7638 thumbprint
    pub kid: String,
    pub alg: String,
    pub state: KeyState,
    /// Time of publication.
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    /// Time from which it signs.
    #[schemars(extend("format" = "date-time"))]
    pub activates_at: String,
    /// Time at which its signatures become invalid; `null` while it has no successor.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: Option<String>,
}

/// All keys, grouped by algorithm, oldest first.
pub fn list(tx: &Tx) -> Result<Vec<KeyView>, StoreError> {
    let keys = signing_keys::all(tx)?;
    Ok(keys.iter().map(|key| view(&keys, key, tx.now)).collect())
}

fn view(keys: &[StoredSigningKey], key: &StoredSigningKey, now: UnixSeconds) -> KeyView {
    let schedule = key.schedule;
    KeyView {
        kid: key.kid.clone(),
        alg: key.alg.clone(),
        state: state(keys, key, now),
        created_at: schedule.created_at.rfc3339(),
        activates_at: schedule.activates_at.rfc3339(),
        expires_at: schedule.expires_at.map(UnixSeconds::rfc3339),
    }
}

fn state(keys: &[StoredSigningKey], key: &StoredSigningKey, now: UnixSeconds) -> KeyState {
    let signing = keys
        .iter()
        .filter(|other| other.alg == key.alg)
        .filter_map(|other| other.schedule.rank(now))
        .max();
    key.schedule.state(now, signing)
}

/// Generates a key to rotate to. This is slow for RS256: do not call it in a transaction.
pub fn generate(algorithm: Algorithm) -> Result<SigningKey, AdminError> {
    SigningKey::generate(algorithm)
        .map_err(|error| AdminError::Store(StoreError::Internal(error.to_string())))
}

/// Start of signing with a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// After it has been published this long, so that cached copies of the key set contain it.
    After(Lifetime),
    /// Immediately, for emergencies: cached copies of the key set do not contain it yet. A key that is not active yet
    /// is deleted.
    Now,
}

/// Publishes a new key. The current key of its algorithm signs until the new one is active, and stays published until
/// the last token that it signed has expired.
pub fn rotate(
    tx: &Tx,
    by: &By,
    key: &SigningKey,
    begin: Begin,
) -> Result<Applied<KeyView>, AdminError> {
    let alg = key.algorithm().as_str();
    let mut keys = signing_keys::all(tx)?;
    let activates_at = match begin {
        Begin::After(ahead) => tx.now + ahead,
        Begin::Now => tx.now,
    };
    let waiting = keys
        .iter()
        .filter(|key| key.alg == alg && state(&keys, key, tx.now) == KeyState::Next);
    for next in waiting {
        if begin != Begin::Now {
            let from = next.schedule.activates_at;
            let reason = format!(
                "Key {} is already published and becomes active at {from}.",
                next.kid
            );
            return Err(AdminError::Conflict(reason));
        }
        signing_keys::expire(tx, &next.kid, tx.now)?;
    }
    let new = StoredSigningKey {
        kid: key.kid().to_owned(),
        alg: alg.to_owned(),
        pkcs8: key.pkcs8().to_vec(),
        schedule: KeySchedule {
            created_at: tx.now,
            activates_at,
            expires_at: None,
        },
    };
    signing_keys::insert(tx, &new)?;
    signing_keys::retire_others(tx, alg, &new.kid, activates_at + KEPT)?;
    let detail = json!({ "alg": alg, "activates_at": activates_at.rfc3339() });
    let event = by.event("key.rotated").subject(&new.kid).detail(detail);
    record(tx, event, &[])?;
    keys = signing_keys::all(tx)?;
    Ok(Applied::new(view(&keys, &new, tx.now), Change::Created))
}

/// Revokes a key: its signatures become invalid immediately. `kid` can be a prefix. The active key can be revoked only
/// after it is replaced.
pub fn revoke(tx: &Tx, by: &By, kid: &str) -> Result<Applied<KeyView>, AdminError> {
    let keys = signing_keys::all(tx)?;
    let mut named = keys
        .iter()
        .filter(|key| !kid.is_empty() && key.kid.starts_with(kid));
    let key = match (named.next(), named.next()) {
        (Some(key), None) => key,
        (Some(_), Some(_)) => {
            let reason = format!("{kid:?} matches more than one key. Use a longer prefix");
            return Err(AdminError::Conflict(reason));
        }
        (None, _) => return Err(AdminError::not_found(Kind::KEY, kid)),
    };
    match state(&keys, key, tx.now) {
        KeyState::Expired => Ok(Applied::new(view(&keys, key, tx.now), Change::Unchanged)),
        KeyState::Active => Err(AdminError::Conflict(format!(
            "Key {} is active. Rotate {} first (with --now in an emergency).",
            key.kid, key.alg
        ))),
        found @ (KeyState::Next | KeyState::Retiring) => {
            signing_keys::expire(tx, &key.kid, tx.now)?;
            if found == KeyState::Next {
                // The key that it would have replaced stays active.
                let is_active =
                    |key: &&StoredSigningKey| state(&keys, key, tx.now) == KeyState::Active;
                if let Some(active) = keys
                    .iter()
                    .filter(|other| other.alg == key.alg)
                    .find(is_active)
                {
                    signing_keys::keep(tx, &active.kid)?;
                }
            }
            record(tx, by.event("key.revoked").subject(&key.kid), &[])?;
            let keys = signing_keys::all(tx)?;
            let retired = keys.iter().find(|other| other.kid == key.kid);
            let shown = view(&keys, retired.unwrap_or(key), tx.now);
            Ok(Applied::new(shown, Change::Updated))
        }
    }
}
