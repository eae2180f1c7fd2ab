//! `keyfob team`: teams and who is in them.

use super::{
    Failure,
    common::{self, Common},
    object::{self, Names},
    output::{self, Table, optional},
};
use crate::{
    admin::{
        listing::Asked,
        object as managed,
        teams::{self, MemberView, TeamInput, TeamView},
        users,
    },
    domain::{
        name::TeamId,
        team::{Membership, Role, Team},
    },
    store::Tx,
};

/// Flags of the input's members.
const NAMES: Names<'static> = &[("id", "ID"), ("teams", "TEAM")];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List teams
    List {
        /// Maximum number to print
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Show a team
    Show { id: String },
    /// List the members of a team
    Members { id: String },
    /// Create a team
    Create {
        id: String,
        /// Name shown to users [default: the id]
        #[arg(long)]
        name: Option<String>,
    },
    /// Update a team; only the options you give are changed
    Update {
        id: String,
        /// Name shown to users
        #[arg(long)]
        name: Option<String>,
        /// Disable the team; nobody can act for its members on its behalf
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
        /// Enable a disabled team
        #[arg(long)]
        enable: bool,
    },
    /// Delete a team; its members are kept as users
    Delete {
        id: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
    /// Add a user to a team, or change a member's role
    AddMember {
        team: TeamId,
        /// Username or sub
        user: String,
        /// Make the user a team administrator
        #[arg(long)]
        admin: bool,
    },
    /// Remove a user from a team
    RemoveMember {
        team: TeamId,
        /// Username or sub
        user: String,
    },
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List { limit } => list(&common, limit),
        Command::Show { id } => object::show::<Team>(&common, &id),
        Command::Members { id } => members(&common, &id),
        Command::Create { id, name } => {
            let input = TeamInput {
                id: Some(id),
                name,
                disabled: None,
            };
            object::create::<Team>(&common, NAMES, || Ok(input)).map(drop)
        }
        Command::Update {
            id,
            name,
            disable,
            enable,
        } => {
            let input = TeamInput {
                name,
                disabled: (disable || enable).then_some(disable),
                ..TeamInput::default()
            };
            object::update::<Team>(&common, NAMES, &id, |_| Ok(input))
        }
        Command::Delete { id, yes } => object::delete(&common, &id, yes, |team: &Team| {
            format!("Delete team {} ({})?", team.id, team.name)
        }),
        Command::AddMember { team, user, admin } => {
            let role = if admin { Role::Admin } else { Role::Member };
            join(&common, team, user, role)
        }
        Command::RemoveMember { team, user } => leave(&common, team, user),
    }
}

fn list(common: &Common, limit: Option<u32>) -> Result<(), Failure> {
    let table = Table {
        columns: &["ID", "NAME", "STATE", "MANAGED BY"],
        cells: |team: &TeamView| {
            vec![
                team.id.to_string(),
                team.name.clone(),
                if team.disabled { "disabled" } else { "active" }.to_owned(),
                optional(team.managed_by.as_ref()),
            ]
        },
    };
    object::list::<Team>(common, &table, limit)
}

fn members(common: &Common, id: &str) -> Result<(), Failure> {
    let table = Table {
        columns: &["USERNAME", "SUB", "ROLE"],
        cells: |member: &MemberView| {
            vec![
                optional(member.username.as_ref()),
                member.sub.to_string(),
                member.role.to_string(),
            ]
        },
    };
    let store = common.open()?;
    let read = |tx: &Tx, asked: &Asked| teams::members(tx, id, None, asked);
    object::rows(common, &store, teams::MEMBERS, &table, None, read)
}

fn join(common: &Common, team_id: TeamId, user: String, role: Role) -> Result<(), Failure> {
    let store = common.open()?;
    let team = team_id.clone();
    let membership = Membership { team_id, role };
    let applied = common::change(&store, NAMES, move |tx, by| {
        managed::get::<Team>(tx, membership.team_id.as_str())?;
        users::join(tx, by, &user, membership)
    })?;
    output::note(&format!(
        "{} is now {role} of {team}",
        applied.value.username
    ));
    Ok(())
}

fn leave(common: &Common, team: TeamId, user: String) -> Result<(), Failure> {
    let store = common.open()?;
    let id = team.clone();
    let applied = common::change(&store, NAMES, move |tx, by| {
        managed::get::<Team>(tx, id.as_str())?;
        users::leave(tx, by, &user, id.as_str())
    })?;
    output::note(&format!("Removed {} from {team}", applied.value.username));
    Ok(())
}
