//! `keyfob user`: users.

use super::{
    Failure,
    common::{self, Common},
    issuer::{self, IssuerFlag},
    object::{self, Names},
    output::{self, Format, Table, optional},
    user_flags::{PasswordFlags, UserFlags},
    user_import,
};
use crate::{
    admin::{
        AdminError, object as managed, password_links,
        users::{self, UserInput, UserView},
    },
    domain::{
        name::TeamId,
        password_link::Purpose,
        team::{Membership, Role},
        user::User,
    },
};

/// Flags of the input's members.
const NAMES: Names<'static> = &[
    ("username", "USERNAME"),
    ("claims", "--claim"),
    ("teams", "--team"),
    ("password", "Password"),
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
    /// List users
    List(List),
    /// Show a user
    Show {
        /// Username or sub
        user: String,
    },
    /// Create a user; prompts for a password
    Create {
        /// Username to sign in with
        username: String,
        /// Stable identifier in tokens; can never change [default: generated]
        #[arg(long)]
        sub: Option<String>,
        #[command(flatten)]
        flags: UserFlags,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Update a user; only the options you give are changed
    Update {
        /// Username or sub
        user: String,
        /// New username
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        flags: UserFlags,
        /// Remove the user from this team; repeatable
        #[arg(long, value_name = "ID")]
        leave_team: Vec<TeamId>,
        /// Disable the user and revoke all their sessions, grants and tokens
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
        /// Enable the user
        #[arg(long)]
        enable: bool,
    },
    /// Set a user's password and revoke all their sessions, grants and tokens
    SetPassword {
        /// Username or sub
        user: String,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Create an invitation link where a new user sets their first password
    Invite(LinkFlags),
    /// Create a reset link where a user sets a new password
    ResetPassword(LinkFlags),
    /// Import users from a CSV file; imports nothing if a row is invalid
    Import(user_import::Args),
    /// Delete a user and revoke their sessions, grants and tokens; the sub is never reused
    Delete {
        /// Username or sub
        user: String,
        /// Skip the confirmation prompt
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct LinkFlags {
    /// Username or sub
    user: String,
    #[command(flatten)]
    issuer: IssuerFlag,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Maximum number to print
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List(list) => print_list(&common, &list),
        Command::Show { user } => object::show::<User>(&common, &user),
        Command::Create {
            username,
            sub,
            flags,
            password,
        } => create(&common, username, sub, flags, &password),
        Command::Update {
            user,
            username,
            flags,
            leave_team,
            disable,
            enable,
        } => {
            let disabled = (disable || enable).then_some(disable);
            update(&common, &user, username, flags, &leave_team, disabled)
        }
        Command::SetPassword { user, password } => set_password(&common, &user, &password),
        Command::Import(args) => user_import::run(&common, &args),
        Command::Invite(flags) => password_link(&common, flags, Purpose::Invite),
        Command::ResetPassword(flags) => password_link(&common, flags, Purpose::Reset),
        Command::Delete { user, yes } => delete(&common, &user, yes),
    }
}

fn print_list(common: &Common, list: &List) -> Result<(), Failure> {
    let table = Table {
        columns: &["USERNAME", "SUB", "EMAIL", "NAME", "TEAMS", "STATE"],
        cells: |user: &UserView| {
            let names = [user.given_name.as_deref(), user.family_name.as_deref()];
            let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let teams: Vec<_> = user.teams.iter().map(membership).collect();
            vec![
                user.username.clone(),
                user.sub.to_string(),
                optional(user.email.as_ref()),
                optional(Some(name).filter(|name| !name.is_empty())),
                optional(Some(teams.join(" ")).filter(|teams| !teams.is_empty())),
                state(user).to_owned(),
            ]
        },
    };
    object::list::<User>(common, &table, list.limit)
}

fn state(user: &UserView) -> &'static str {
    match (user.disabled, user.admin) {
        (true, _) => "disabled",
        (false, true) => "admin",
        (false, false) => "active",
    }
}

fn membership(membership: &Membership) -> String {
    match membership.role {
        Role::Member => membership.team_id.to_string(),
        Role::Admin => format!("{}:admin", membership.team_id),
    }
}

fn create(
    common: &Common,
    username: String,
    sub: Option<String>,
    flags: UserFlags,
    password: &PasswordFlags,
) -> Result<(), Failure> {
    let made: User = object::create(common, NAMES, || {
        Ok(UserInput {
            username: Some(username),
            sub,
            password: password.read()?,
            ..flags.input(None)
        })
    })?;
    if made.password_hash.is_none() {
        output::note("No password set. Run keyfob user invite to create an invitation link");
    }
    Ok(())
}

fn update(
    common: &Common,
    user: &str,
    username: Option<String>,
    flags: UserFlags,
    leave: &[TeamId],
    disabled: Option<bool>,
) -> Result<(), Failure> {
    object::update(common, NAMES, user, |known: &User| {
        if let Some(team) = leave.iter().find(|team| !is_in(known, team)) {
            let reason = format!(
                "{} is not a member of team {:?}",
                known.username,
                team.as_str()
            );
            return Err(common::invalid("leave_team", &reason, NAMES));
        }
        Ok(UserInput {
            username,
            disabled,
            ..flags.input(Some((known, leave)))
        })
    })
}

fn set_password(common: &Common, user: &str, password: &PasswordFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| users::find(tx, user))?;
    let Some(password) = password.read()? else {
        let reason =
            "No password given. Enter it at the prompt, or use --password-stdin or --password-file";
        return Err(Failure::Usage(reason.into()));
    };
    let input = UserInput {
        password: Some(password),
        ..UserInput::default()
    };
    // Hashed again even if it is the same: this command revokes the sessions, grants and tokens of a stolen password.
    let input = input
        .check(None)
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let sub = known.sub;
    let applied = common::change(&store, NAMES, move |tx, by| {
        managed::update::<User>(tx, by, sub.as_str(), input)
    })?;
    output::note(&format!(
        "{} the password of {}",
        applied.change, known.username
    ));
    Ok(())
}

/// Only the link is data, which can be piped; the rest goes to stderr. Prints a link for this purpose; an error names
/// the command for a user who needs the other one.
fn password_link(common: &Common, flags: LinkFlags, purpose: Purpose) -> Result<(), Failure> {
    let store = common.open()?;
    let issuer = issuer::of(&store, &flags.issuer)?;
    let user = flags.user;
    let made = common::change(&store, NAMES, move |tx, by| {
        let made = password_links::make(tx, by, &user, &issuer)?;
        let reason = match made.value.purpose {
            found if found == purpose => return Ok(made),
            Purpose::Invite => {
                format!("User {user} has no password yet. Run keyfob user invite {user}")
            }
            Purpose::Reset => {
                format!("User {user} already has a password. Run keyfob user reset-password {user}")
            }
        };
        Err(AdminError::Conflict(reason))
    })?;
    let link = made.value;
    if common.output != Format::Table {
        return output::object(common.output, &link);
    }
    output::note(&format!(
        "Valid once, until {}. Earlier links for this user no longer work. Keyfob does not send email, so send the \
         link to the user yourself",
        link.expires_at
    ));
    output::line(&link.url)
}

fn delete(common: &Common, user: &str, yes: bool) -> Result<(), Failure> {
    object::delete(common, user, yes, |user: &User| {
        format!(
            "Delete user {} (sub {}) and revoke their sessions, grants and tokens?",
            user.username, user.sub
        )
    })
}

fn is_in(user: &User, team: &TeamId) -> bool {
    user.teams.iter().any(|known| known.team_id == *team)
}
