//! `keyfob trusted-issuer`: who may vouch for users of this server.

use std::path::PathBuf;

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::trusted_issuers::{self, TrustedIssuerInput},
    domain::trusted_issuer::TrustedIssuer,
    store,
};

/// How the input's members are called here.
const NAMES: &[(&str, &str)] = &[("issuer", "ISSUER"), ("clients", "--client")];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List trusted issuers
    List,
    /// Show a trusted issuer
    Show { issuer: String },
    /// Create a trusted issuer
    Create {
        /// Issuer URL: the iss claim of its assertions
        issuer: String,
        #[command(flatten)]
        flags: IssuerFlags,
    },
    /// Update a trusted issuer
    Update {
        issuer: String,
        #[command(flatten)]
        flags: IssuerFlags,
    },
    /// Delete a trusted issuer and revoke tokens issued for its assertions
    Delete {
        issuer: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

/// An empty text takes a value out.
#[derive(Debug, clap::Args)]
struct IssuerFlags {
    /// URL of its public keys (JWK Set)
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    jwks_uri: Option<String>,
    /// File with its public keys (JWK Set, RFC 7517), - for stdin
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Audience: the aud claim of its assertions [default: this server's issuer]
    #[arg(long, value_name = "AUD")]
    audience: Option<String>,
    /// Claim that identifies the user [default: sub]
    #[arg(long, value_name = "CLAIM")]
    subject_claim: Option<String>,
    /// User field that claim is matched with: sub, username or email [default: sub]
    #[arg(long, value_name = "FIELD")]
    matches: Option<String>,
    /// Client allowed to use its assertions; repeatable
    #[arg(long, value_name = "CLIENT_ID")]
    client: Vec<String>,
    /// Maximum scopes of tokens issued for its assertions, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
}

impl IssuerFlags {
    fn input(self, issuer: Option<String>) -> Result<TrustedIssuerInput, Failure> {
        let read = |path: PathBuf| {
            let text = match path.as_os_str() == "-" {
                true => common::secret_from_stdin()?,
                false => common::secret_from_file(&path)?,
            };
            serde_json::from_str(text.expose())
                .map_err(|error| Failure::Usage(format!("--jwks: {}: {error}", path.display())))
        };
        Ok(TrustedIssuerInput {
            issuer,
            jwks: self.jwks.map(read).transpose()?,
            jwks_uri: self.jwks_uri,
            audience: self.audience,
            subject_claim: self.subject_claim,
            matches: self.matches,
            clients: Some(self.client).filter(|clients| !clients.is_empty()),
            scope: self.scope,
        })
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List => list(&common),
        Command::Show { issuer } => {
            let store = common.open()?;
            let issuer = common::look(&store, |tx| trusted_issuers::get(tx, &issuer))?;
            output::object(common.output, &issuer)
        }
        Command::Create { issuer, flags } => create(&common, flags.input(Some(issuer))?),
        Command::Update { issuer, flags } => update(&common, issuer, flags.input(None)?),
        Command::Delete { issuer, yes } => delete(&common, issuer, yes),
    }
}

/// Issuers are few: the directory reads them all, too.
fn list(common: &Common) -> Result<(), Failure> {
    let table = Table {
        columns: &["ISSUER", "SUBJECT", "CLIENTS", "SCOPE", "MANAGED BY"],
        cells: |issuer: &TrustedIssuer| {
            let clients: Vec<_> = issuer.clients.iter().map(|id| id.as_str()).collect();
            vec![
                issuer.issuer.clone(),
                format!("{} = {}", issuer.subject_claim, issuer.matches.as_str()),
                clients.join(" "),
                issuer.scope.to_string(),
                optional(issuer.managed_by.as_deref()),
            ]
        },
    };
    let store = common.open()?;
    let all = common::look(&store, |tx| Ok(store::trusted_issuers::all(tx)?))?;
    let mut rows = all.into_iter();
    output::list(common.output, &table, None, |_, limit| {
        Ok(rows.by_ref().take(limit as usize).collect())
    })
}

fn create(common: &Common, input: TrustedIssuerInput) -> Result<(), Failure> {
    let store = common.open()?;
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        trusted_issuers::create(tx, by, input)
    })?;
    output::note(&format!("Created trusted issuer {}", applied.value.issuer));
    output::object(common.output, &applied.value)
}

fn update(common: &Common, issuer: String, input: TrustedIssuerInput) -> Result<(), Failure> {
    let store = common.open()?;
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        trusted_issuers::update(tx, by, &issuer, input)
    })?;
    output::note(&format!(
        "{} trusted issuer {}",
        applied.change, applied.value.issuer
    ));
    output::object(common.output, &applied.value)
}

fn delete(common: &Common, issuer: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| trusted_issuers::get(tx, &issuer))?;
    common::confirm(
        yes,
        &format!(
            "Delete trusted issuer {} and revoke tokens issued for its assertions?",
            known.issuer
        ),
    )?;
    common::change(&store, NAMES, move |tx, by| {
        trusted_issuers::delete(tx, by, &issuer)
    })?;
    output::note(&format!("Deleted trusted issuer {}", known.issuer));
    Ok(())
}
