//! Networks from which users have signed in.

use super::{StoreError, Tx};
use crate::{domain::time::UnixSeconds, throttle::homes::MOST_OF_ONE};

/// A network in which an account is at home.
pub struct HomeNetwork {
    pub sub: String,
    pub network: Vec<u8>,
    pub expires_at: UnixSeconds,
}

/// Stored networks, latest first.
pub fn all(tx: &Tx, limit: u32) -> Result<Vec<HomeNetwork>, StoreError> {
    tx.query_all(
        "SELECT sub, network, expires_at FROM home_networks WHERE expires_at > ?1
         ORDER BY expires_at DESC LIMIT ?2",
        (tx.now, limit),
        |row| {
            Ok(HomeNetwork {
                sub: row.get(0)?,
                network: row.get(1)?,
                expires_at: row.get(2)?,
            })
        },
    )
}

/// Remembers a network, and forgets the oldest of an account that has too many.
pub fn put(tx: &Tx, home: &HomeNetwork) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO home_networks (sub, network, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
        (&home.sub, &home.network, home.expires_at),
    )?;
    tx.execute(
        "DELETE FROM home_networks WHERE sub = ?1 AND network NOT IN
           (SELECT network FROM home_networks WHERE sub = ?1 ORDER BY expires_at DESC LIMIT ?2)",
        (&home.sub, u32::try_from(MOST_OF_ONE).unwrap_or(u32::MAX)),
    )?;
    Ok(())
}
