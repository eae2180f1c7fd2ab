//! `keyfob trusted-issuer`: who may vouch for users of this server.

use std::path::PathBuf;

use super::{
    Failure,
    common::{self, Common},
    object::{self, Names},
    output::{Table, optional},
};
use crate::{admin::trusted_issuers::TrustedIssuerInput, domain::trusted_issuer::TrustedIssuer};

/// How the input's members are called here.
const NAMES: Names = &[("issuer", "ISSUER"), ("clients", "--client")];

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
        Command::Show { issuer } => object::show::<TrustedIssuer>(&common, &issuer),
        Command::Create { issuer, flags } => {
            let input = || flags.input(Some(issuer));
            object::create::<TrustedIssuer>(&common, NAMES, input).map(drop)
        }
        Command::Update { issuer, flags } => {
            object::update::<TrustedIssuer>(&common, NAMES, &issuer, |_| flags.input(None))
        }
        Command::Delete { issuer, yes } => {
            let question = |known: &TrustedIssuer| {
                let issuer = &known.issuer;
                format!(
                    "Delete trusted issuer {issuer} and revoke tokens issued for its assertions?"
                )
            };
            object::delete(&common, &issuer, yes, question)
        }
    }
}

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
    object::list::<TrustedIssuer>(common, &table, None)
}
