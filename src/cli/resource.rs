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
    /// List resources by URI
    List,
    /// Show a resource
    Show { uri: String },
    /// Add an API that tokens can be asked for
    Create {
        /// Stands in the aud of its tokens as it is written here
        uri: String,
        #[command(flatten)]
        flags: ResourceFlags,
    },
    /// Change what is given of a resource
    Update {
        uri: String,
        #[command(flatten)]
        flags: ResourceFlags,
    },
    /// Delete a resource; tokens for it count no more where this server is asked
    Delete {
        uri: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct ResourceFlags {
    /// What people read [default: the URI]
    #[arg(long)]
    name: Option<String>,
    /// The scopes that are granted only together with it, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// The client that the API is: it introspects its tokens and may exchange them; an empty text for none
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
    output::note(&format!("created resource {}", applied.value.uri));
    output::object(common.output, &ResourceView::from(&applied.value))
}

fn update(common: &Common, uri: String, flags: ResourceFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let input = flags.input(None).check();
    let input = input.map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        resources::update(tx, by, &uri, input)
    })?;
    output::note(&format!(
        "{} resource {}",
        applied.change, applied.value.uri
    ));
    output::object(common.output, &ResourceView::from(&applied.value))
}

fn delete(common: &Common, uri: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let resource = common::look(&store, |tx| resources::get(tx, &uri))?;
    common::confirm(yes, &format!("Delete the resource {}?", resource.uri))?;
    common::change(&store, NAMES, move |tx, by| resources::delete(tx, by, &uri))?;
    output::note(&format!("deleted resource {}", resource.uri));
    Ok(())
}
