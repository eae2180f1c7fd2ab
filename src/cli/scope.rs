//! `keyfob scope`: what clients can ask for.

use super::{
    Failure,
    common::Common,
    object::{self, Names},
    output::{Table, optional},
};
use crate::{
    admin::scopes::{ScopeInput, ScopeView},
    domain::scope::Scope,
};

/// How the input's members are called here.
const NAMES: Names = &[("name", "NAME")];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List scopes
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
    /// Delete a scope; clients and APIs lose it, and existing tokens keep it until they expire
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
        Command::Show { name } => object::show::<Scope>(&common, &name),
        Command::Create { name, flags } => {
            let input = || Ok(flags.input(Some(name)));
            object::create::<Scope>(&common, NAMES, input).map(drop)
        }
        Command::Update { name, flags } => {
            object::update::<Scope>(&common, NAMES, &name, |_| Ok(flags.input(None)))
        }
        Command::Delete { name, yes } => object::delete(&common, &name, yes, |scope: &Scope| {
            format!("Delete scope {}?", scope.name)
        }),
    }
}

impl ScopeFlags {
    fn input(self, name: Option<String>) -> ScopeInput {
        ScopeInput {
            name,
            description: self.description,
        }
    }
}

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
    object::list::<Scope>(common, &table, None)
}
