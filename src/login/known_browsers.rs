//! Known browsers: those in which users have signed in before, proved by a cookie (OWASP's device cookies). Wrong
//! guesses by others do not delay the user there.
//!
//! Nothing of it is stored. The cookie has one entry for each account: a random ID, its expiry, and two keyed hashes:
//! of both with the account and its password hash, and of the ID with only the account, with which a new sign-in
//! replaces an entry from before a password change. So it contains no name, is valid only for that account, survives a
//! restart, and is invalidated everywhere by a new password. It does not sign anyone in: it only has its own limit on
//! wrong passwords.

use crate::{
    app::App,
    crypto::{hash, random},
    domain::{
        time::{Lifetime, UnixSeconds},
        user::User,
    },
    throttle::Counted,
};

/// Time after the latest sign-in for which a browser is known.
pub const KNOWN_FOR: Lifetime = Lifetime::days(180);
/// Accounts of one browser: the latest.
const MOST_ACCOUNTS: usize = 4;
const SEPARATOR: char = '.';

const ID_LEN: usize = 16;
/// Bytes of the HMAC: half, the minimum of RFC 2104 §5.
const TAG_LEN: usize = 16;
/// Enough to tell four accounts apart, and so little that the cookie stays short.
const ACCOUNT_LEN: usize = 4;
const ENTRY_LEN: usize = ID_LEN + 8 + TAG_LEN + ACCOUNT_LEN;

/// Content of the cookie of a browser.
#[derive(Default)]
pub struct KnownBrowsers(Vec<Entry>);

#[derive(Clone, Copy)]
struct Entry {
    id: [u8; ID_LEN],
    expires_at: UnixSeconds,
    tag: [u8; TAG_LEN],
    account: [u8; ACCOUNT_LEN],
}

impl KnownBrowsers {
    pub fn parse(cookie: &str) -> Self {
        let entries = cookie.split(SEPARATOR).filter_map(Entry::parse);
        Self(entries.take(MOST_ACCOUNTS).collect())
    }

    /// Key for counting wrong passwords of this user here, if the user has signed in here before.
    pub fn counted(&self, app: &App, user: &User) -> Option<Counted<'static>> {
        let entry = self.0.iter().find(|entry| entry.is_of(app, user))?;
        Some(Counted::KnownBrowser(entry.id))
    }

    /// Cookie after this user has signed in with a password. An existing entry keeps its ID, so that its count
    /// continues.
    pub fn after_sign_in(&self, app: &App, user: &User) -> String {
        let own = self.0.iter().find(|entry| entry.is_of(app, user));
        let id = own.map_or_else(random::bytes, |entry| entry.id);
        let others = self.0.iter().filter(|entry| {
            let is_other = account(app, user, &entry.id) != entry.account;
            is_other && app.now() < entry.expires_at
        });
        let entries = std::iter::once(Entry::new(app, user, id)).chain(others.copied());
        let texts: Vec<_> = entries
            .take(MOST_ACCOUNTS)
            .map(|entry| entry.text())
            .collect();
        texts.join(&SEPARATOR.to_string())
    }
}

impl Entry {
    fn new(app: &App, user: &User, id: [u8; ID_LEN]) -> Self {
        let expires_at = app.now() + KNOWN_FOR;
        let account = account(app, user, &id);
        let tag = tag(app, user, &id, expires_at, account);
        Self {
            id,
            expires_at,
            tag,
            account,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; ENTRY_LEN] = hash::from_base64url(text)?.try_into().ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let (tag, account) = rest.split_first_chunk()?;
        Some(Self {
            id: *id,
            expires_at: UnixSeconds(i64::from_be_bytes(*expires_at)),
            tag: *tag,
            account: account.try_into().ok()?,
        })
    }

    fn text(&self) -> String {
        let expires_at = self.expires_at.0.to_be_bytes();
        hash::base64url(&[&self.id[..], &expires_at, &self.tag, &self.account].concat())
    }

    fn is_of(&self, app: &App, user: &User) -> bool {
        let tag = tag(app, user, &self.id, self.expires_at, self.account);
        app.now() < self.expires_at && hash::constant_time_eq(&tag, &self.tag)
    }
}

fn tag(
    app: &App,
    user: &User,
    id: &[u8],
    expires_at: UnixSeconds,
    account: [u8; ACCOUNT_LEN],
) -> [u8; TAG_LEN] {
    let password = user.password_hash.as_ref();
    let parts = [
        user.sub.as_str().as_bytes(),
        password.map_or(&[][..], |hash| hash.0.as_bytes()),
        id,
        &expires_at.0.to_be_bytes(),
        &account,
    ];
    let mut tag = [0; TAG_LEN];
    tag.copy_from_slice(&app.mac.mac("known browser", &parts)[..TAG_LEN]);
    tag
}

fn account(app: &App, user: &User, id: &[u8]) -> [u8; ACCOUNT_LEN] {
    let parts = [user.sub.as_str().as_bytes(), id];
    let mut account = [0; ACCOUNT_LEN];
    account.copy_from_slice(&app.mac.mac("account of a known browser", &parts)[..ACCOUNT_LEN]);
    account
}
