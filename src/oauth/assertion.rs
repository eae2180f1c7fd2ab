//! What holds of every assertion (RFC 7523 §3), be it that of a client or of a trusted issuer: it is good
//! now, not for long, and once.

use serde::Deserialize;

use crate::{
    crypto::hash,
    domain::time::{Lifetime, NumericDate, UnixSeconds},
    store::{StoreError, Tx, used_jtis},
};

/// How far the clock of who made it may be from ours.
const SKEW: Lifetime = Lifetime(30);
/// How long an assertion may be good: its jti is remembered as long.
const LONGEST: Lifetime = Lifetime::hours(1);

/// When an assertion is good.
#[derive(Clone, Copy, Deserialize)]
pub struct Times {
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
}

impl Times {
    /// Whether it is good at `now`, or what is wrong.
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

    /// Until when a second use must be noticed.
    fn remembered_until(&self) -> UnixSeconds {
        self.exp.seconds() + SKEW
    }
}

/// Which assertion it is, so that it counts once.
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

    /// RFC 7523 §3 (7): the statement decides, so that of two at once one is refused.
    pub fn is_first_use(&self, tx: &Tx) -> Result<bool, StoreError> {
        used_jtis::first_use(tx, &self.digest, self.until)
    }
}
