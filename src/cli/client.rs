//! `keyfob client`: registered clients and their secrets.

use std::path::PathBuf;

use super::{
    Failure,
    client_flags::ClientFlags,
    common::{self, Common},
    object::{self, Names},
    output::{self, Table},
};
use crate::{
    admin::{
        AdminError,
        clients::{self, ClientView, SECRET_OVERLAP},
        object::Managed,
    },
    domain::{client::Client, secret::Secret, time::Lifetime},
};

/// Flags of the input's members.
const NAMES: Names<'static> = &[
    ("client_id", "CLIENT_ID"),
    ("client_secret", "Client secret"),
    ("token_endpoint_auth_method", "--auth-method"),
    ("redirect_uris", "--redirect-uri"),
    ("post_logout_redirect_uris", "--post-logout-redirect-uri"),
    ("grant_types", "--grant-type"),
    ("delegation_teams", "--delegation-team"),
    ("id_token_signed_response_alg", "--id-token-alg"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List clients
    List {
        /// Maximum number to print
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Show a client
    Show { client_id: String },
    /// Create a client; a generated secret is printed once
    Create {
        /// [default: generated]
        client_id: Option<String>,
        #[command(flatten)]
        flags: Box<ClientFlags>,
        #[command(flatten)]
        secret: SecretFlags,
    },
    /// Update a client; only the options you give are changed
    Update {
        client_id: String,
        #[command(flatten)]
        flags: Box<ClientFlags>,
        #[command(flatten)]
        secret: SecretFlags,
        /// Set a member (RFC 7591 name) back to its default; repeatable
        #[arg(long, value_name = "MEMBER")]
        unset: Vec<String>,
        /// Disable the client and revoke all its grants and tokens
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
        /// Enable the client
        #[arg(long)]
        enable: bool,
    },
    /// Delete a client and revoke all its grants and tokens
    Delete {
        client_id: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
    /// Create another secret and print it once; earlier ones stay valid for a while
    RotateSecret {
        client_id: String,
        /// How long earlier secrets stay valid, unless they expire sooner; 0 revokes them
        #[arg(long, value_name = "DURATION", default_value_t = SECRET_OVERLAP)]
        overlap: Lifetime,
    },
}

#[derive(Debug, clap::Args)]
struct SecretFlags {
    /// Read the secret from stdin instead of generating one
    #[arg(long, conflicts_with = "secret_file")]
    secret_stdin: bool,
    /// Read the secret from a file instead of generating one [env: KEYFOB_CLIENT_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List { limit } => list(&common, limit),
        Command::Show { client_id } => object::show::<Client>(&common, &client_id),
        Command::Create {
            client_id,
            flags,
            secret,
        } => {
            let input = || {
                let mut input = flags.input()?;
                input.client_id = client_id.or(input.client_id);
                input.client_secret = secret.read()?;
                Ok(input)
            };
            object::create::<Client>(&common, NAMES, input).map(drop)
        }
        Command::Update {
            client_id,
            flags,
            secret,
            unset,
            disable,
            enable,
        } => {
            let input = |_: &Client| {
                if let Err(AdminError::Invalid { field, reason }) = clients::check_unset(&unset) {
                    let reason = format!("{field:?} {reason}");
                    return Err(common::invalid("unset", &reason, NAMES));
                }
                let mut input = flags.input()?;
                input.client_secret = secret.read()?;
                input.disabled = (disable || enable).then_some(disable).or(input.disabled);
                input.unset = unset;
                Ok(input)
            };
            object::update(&common, NAMES, &client_id, input)
        }
        Command::Delete { client_id, yes } => {
            object::delete(&common, &client_id, yes, |client: &Client| {
                format!(
                    "Delete client {} and revoke everything issued to it?",
                    client.client_id
                )
            })
        }
        Command::RotateSecret { client_id, overlap } => rotate_secret(&common, client_id, overlap),
    }
}

fn list(common: &Common, limit: Option<u32>) -> Result<(), Failure> {
    let table = Table {
        columns: &[
            "CLIENT ID",
            "NAME",
            "AUTHENTICATION",
            "GRANTS",
            "SCOPE",
            "STATE",
        ],
        cells: |client: &ClientView| {
            let metadata = &client.metadata;
            let grants: Vec<_> = metadata
                .grant_types
                .iter()
                .map(|grant| grant.as_str())
                .collect();
            vec![
                client.client_id.to_string(),
                output::optional(metadata.client_name.as_ref()),
                metadata.token_endpoint_auth_method.to_string(),
                grants.join(" "),
                metadata.scope.to_string(),
                if client.disabled {
                    "disabled"
                } else {
                    "active"
                }
                .to_owned(),
            ]
        },
    };
    object::list::<Client>(common, &table, limit)
}

/// Only the secret is data, so that it can be assigned to a variable.
fn rotate_secret(common: &Common, client_id: String, overlap: Lifetime) -> Result<(), Failure> {
    let store = common.open()?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        clients::rotate_secret(tx, by, &client_id, overlap)
    })?;
    let client = &applied.value;
    output::note(&format!("Created a new secret for {}", client.client_id));
    let earlier = client.secrets.iter().rev().skip(1);
    let mut until = earlier.filter_map(|secret| Some((secret.created_at, secret.expires_at?)));
    match until.next() {
        None => output::note("No other secret is valid"),
        Some(newest) => {
            for (created_at, expires_at) in std::iter::once(newest).chain(until) {
                output::note(&format!(
                    "The secret created at {} is valid until {}",
                    created_at.rfc3339(),
                    expires_at.rfc3339()
                ));
            }
        }
    }
    match common.output {
        output::Format::Table => match &applied.secret {
            Some(secret) => output::line(secret.expose()),
            None => Ok(()),
        },
        _ => object::print(common, client.shown(), applied.secret),
    }
}

impl SecretFlags {
    fn read(&self) -> Result<Option<Secret>, Failure> {
        let file = common::file_or_variable(self.secret_file.as_ref(), "KEYFOB_CLIENT_SECRET_FILE");
        match (file, self.secret_stdin) {
            (_, true) => common::secret_from_stdin().map(Some),
            (Some(path), false) => common::secret_from_file(&path).map(Some),
            (None, false) => Ok(None),
        }
    }
}
