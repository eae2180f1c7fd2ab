//! Whether a server is set up as it should be: the checks of `keyfob doctor` that need its settings and its
//! database alone.

use serde::Serialize;

use crate::{
    admin::{keys, overview},
    config::{Config, Flows, Live, Registration},
    crypto::keys::Algorithm,
    domain::{signing_key::KeyState, time::Lifetime},
    store::{
        StoreError, Tx,
        audit_events::{self, Filter},
        users,
    },
};

/// How far ahead of this clock an event may be: clocks of two machines are never the same.
const AHEAD: Lifetime = Lifetime::minutes(1);

/// What one check came to.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at; for a setting its key.
    pub check: &'static str,
    pub state: State,
    /// What is so, and what to do about it.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Allowed, and seldom meant.
    Warning,
    Failed,
}

impl Finding {
    pub fn new(check: &'static str, state: State, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { check, state, text }
    }
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        }
    }
}

/// Every check, whatever it came to. With `production` also what is meant for development alone.
pub fn examine(
    tx: &Tx,
    config: &Config,
    live: &Live,
    production: bool,
) -> Result<Vec<Finding>, StoreError> {
    let mut found = vec![administrator(tx)?, signing(tx)?, clock(tx)?];
    let warnings = overview::warnings(config, live).into_iter();
    found.extend(warnings.map(|it| Finding::new(it.setting, State::Warning, it.text)));
    if production {
        let mut further = relaxations(config, live);
        further.retain(|one| found.iter().all(|known| known.check != one.check));
        found.extend(further);
        found.push(personas(tx)?);
    }
    Ok(found)
}

fn administrator(tx: &Tx) -> Result<Finding, StoreError> {
    let (state, text) = match users::has_admin(tx)? {
        true => (State::Ok, "somebody administers this server"),
        false => (
            State::Warning,
            "nobody administers this server: keyfob setup-url prints the link on which the first \
             administrator is made",
        ),
    };
    Ok(Finding::new("administrator", state, text))
}

fn signing(tx: &Tx) -> Result<Finding, StoreError> {
    let all = keys::list(tx)?;
    let default = Algorithm::Es256.as_str();
    let signs = |key: &&keys::KeyView| key.alg == default && key.state == KeyState::Active;
    Ok(match all.iter().find(signs) {
        Some(key) => Finding::new(
            "keys",
            State::Ok,
            format!("{default} key {} signs", key.kid),
        ),
        None => Finding::new(
            "keys",
            State::Warning,
            format!("no {default} key signs: the server makes one when it starts"),
        ),
    })
}

fn clock(tx: &Tx) -> Result<Finding, StoreError> {
    let latest = audit_events::page(tx, &Filter::default(), None, 1)?;
    let latest = latest.first().map(|event| event.at);
    Ok(match latest.filter(|at| *at > tx.now + AHEAD) {
        Some(at) => Finding::new(
            "clock",
            State::Failed,
            format!(
                "the audit log goes to {}, this machine's clock says {}: tokens may count too long or too \
                 short. Set the clock",
                at.rfc3339(),
                tx.now.rfc3339()
            ),
        ),
        None => Finding::new(
            "clock",
            State::Ok,
            "no event is ahead of this machine's clock",
        ),
    })
}

/// What helps at development and is wrong, or idle talk, where real people sign in.
fn relaxations(config: &Config, live: &Live) -> Vec<Finding> {
    let checks = [
        (
            !config.is_https(),
            "issuer",
            State::Failed,
            "is http: whoever is on the way reads passwords and tokens. Serve https, or let a proxy do it",
        ),
        (
            live.registration == Registration::Open,
            "registration",
            State::Warning,
            "is open: anybody may register a client",
        ),
        (
            live.flows == Some(Flows::All),
            "flows",
            State::Warning,
            "is all: what machines do is remembered, too, which costs memory",
        ),
        (
            live.backup_folder.is_none(),
            "backup_folder",
            State::Warning,
            "is not set: the server makes no backups by itself",
        ),
    ];
    let so = checks.into_iter().filter(|(is_so, ..)| *is_so);
    so.map(|(_, check, state, text)| Finding::new(check, state, text))
        .collect()
}

fn personas(tx: &Tx) -> Result<Finding, StoreError> {
    let personas = users::personas(tx)?;
    let names: Vec<_> = personas.iter().map(|user| user.username.as_str()).collect();
    Ok(match names.as_slice() {
        [] => Finding::new("personas", State::Ok, "nobody signs in with one click"),
        names => Finding::new(
            "personas",
            State::Failed,
            format!(
                "made for development, with known passwords or none: {}",
                names.join(", ")
            ),
        ),
    })
}
