//! Counters of the server, in buckets of time.

use std::collections::BTreeMap;

use super::{StoreError, Tx};
use crate::domain::{
    counted::Series,
    time::{Lifetime, UnixSeconds},
};

/// Short buckets, for charts of a day.
pub const FIVE_MINUTES: Lifetime = Lifetime::minutes(5);
/// Long buckets, for charts of weeks.
pub const HOUR: Lifetime = Lifetime::hours(1);
/// The one bucket of everything.
const EVER: Lifetime = Lifetime(0);

/// Adds what was counted to the buckets of now.
pub fn add(tx: &Tx, counted: &BTreeMap<Series, u64>) -> Result<(), StoreError> {
    for (series, count) in counted {
        for step in [EVER, FIVE_MINUTES, HOUR] {
            tx.execute(
                "INSERT INTO counters (step, bucket, name, labels, count) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (
                    step.0,
                    bucket(tx.now, step),
                    &*series.name,
                    &series.labels,
                    i64::try_from(*count).unwrap_or(i64::MAX),
                ),
            )?;
        }
    }
    Ok(())
}

/// Start of the bucket that contains `at`.
pub fn bucket(at: UnixSeconds, step: Lifetime) -> UnixSeconds {
    match i64::from(step.0) {
        0 => UnixSeconds(0),
        step => UnixSeconds(at.0 - at.0.rem_euclid(step)),
    }
}

/// Everything that was ever counted.
pub fn totals(tx: &Tx) -> Result<BTreeMap<Series, u64>, StoreError> {
    let rows = tx.query_all(
        "SELECT name, labels, count FROM counters WHERE step = 0",
        [],
        |row| {
            let series = Series {
                name: row.get::<_, String>(0)?.into(),
                labels: row.get(1)?,
            };
            Ok((series, row.get::<_, i64>(2)?.unsigned_abs()))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// Sum of `name` per bucket, in those that start at `since` or later, with any labels.
pub fn sums(
    tx: &Tx,
    name: &str,
    step: Lifetime,
    since: UnixSeconds,
) -> Result<BTreeMap<UnixSeconds, u64>, StoreError> {
    let rows = tx.query_all(
        "SELECT bucket, sum(count) FROM counters WHERE step = ?1 AND bucket >= ?2 AND name = ?3 GROUP BY bucket",
        (step.0, since, name),
        |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())),
    )?;
    Ok(rows.into_iter().collect())
}
