//! Pages of issued access tokens and grants for administrators, newest first. An index finds the matching ones, however
//! many there are.

use rusqlite::Row;

use super::{Beyond, StoreError, Tx, access_tokens, grants};
use crate::domain::{
    grant::Grant,
    id::Id,
    time::UnixSeconds,
    token::{AccessTokenRecord, LONGEST_ACCESS_TOKEN, LONGEST_CHAIN, Origin},
};

/// Filter for those that match all given values.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<Id>,
    pub client_id: Option<String>,
    pub sub: Option<String>,
    /// Access tokens only: with this party in their chain, directly or through others.
    pub actor: Option<String>,
    pub origin: Option<Origin>,
    /// Access tokens only: delegated ones.
    pub delegated: bool,
    /// Active or inactive ones.
    pub active: Option<bool>,
}

/// An access token, and whether it was revoked.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub token: AccessTokenRecord,
    pub revoked: bool,
}

/// Whether a revocation covers the access token: the rule of [`crate::directory::Directory::is_revoked`] in SQL.
const REVOKED: &str = "(
    EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'all' AND r.key = '' AND r.up_to >= t.id)
 OR EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'token' AND r.key = lower(hex(t.id)) AND r.up_to >= t.id)
 OR EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'client' AND r.key = t.client_id AND r.up_to >= t.id)
 OR EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'user' AND r.key = t.sub AND r.up_to >= t.id)
 OR EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'grant' AND r.key = lower(hex(t.grant_id)) AND r.up_to >= t.id)
 OR EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'session' AND r.key = lower(hex(t.session_id))
              AND r.up_to >= t.id)
 OR (t.act IS NOT NULL AND EXISTS (SELECT 1 FROM json_tree(t.act) j CROSS JOIN revocations r
       ON r.kind = 'user' AND r.key = j.value WHERE j.key = 'sub' AND r.up_to >= t.id)))";

/// Number of access tokens of the last day that are scanned for inactive ones.
const MOST_GONE_THROUGH: u32 = 5_000;

