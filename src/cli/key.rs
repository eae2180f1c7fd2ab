//! `keyfob key`: signing keys.

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::{
        AdminError, Applied,
        keys::{self, Begin, KeyView},
    },
    crypto::keys::{Algorithm, SigningKey},
    directory::Directory,
    domain::{signing_key::KeyState, time::Lifetime},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List signing keys and their state
    List,
    /// Publish new signing keys; the old ones stay valid until the last token they signed expires
    Rotate {
        /// Rotate only this algorithm: ES256, EdDSA or RS256 [default: all that have a key]
        #[arg(long, value_name = "ALG", value_parser = parse_algorithm)]
        alg: Option<Algorithm>,
        /// How long the new key is published before it signs [default: key_publish_ahead, else 1h]
        #[arg(long, value_name = "DURATION")]
        publish_ahead: Option<Lifetime>,
        /// Sign with the new keys immediately. For emergencies: APIs that cache the key set reject new tokens until
        /// they refresh it
        #[arg(long, conflicts_with = "publish_ahead")]
        now: bool,
    },
    /// Revoke a key now; tokens signed with it become invalid
    Revoke {
        /// Key id (kid) or a unique prefix
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

fn parse_algorithm(name: &str) -> Result<Algorithm, &'static str> {
    name.parse().map_err(|_| "must be ES256, EdDSA or RS256")
}

const TABLE: Table<KeyView> = Table {
    columns: &[
        "KID",
        "ALG",
        "STATE",
        "PUBLISHED",
        "SIGNS FROM",
        "VALID UNTIL",
    ],
    cells: |key| {
        vec![
            key.kid.clone(),
            key.alg.clone(),
            state(key.state).to_owned(),
            key.created_at.clone(),
            key.activates_at.clone(),
            optional(key.expires_at.as_ref()),
        ]
    },
};

fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Active => "active",
        KeyState::Retiring => "retiring",
        KeyState::Expired => "expired",
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List => {
            let store = common.open()?;
            let keys = common::look(&store, |tx| Ok(keys::list(tx)?))?;
            print(&common, keys)
        }
        Command::Rotate {
            alg,
            publish_ahead,
            now,
        } => {
            let begin = match (now, publish_ahead) {
                (true, _) => Begin::Now,
                (false, Some(ahead)) => Begin::After(ahead),
                (false, None) => {
                    let directory = Directory::load(&common.open()?, common.settings()?);
                    let directory = directory.map_err(Failure::other)?;
                    Begin::After(directory.live().key_publish_ahead)
                }
            };
            rotate(&common, alg, begin)
        }
        Command::Revoke { kid, yes } => revoke(&common, kid, yes),
    }
}

/// Keys are few.
fn print(common: &Common, keys: Vec<KeyView>) -> Result<(), Failure> {
    let mut keys = keys.into_iter();
    output::list(common.output, &TABLE, None, |_, limit| {
        Ok(keys.by_ref().take(limit as usize).collect())
    })
}

fn rotate(common: &Common, alg: Option<Algorithm>, begin: Begin) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| Ok(keys::list(tx)?))?;
    let all = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];
    let has_key = |alg: &Algorithm| known.iter().any(|key| key.alg == alg.as_str());
    let new: Vec<SigningKey> = match alg {
        Some(alg) => vec![alg],
        None => all.into_iter().filter(has_key).collect(),
    }
    .into_iter()
    .map(keys::generate)
    .collect::<Result<_, AdminError>>()
    .map_err(Failure::other)?;
    let rotated: Vec<Applied<KeyView>> = common::change(&store, &[], move |tx, by| {
        new.iter()
            .map(|key| keys::rotate(tx, by, key, begin))
            .collect()
    })?;
    for key in &rotated {
        let KeyView {
            kid,
            alg,
            activates_at,
            ..
        } = &key.value;
        output::note(&match begin {
            Begin::Now => format!("{alg} key {kid} is active now"),
            Begin::After(_) => {
                format!("{alg} key {kid} is published and becomes active at {activates_at}")
            }
        });
    }
    let keys = common::look(&store, |tx| Ok(keys::list(tx)?))?;
    print(common, keys)
}

fn revoke(common: &Common, kid: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    common::confirm(
        yes,
        &format!("Revoke key {kid}? Tokens signed with it become invalid."),
    )?;
    let retired = common::change(&store, &[], move |tx, by| keys::revoke(tx, by, &kid))?;
    output::note(&format!(
        "Revoked {} key {}",
        retired.value.alg, retired.value.kid
    ));
    output::object(common.output, &retired.value)
}
