//! `keyfob session`: who is signed in.

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::{
        Change,
        sessions::{self, SessionView},
    },
    domain::id::Id,
    store::Beyond,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List active sessions, newest first
    List {
        /// Only sessions of this user (username or sub)
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Maximum number to print
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Show a session
    Show { id: Id },
    /// Revoke a session, or all sessions of a user (--user)
    Revoke {
        #[arg(required_unless_present = "user")]
        id: Option<Id>,
        /// Revoke all sessions, grants and tokens of this user (username or sub)
        #[arg(long, value_name = "USER", conflicts_with = "id")]
        user: Option<String>,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List { user, limit } => list(&common, user.as_deref(), limit),
        Command::Show { id } => {
            let store = common.open()?;
            let session = common::look(&store, |tx| sessions::show(tx, id))?;
            output::object(common.output, &session)
        }
        Command::Revoke {
            user: Some(user),
            yes,
            ..
        } => revoke_all(&common, user, yes),
        Command::Revoke { id, .. } => id.map_or(Ok(()), |id| revoke(&common, id)),
    }
}

fn list(common: &Common, user: Option<&str>, limit: Option<u32>) -> Result<(), Failure> {
    let table = Table {
        columns: &[
            "ID",
            "USER",
            "SIGNED IN",
            "LAST USED",
            "EXPIRES",
            "ADDRESS",
            "BROWSER",
        ],
        cells: |session: &SessionView| {
            let agent = session.user_agent.as_deref().unwrap_or_default();
            vec![
                session.id.to_string(),
                session
                    .username
                    .clone()
                    .unwrap_or_else(|| session.sub.to_string()),
                session.auth_time.clone(),
                session.last_used_at.clone(),
                session.expires_at.clone(),
                optional(session.address.as_ref()),
                agent.chars().take(40).collect(),
            ]
        },
    };
    let store = common.open()?;
    output::list(common.output, &table, limit, |last, limit| {
        let from = last.map(|session| Beyond::Older(session.id));
        common::look(&store, |tx| sessions::list(tx, user, from, limit))
    })
}

fn revoke(common: &Common, id: Id) -> Result<(), Failure> {
    let store = common.open()?;
    let ended = common::change(&store, &[], move |tx, by| sessions::revoke(tx, by, id))?;
    output::note(&match ended.change {
        Change::Unchanged => format!("Session {id} was already revoked or expired"),
        _ => format!("Revoked session {id} of {}", ended.value.sub),
    });
    Ok(())
}

fn revoke_all(common: &Common, user: String, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    common::confirm(
        yes,
        &format!("Revoke all sessions, grants and tokens of {user}?"),
    )?;
    let ended = common::change(&store, &[], move |tx, by| {
        sessions::revoke_all(tx, by, &user)
    })?;
    output::note(&format!("Signed {} out everywhere", ended.value.username));
    Ok(())
}