/// The next `limit` access tokens that match the filter, after `from`. Inactive ones issued within a day are only those
/// among the latest 5,000 that match the rest of the filter.
pub fn tokens(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<IssuedToken>, StoreError> {
    // The condition that selects the index. The plus in the others keeps SQLite from choosing another.
    let lead = match filter {
        Filter { id: Some(_), .. } => "t.id = ?3",
        Filter {
            sub: Some(_),
            delegated: true,
            ..
        } => "t.sub = ?5 AND t.act IS NOT NULL",
        // A client's own: the index of subjects is without them.
        Filter { sub, client_id, .. } if sub.is_some() && sub == client_id => "t.client_id = ?4",
        Filter { sub: Some(_), .. } => "t.sub = ?5 AND t.sub <> t.client_id",
        Filter { actor: Some(_), .. } => return acted_in(tx, filter, from, limit),
        Filter {
            client_id: Some(_), ..
        } => "t.client_id = ?4",
        Filter {
            delegated: true, ..
        } => "t.act IS NOT NULL",
        _ => "true",
    };
    led_to(tx, lead, filter, from, limit)
}

/// [`tokens`] of an actor: each position in a chain has an index of its own, whose results are merged.
fn acted_in(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<IssuedToken>, StoreError> {
    let mut found = Vec::new();
    for depth in 0..LONGEST_CHAIN {
        let path = format!("'$.{}sub'", "act.".repeat(depth));
        let lead =
            format!("t.act ->> {path} = ?6 AND t.act ->> {path} IS NOT NULL AND t.act IS NOT NULL");
        found.extend(led_to(tx, &lead, filter, from, limit)?);
    }
    Beyond::sort(from, &mut found, |one| one.token.id);
    // A party can be twice in one chain.
    found.dedup_by_key(|one| one.token.id);
    found.truncate(limit as usize);
    Ok(found)
}

fn led_to(
    tx: &Tx,
    lead: &str,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<IssuedToken>, StoreError> {
    let (above, below, way) = Beyond::bounds(from);
    // No token is valid for longer, so older ones have expired and are not checked.
    let oldest_alive = Id::first_of(tx.now_ms.before(LONGEST_ACCESS_TOKEN));
    let recent = (above.max(oldest_alive), below, way);
    let past = (above, below.min(oldest_alive), way);
    match filter.active {
        // Tokens revoked together are below one ID, and are not scanned one by one.
        Some(true) => {
            let alive = format!(
                "AND t.id > coalesce((SELECT up_to FROM revocations WHERE kind = 'all' AND key = ''), x'')
                 AND t.id > coalesce((SELECT up_to FROM revocations WHERE kind = 'client' AND key = ?4), x'')
                 AND t.id > coalesce((SELECT up_to FROM revocations WHERE kind = 'user' AND key = ?5), x'')
                 AND +t.expires_at > ?2 AND NOT {REVOKED}"
            );
            between(tx, lead, filter, recent, &alive, limit)
        }
        // There is no index of revoked tokens: only the latest of the recent ones are scanned.
        Some(false) => {
            let ended = format!(
                "AND t.id >= coalesce((SELECT u.id FROM access_tokens u WHERE u.id < ?1 AND {}
                                       ORDER BY u.id DESC LIMIT 1 OFFSET {MOST_GONE_THROUGH}), x'')
                 AND (+t.expires_at <= ?2 OR {REVOKED})",
                lead.replace("t.", "u.")
            );
            let mut parts = [(recent, ended.as_str()), (past, "")];
            if matches!(from, Some(Beyond::Newer(_))) {
                parts.reverse();
            }
            let mut found = Vec::new();
            for (bounds, state) in parts {
                let left = limit - u32::try_from(found.len()).unwrap_or(limit).min(limit);
                found.extend(between(tx, lead, filter, bounds, state, left)?);
            }
            Ok(found)
        }
        None => between(tx, lead, filter, (above, below, way), "", limit),
    }
}

/// Tokens with IDs between the bounds, in order. `state` is an additional condition.
fn between(
    tx: &Tx,
    lead: &str,
    filter: &Filter,
    (above, below, way): (Id, Id, &str),
    state: &str,
    limit: u32,
) -> Result<Vec<IssuedToken>, StoreError> {
    let delegated = match filter.delegated {
        true => "AND t.act IS NOT NULL",
        false => "",
    };
    let sql = format!(
        "SELECT {}, {REVOKED} FROM access_tokens t
         WHERE t.id < ?1 AND t.id > ?9 AND {lead} {delegated} {state} AND (?3 IS NULL OR +t.id = ?3)
           AND (?4 IS NULL OR +t.client_id = ?4) AND (?5 IS NULL OR +t.sub = ?5)
           AND (?6 IS NULL OR EXISTS (SELECT 1 FROM json_tree(t.act) j WHERE j.key = 'sub' AND j.value = ?6))
           AND (?7 IS NULL OR +t.origin = ?7)
         ORDER BY t.id {way} LIMIT ?8",
        access_tokens::COLUMNS
    );
    let params = (
        below,
        tx.now,
        filter.id,
        &filter.client_id,
        &filter.sub,
        &filter.actor,
        filter.origin.map(Origin::as_str),
        limit,
        above,
    );
    tx.query_all(&sql, params, |row| {
        Ok(IssuedToken {
            token: access_tokens::read_record(row)?,
            revoked: row.get(12)?,
        })
    })
}

/// A grant, and how long its refresh token lives that was not used yet, if it has one.
#[derive(Clone, Debug)]
pub struct IssuedGrant {
    pub grant: Grant,
    pub refresh_until: Option<UnixSeconds>,
    pub refreshed_at: Option<UnixSeconds>,
}

/// The next `limit` grants that the filter lets through, those beyond `from`.
pub fn grants(
    tx: &Tx,
    filter: &Filter,
    from: Option<Beyond>,
    limit: u32,
) -> Result<Vec<IssuedGrant>, StoreError> {
    let (above, below, way) = Beyond::bounds(from);
    let lead = match filter {
        Filter { id: Some(_), .. } => "g.id = ?3",
        Filter { sub: Some(_), .. } => "g.sub = ?5",
        Filter {
            client_id: Some(_), ..
        } => "g.client_id = ?4",
        _ => "true",
    };
    let state = match filter.active {
        Some(true) => "AND g.revoked_at IS NULL AND +g.expires_at > ?2",
        Some(false) => "AND (g.revoked_at IS NOT NULL OR +g.expires_at <= ?2)",
        None => "",
    };
    let sql = format!(
        "SELECT {},
           (SELECT max(r.expires_at) FROM refresh_tokens r
             WHERE r.grant_id = g.id AND r.used_at IS NULL AND r.expires_at > ?2),
           (SELECT max(r.issued_at) FROM refresh_tokens r WHERE r.grant_id = g.id)
         FROM grants g
         WHERE g.id < ?1 AND g.id > ?8 AND {lead} {state} AND (?3 IS NULL OR +g.id = ?3)
           AND (?4 IS NULL OR +g.client_id = ?4) AND (?5 IS NULL OR +g.sub = ?5)
           AND (?6 IS NULL OR +g.origin = ?6)
         ORDER BY g.id {way} LIMIT ?7",
        grants::COLUMNS
    );
    let params = (
        below,
        tx.now,
        filter.id,
        &filter.client_id,
        &filter.sub,
        filter.origin.map(Origin::as_str),
        limit,
        above,
    );
    tx.query_all(&sql, params, read_grant)
}

fn read_grant(row: &Row<'_>) -> rusqlite::Result<IssuedGrant> {
    Ok(IssuedGrant {
        grant: grants::read(row)?,
        refresh_until: row.get(17)?,
        refreshed_at: row.get(18)?,
    })
}
