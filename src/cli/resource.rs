//! `keyfob resource`: the APIs that access tokens are for.

use super::{
    Failure,
    common::Common,
    object::{self, Names},
    output::{Table, optional},
};
use crate::{
    admin::resources::{ResourceInput, ResourceView},
    domain::resource::Resource,
};

/// How the input's members are called here.
const NAMES: Names = &[
    ("uri", "URI"),
    ("scopes", "--scope"),
    ("client_id", "--client"),
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
    /// List APIs
    List,
    /// Show an API
    Show { uri: String },
    /// Create an API (resource)
    Create {
        /// Resource URI, used as aud in its tokens exactly as written
        uri: String,
        #[command(flatten)]
        flags: ResourceFlags,
    },
    /// Update an API; members you leave out stay unchanged
    Update {
        uri: String,
        #[command(flatten)]
        flags: ResourceFlags,
    },
    /// Delete an API; this server no longer accepts tokens for it (introspection, exchange)
    Delete {
        uri: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct ResourceFlags {
    /// Name shown to users [default: the URI]
    #[arg(long)]
    name: Option<String>,
    /// Scopes granted only together with this API, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// API's client: may introspect and exchange its tokens; use "" to clear it
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
}

impl ResourceFlags {
    fn input(self, uri: Option<String>) -> ResourceInput {
        ResourceInput {
            uri,
            name: self.name,
            scopes: self.scope,
            client_id: self.client,
        }
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List => list(&common),
        Command::Show { uri } => object::show::<Resource>(&common, &uri),
        Command::Create { uri, flags } => {
            let input = || Ok(flags.input(Some(uri)));
            object::create::<Resource>(&common, NAMES, input).map(drop)
        }
        Command::Update { uri, flags } => {
            object::update::<Resource>(&common, NAMES, &uri, |_| Ok(flags.input(None)))
        }
        Command::Delete { uri, yes } => {
            object::delete(&common, &uri, yes, |resource: &Resource| {
                format!("Delete API {}?", resource.uri)
            })
        }
    }
}

fn list(common: &Common) -> Result<(), Failure> {
    let table = Table {
        columns: &["URI", "NAME", "SCOPES", "CLIENT", "MANAGED BY"],
        cells: |resource: &ResourceView| {
            vec![
                resource.uri.to_string(),
                resource.name.clone(),
                resource.scopes.to_string(),
                optional(resource.client_id.as_ref()),
                optional(resource.managed_by.as_ref()),
            ]
        },
    };
    object::list::<Resource>(common, &table, None)
}
