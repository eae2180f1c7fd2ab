//! Turns for hashing passwords and chosen client secrets, which takes about 30 ms and 19 MiB, with
//! [`crate::concurrency::turns`]. All share the same few places, so that hashing leaves processors and memory to other
//! requests.
//!
//! - An account in a known browser, and a user who sets a password (signed in, or with a valid link), have a lane
//!   without strangers. They are parties by `sub`, whatever cookies they send.
//! - An account where it is at home waits in that lane, too, but as a party by its site: anyone behind the same
//!   address can ask in the name of every account that is at home there.
//! - All others who sign in are strangers: parties by site, then by network.
//! - A client that shows a secret that is not known to be right has the third lane: a party by site, then by network, then
//!   by the client that is named, which need not be there.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    concurrency::turns::{Lane, Limits, Turn, Turns},
    store::StoreError,
    throttle::Network,
};

const LIMITS: Limits = Limits {
    at_once: 5,
    of_widest: |lane| match lane {
        Lane::Proven | Lane::Strangers => 1,
        // Clients do not wait for each other, and the services of a small deployment often share an address.
        Lane::Clients => 2,
    },
    // A place works off about 30 a second.
    waiting: 100,
};
/// Maximum time to wait on a slow machine, and the longer one for setting passwords, after the user has filled in a
/// form or sent a list.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_OF_CHOOSING: Duration = Duration::from_secs(15);

/// Party for which a password or secret is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashing<'a> {
    /// Somebody who chooses a password: their `sub`, or as an administrator what the audit log calls them.
    Choosing(&'a str),
    /// A sign-in to this account in a browser that it has used, by the id in its cookie.
    KnownBrowser(&'a str, [u8; 16]),
    /// A sign-in to this account from its home network, which anyone there can attempt.
    AtHome(&'a str, Network),
    Stranger(Network),
    /// A client secret in the name of this client.
    ClientSecret(Network, &'a str),
}

/// Names of a party at one level.
#[derive(Hash)]
enum Name<'a> {
    Account(&'a str),
    Choosing,
    Browser([u8; 16]),
    Network(Network),
    Client(&'a str),
}

pub struct HashingTurns(Turns);

impl Default for HashingTurns {
    fn default() -> Self {
        Self(Turns::new(LIMITS))
    }
}

impl HashingTurns {
    /// The right to hash once. If it does not come soon, the server is busy.
    pub async fn turn(&self, whose: Hashing<'_>) -> Result<Turn, StoreError> {
        use Name::{Account, Browser, Choosing, Client, Network};
        let (lane, party) = match whose {
            Hashing::Choosing(who) => (Lane::Proven, vec![Account(who), Choosing]),
            Hashing::KnownBrowser(sub, id) => (Lane::Proven, vec![Account(sub), Browser(id)]),
            Hashing::AtHome(sub, from) => (Lane::Proven, vec![Network(from.site()), Account(sub)]),
            Hashing::Stranger(from) => (Lane::Strangers, vec![Network(from.site()), Network(from)]),
            Hashing::ClientSecret(from, id) => (
                Lane::Clients,
                vec![Network(from.site()), Network(from), Client(id)],
            ),
        };
        let patience = match whose {
            Hashing::Choosing(_) => PATIENCE_OF_CHOOSING,
            _ => PATIENCE,
        };
        let turn = timeout(patience, self.0.wait(lane, &party)).await;
        turn.ok().flatten().ok_or(StoreError::Overloaded)
    }
}
