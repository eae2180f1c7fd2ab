//! `keyfob resource`: the APIs that access tokens are for.

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::resources::{self, ResourceInput, ResourceView},
    store,
};

/// How the input's members are called here.
const NAMES: &[(&str, &str)] = &[
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
        Command::Show { uri } => {
            let store = common.open()?;
            let resource = common::look(&store, |tx| resources::get(tx, &uri))?;
            output::object(common.output, &ResourceView::from(&resource))
        }
        Command::Create { uri, flags } => create(&common, uri, flags),
        Command::Update { uri, flags } => update(&common, uri, flags),
        Command::Delete { uri, yes } => delete(&common, uri, yes),
    }
}

/// Resources are few.
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
    let store = common.open()?;
    let resources = common::look(&store, |tx| Ok(store::resources::all(tx)?))?;
    let mut rows = resources.iter().map(ResourceView::from);
    output::list(common.output, &table, None, |_, limit| {
        Ok(rows.by_ref().take(limit as usize).collect())
    })
}

fn create(common: &Common, uri: String, flags: ResourceFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let input = flags.input(Some(uri)).check();
    let input = input.map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        resources::create(tx, by, input)
    })?;
    output::note(&format!("Created API {}", applied.value.uri));
    output::object(common.output, &ResourceView::from(&applied.value))
}

fn update(common: &Common, uri: String, flags: ResourceFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let input = flags.input(None).check();
    let input = input.map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        resources::update(tx, by, &uri, input)
    })?;
    output::note(&format!("{} API {}", applied.change, applied.value.uri));
    output::object(common.output, &ResourceView::from(&applied.value))
}

fn delete(common: &Common, uri: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let resource = common::look(&store, |tx| resources::get(tx, &uri))?;
    common::confirm(yes, &format!("Delete API {}?", resource.uri))?;
    common::change(&store, NAMES, move |tx, by| resources::delete(tx, by, &uri))?;
    output::note(&format!("Deleted API {}", resource.uri));
    Ok(())
}
