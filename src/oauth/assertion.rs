//! Checks of every assertion (RFC 7523 §3), of clients and of trusted issuers: valid now, not for too long, and used
//! once.

use serde::Deserialize;

use crate::{
    crypto::hash,
    domain::time::{Lifetime, NumericDate, UnixSeconds},
    store::{StoreError, Tx, used_jtis},
};

/// Maximum difference between the sender's clock and this server's.
const SKEW: Lifetime = Lifetime(30);
/// Maximum lifetime of an assertion; its `jti` is stored as long.
const LONGEST: Lifetime = Lifetime::hours(1);

/// Period in which an assertion is valid.
#[derive(Clone, Copy, Deserialize)]
pub struct Times {
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
}

impl Times {
    /// Checks that it is valid at `now`.
    pub fn check(&self, now: UnixSeconds) -> Result<(), &'static str> {
        let exp = self.exp.seconds();
        if now >= exp + SKEW {
            return Err("The assertion has expired.");
        }
        if exp > now + LONGEST + SKEW {
            return Err("exp of the assertion must be at most one hour away.");
        }
        let begins = [self.nbf, self.iat].into_iter().flatten();
        match begins
            .map(NumericDate::seconds)
            .any(|begin| begin > now + SKEW)
        {
            true => Err("iat or nbf of the assertion is in the future. Check the clock."),
            false => Ok(()),
        }
    }

    /// Time until which a second use must be detected.
    fn remembered_until(&self) -> UnixSeconds {
        self.exp.seconds() + SKEW
    }
}

/// Identifier of the assertion, so that it can be used once.
pub struct Once {
    digest: [u8; 32],
    until: UnixSeconds,
}

impl Once {
    /// The assertion of this kind and issuer with this id.
    pub fn new(kind: &'static str, issuer: &str, id: &str, times: &Times) -> Self {
        Self {
            digest: hash::digest_of(kind, &[issuer.as_bytes(), id.as_bytes()]),
            until: times.remembered_until(),
        }
    }

    /// The statement decides, so that only one of two simultaneous uses succeeds (RFC 7523 §3 (7)).
    pub fn is_first_use(&self, tx: &Tx) -> Result<bool, StoreError> {
        used_jtis::first_use(tx, &self.digest, self.until)
    }
}
