//! `keyfob team`: teams and who is in them.

use serde::Serialize;

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::{
        AdminError,
        teams::{self, TeamInput, TeamView},
        users,
    },
    domain::{
        name::{Subject, TeamId},
        team::{Membership, Role},
    },
    store::{self, teams::MembersWanted},
};

/// How the input's members are called here.
const NAMES: &[(&str, &str)] = &[("id", "ID"), ("teams", "TEAM")];

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
    /// Update a team; members you leave out stay unchanged
    Update {
        id: String,
        /// Name shown to users
        #[arg(long)]
        name: Option<String>,
        /// Disable the team; nobody can act for its members on its behalf
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
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

/// One who is in a team, as it is shown.
#[derive(Serialize)]
struct Member {
    sub: Subject,
    username: Option<String>,
    role: Role,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List { limit } => list(&common, limit),
        Command::Show { id } => {
            let store = common.open()?;
            let team = common::look(&store, |tx| teams::get(tx, &id))?;
            output::object(common.output, &TeamView::from(&team))
        }
        Command::Members { id } => members(&common, &id),
        Command::Create { id, name } => create(&common, id, name),
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
            update(&common, id, input)
        }
        Command::Delete { id, yes } => delete(&common, id, yes),
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
    let store = common.open()?;
    output::list(common.output, &table, limit, |last, limit| {
        let after = last.map(|team| team.id.as_str());
        let page = common::look(&store, |tx| Ok(store::teams::page(tx, after, limit)?))?;
        Ok(page.iter().map(TeamView::from).collect())
    })
}

fn members(common: &Common, id: &str) -> Result<(), Failure> {
    let table = Table {
        columns: &["USERNAME", "SUB", "ROLE"],
        cells: |member: &Member| {
            vec![
                optional(member.username.as_ref()),
                member.sub.to_string(),
                member.role.to_string(),
            ]
        },
    };
    let store = common.open()?;
    common::look(&store, |tx| teams::get(tx, id))?;
    output::list(common.output, &table, None, |last, limit| {
        let after = last.map(|member| member.sub.as_str());
        common::look(&store, |tx| {
            let member = |(sub, role): (Subject, Role)| {
                let user = store::users::get(tx, sub.as_str())?;
                Ok(Member {
                    sub,
                    username: user.map(|user| user.username),
                    role,
                })
            };
            let wanted = MembersWanted {
                after,
                ..MembersWanted::default()
            };
            let page = store::teams::members(tx, id, wanted, limit)?;
            page.into_iter()
                .map(member)
                .collect::<Result<_, AdminError>>()
        })
    })
}

fn create(common: &Common, id: String, name: Option<String>) -> Result<(), Failure> {
    let store = common.open()?;
    let input = TeamInput {
        id: Some(id),
        name,
        disabled: None,
    };
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| teams::create(tx, by, input))?;
    output::note(&format!("Created team {}", applied.value.id));
    output::object(common.output, &TeamView::from(&applied.value))
}

fn update(common: &Common, id: String, input: TeamInput) -> Result<(), Failure> {
    let store = common.open()?;
    let input = input
        .check()
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| {
        teams::update(tx, by, &id, input)
    })?;
    output::note(&format!("{} team {}", applied.change, applied.value.id));
    output::object(common.output, &TeamView::from(&applied.value))
}

fn delete(common: &Common, id: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let team = common::look(&store, |tx| teams::get(tx, &id))?;
    common::confirm(yes, &format!("Delete team {} ({})?", team.id, team.name))?;
    common::change(&store, NAMES, move |tx, by| teams::delete(tx, by, &id))?;
    output::note(&format!("Deleted team {}", team.id));
    Ok(())
}

fn join(common: &Common, team_id: TeamId, user: String, role: Role) -> Result<(), Failure> {
    let store = common.open()?;
    let team = team_id.clone();
    let membership = Membership { team_id, role };
    let applied = common::change(&store, NAMES, move |tx, by| {
        teams::get(tx, membership.team_id.as_str())?;
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
        teams::get(tx, id.as_str())?;
        users::leave(tx, by, &user, id.as_str())
    })?;
    output::note(&format!("Removed {} from {team}", applied.value.username));
    Ok(())
}
