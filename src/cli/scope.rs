//! `keyfob scope`: what clients can ask for.

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::scopes::{self, ScopeInput, ScopeView},
    store,
};

/// How the input's members are called here.
const NAMES: &[(&str, &str)] = &[("name", "NAME")];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List scopes, built-in ones first
    List,
    /// Show a scope
    Show { name: String },
    /// Create a scope
    Create {
        name: String,
        #[command(flatten)]
        flags: ScopeFlags,
    },
    /// Update a scope's description
    Update {
        name: String,
        #[command(flatten)]
        flags: ScopeFlags,
    },
    /// Delete a scope; existing tokens keep it until they expire
    Delete {
        name: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct ScopeFlags {
    /// Description; completes "This app will be able to …" [default: the name]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List => list(&common),
        Command::Show { name } => {
            let store = common.open()?;
            let scope = common::look(&store, |tx| scopes::get(tx, &name))?;
            output::object(common.output, &ScopeView::from(&scope))
        }
        Command::Create { name, flags } => create(&common, name, flags),
        Command::Update { name, flags } => update(&common, name, flags),
        Command::Delete { name, yes } => delete(&common, name, yes),
    }
}

/// Scopes are few: the consent page and the directory read them all, too.
fn list(common: &Common) -> Result<(), Failure> {
    let table = Table {
        columns: &["NAME", "DESCRIPTION", "MANAGED BY"],
        cells: |scope: &ScopeView| {
            let managed_by = match scope.built_in {
                true => Some("built-in"),
                false => scope.managed_by.as_deref(),
            };
            vec![
                scope.name.to_string(),
                scope.description.clone(),
                optional(managed_by),
            ]
        },
    };
    let store = common.open()?;
    let scopes = common::look(&store, |tx| Ok(store::scopes::all(tx)?))?;
    let mut rows = scopes.iter().map(ScopeView::from);
    output::list(common.output, &table, None, |_, limit| {
        Ok(rows.by_ref().take(limit as usize).collect())
    })
}

fn create(common: &Common, name: String, flags: ScopeFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let input = ScopeInput {
        name: Some(name),
        description: flags.description,
    };
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| scopes::create(tx, by, input))?;
    output::note(&format!("Created scope {}", applied.value.name));
    output::object(common.output, &ScopeView::from(&applied.value))
}

fn update(common: &Common, name: String, flags: ScopeFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let input = ScopeInput {
        name: None,
        description: flags.description,
    };
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        scopes::update(tx, by, &name, input)
    })?;
    output::note(&format!("{} scope {}", applied.change, applied.value.name));
    output::object(common.output, &ScopeView::from(&applied.value))
}

fn delete(common: &Common, name: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let scope = common::look(&store, |tx| scopes::get(tx, &name))?;
    common::confirm(yes, &format!("Delete scope {}?", scope.name))?;
    common::change(&store, NAMES, move |tx, by| scopes::delete(tx, by, &name))?;
    output::note(&format!("Deleted scope {}", scope.name));
    Ok(())
}
