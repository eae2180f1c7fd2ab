//! Deletes expired rows, in small batches, so that no request has to wait.

use super::{
    StoreError, Tx,
    audit_events::UNPROVEN_ROW_BYTES,
    counters::{FIVE_MINUTES, HOUR},
};
use crate::domain::{
    id::Id,
    time::{Lifetime, UnixMillis, UnixSeconds},
};

/// Retention of used codes and refresh tokens and of inactive grants and sessions: long enough to distinguish a replay
/// from an unknown token, to be examined, and for a wrong clock to be corrected.
pub const KEPT: Lifetime = Lifetime::days(1);

/// Retention of a `jti` after its expiry: as far as a clock can be set back.
const JTIS_KEPT: Lifetime = Lifetime::hours(1);

/// Retention of counters per five minutes, and per hour.
const SHORT_KEPT: Lifetime = Lifetime::days(2);
const LONG_KEPT: Lifetime = Lifetime::days(90);

/// One statement per table. `?1` is the time before which rows are deleted, `?2` their maximum number.
const STATEMENTS: &[&str] = &[
    "DELETE FROM access_tokens WHERE id IN (SELECT id FROM access_tokens WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM authorization_codes WHERE id IN
       (SELECT id FROM authorization_codes WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM refresh_tokens WHERE id IN (SELECT id FROM refresh_tokens WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM logout_notices WHERE id IN (SELECT id FROM logout_notices WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM admin_sessions WHERE id IN (SELECT id FROM admin_sessions WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM revocations WHERE (kind, key) IN
       (SELECT kind, key FROM revocations WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM home_networks WHERE (sub, network) IN
       (SELECT sub, network FROM home_networks WHERE expires_at < ?1 LIMIT ?2)",
    // Kept for 30 days, in which it can be restored.
    "DELETE FROM deleted_objects WHERE (kind, name) IN
       (SELECT kind, name FROM deleted_objects WHERE deleted_at < ?1 - 2505600 LIMIT ?2)",
    "DELETE FROM password_links WHERE sub IN (SELECT sub FROM password_links WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM setup_tokens WHERE sha256 IN (SELECT sha256 FROM setup_tokens WHERE expires_at < ?1 LIMIT ?2)",
];

/// Retention, after expiry, of records created without authentication, so that a polling client still learns the
/// outcome.
const UNPROVEN_KEPT: Lifetime = Lifetime::minutes(5);

/// Like [`STATEMENTS`], for records created without authentication.
const UNPROVEN: &[&str] = &[
    "DELETE FROM device_codes WHERE id IN (SELECT id FROM device_codes WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM pushed_requests WHERE id IN
       (SELECT id FROM pushed_requests WHERE expires_at < ?1 LIMIT ?2)",
];

/// Maximum number of events caused by strangers in the audit log: failed requests, registrations.
pub const MOST_UNPROVEN_EVENTS: u32 = 20_000;
/// The most that they can come to in bytes, keys included: 28 MB. The indexes, which hold some columns again, at most
/// double that.
const _: () = assert!(MOST_UNPROVEN_EVENTS as usize * UNPROVEN_ROW_BYTES <= 28_000_000);

/// Deletes at most `limit` rows per table that had expired at `now`; returns their number.
pub fn batch(tx: &Tx, now: UnixSeconds, limit: u32) -> Result<usize, StoreError> {
    let before = now - KEPT;
    let mut gone = 0;
    for sql in STATEMENTS {
        gone += tx.execute(sql, (before, limit))?;
    }
    for sql in UNPROVEN {
        gone += tx.execute(sql, (now - UNPROVEN_KEPT, limit))?;
    }
    gone += tx.execute(
        "DELETE FROM audit_events WHERE id IN
           (SELECT id FROM audit_events WHERE actor IS NULL
            ORDER BY id DESC LIMIT ?2 OFFSET ?1)",
        (MOST_UNPROVEN_EVENTS, limit),
    )?;
    gone += tx.execute(
        "DELETE FROM used_jtis WHERE digest IN (SELECT digest FROM used_jtis WHERE expires_at < ?1 LIMIT ?2)",
        (now - JTIS_KEPT, limit),
    )?;
    for (step, kept) in [(FIVE_MINUTES, SHORT_KEPT), (HOUR, LONG_KEPT)] {
        gone += tx.execute(
            "DELETE FROM counters WHERE (step, bucket, name, labels) IN
               (SELECT step, bucket, name, labels FROM counters WHERE step = ?1 AND bucket < ?2 LIMIT ?3)",
            (step.0, now - kept, limit),
        )?;
    }
    Ok(gone)
}

/// Deletes at most `limit` of the events from before `time`, the oldest first; how many went.
pub fn events(tx: &Tx, time: UnixSeconds, limit: u32) -> Result<usize, StoreError> {
    let before = UnixMillis(time.0.saturating_mul(1000));
    tx.execute(
        "DELETE FROM audit_events WHERE id IN
           (SELECT id FROM audit_events WHERE id < ?1 ORDER BY id LIMIT ?2)",
        (Id::first_of(before), limit),
    )
}

/// Free pages that the file keeps, so that it does not shrink and grow all the time.
const SPARE_PAGES: u32 = 1024;

/// Returns at most `limit` free pages to the file system, beyond the reserved ones; returns their number.
pub fn give_back(tx: &Tx, limit: u32) -> Result<usize, StoreError> {
    let free: u32 = tx.query_one("PRAGMA freelist_count", [], |row| row.get(0))?;
    let pages = free.saturating_sub(SPARE_PAGES).min(limit);
    if pages == 0 {
        return Ok(0);
    }
    // It returns one row per page.
    let gone = tx.query_all(&format!("PRAGMA incremental_vacuum({pages})"), [], |_| {
        Ok(())
    })?;
    Ok(gone.len())
}
