//! `keyfob user`: people.

use super::{
    Failure,
    common::{self, Common},
    issuer::{self, IssuerFlag},
    output::{self, Format, Table, optional},
    user_flags::{PasswordFlags, UserFlags},
    user_import,
};
use crate::{
    admin::{
        password_links,
        users::{self, UserInput, UserView},
    },
    domain::{
        name::TeamId,
        team::{Membership, Role},
        user::User,
    },
    store::{self, Tx},
};

/// How the input's members are called here.
const NAMES: &[(&str, &str)] = &[
    ("username", "USERNAME"),
    ("claims", "--claim"),
    ("teams", "--team"),
    ("password", "the password"),
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
    /// List users by name
    List(List),
    /// Show a user
    Show {
        /// Username, or sub
        user: String,
    },
    /// Add a user; asks for a password
    Create {
        /// The name to sign in with
        username: String,
        /// The user's stable identifier in tokens [default: made up]
        #[arg(long)]
        sub: Option<String>,
        #[command(flatten)]
        flags: UserFlags,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Change what is given of a user
    Update {
        /// Username, or sub
        user: String,
        /// A new username
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        flags: UserFlags,
        /// Take the user out of this team
        #[arg(long, value_name = "ID")]
        leave_team: Vec<TeamId>,
        /// Refuse sign-in, and end every session, grant and token of the user
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
        /// Allow sign-in again
        #[arg(long)]
        enable: bool,
    },
    /// Set a password, which ends every session, grant and token of the user
    SetPassword {
        /// Username, or sub
        user: String,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Make a one-time link on which the user chooses a first or a new password
    Reset {
        /// Username, or sub
        user: String,
        #[command(flatten)]
        issuer: IssuerFlag,
    },
    /// Add the users of a CSV file: all, or none if a row is wrong
    Import(user_import::Args),
    /// Delete a user and end everything of theirs; the sub is never given to anybody else
    Delete {
        /// Username, or sub
        user: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct List {
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List(list) => print_list(&common, &list),
        Command::Show { user } => {
            let store = common.open()?;
            let view = common::look(&store, |tx| users::view(tx, &users::find(tx, &user)?))?;
            output::object(common.output, &view)
        }
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
        Command::Reset { user, issuer } => reset(&common, user, &issuer),
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
    let store = common.open()?;
    output::list(common.output, &table, list.limit, |last, limit| {
        let after = last.map(|user| user.username.as_str());
        let page = common::look(&store, |tx| Ok(store::users::page(tx, after, limit)?))?;
        let views = |tx: &Tx| page.iter().map(|user| users::view(tx, user)).collect();
        common::look(&store, views)
    })
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
    let store = common.open()?;
    let mut input = flags.input(None);
    input.username = Some(username);
    input.sub = sub;
    input.password = password.read()?;
    let input = input
        .check(None)
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let applied = common::change(&store, NAMES, move |tx, by| users::create(tx, by, input))?;
    output::note(&format!("created user {}", applied.value.username));
    if applied.value.password_hash.is_none() {
        output::note("it has no password: keyfob user reset makes a link on which one is chosen");
    }
    output::object(common.output, &UserView::from(&applied.value))
}

fn update(
    common: &Common,
    user: &str,
    username: Option<String>,
    flags: UserFlags,
    leave: &[TeamId],
    disabled: Option<bool>,
) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| users::find(tx, user))?;
    if let Some(team) = leave.iter().find(|team| !is_in(&known, team)) {
        let reason = format!("{} is not in the team {:?}", known.username, team.as_str());
        return Err(common::invalid("leave_team", &reason, NAMES));
    }
    let mut input = flags.input(Some((&known, leave)));
    input.username = username;
    input.disabled = disabled;
    let input = input
        .check(Some(&known))
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let sub = known.sub;
    let applied = common::change(&store, NAMES, move |tx, by| {
        users::update(tx, by, sub.as_str(), input)
    })?;
    output::note(&format!(
        "{} user {}",
        applied.change, applied.value.username
    ));
    let view = common::look(&store, |tx| users::view(tx, &applied.value))?;
    output::object(common.output, &view)
}

fn set_password(common: &Common, user: &str, password: &PasswordFlags) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| users::find(tx, user))?;
    let Some(password) = password.read()? else {
        let reason = "give the password at the prompt, or with --password-stdin or --password-file";
        return Err(Failure::Usage(reason.into()));
    };
    let input = UserInput {
        password: Some(password),
        ..UserInput::default()
    };
    let input = input
        .check(Some(&known))
        .map_err(|error| common::explain(&store, error, NAMES))?;
    let sub = known.sub;
    let applied = common::change(&store, NAMES, move |tx, by| {
        users::update(tx, by, sub.as_str(), input)
    })?;
    output::note(&format!(
        "{} the password of {}",
        applied.change, known.username
    ));
    Ok(())
}

/// For people the link alone is data: it can be piped on. The rest is said beside it.
fn reset(common: &Common, user: String, flag: &IssuerFlag) -> Result<(), Failure> {
    let store = common.open()?;
    let issuer = issuer::of(&store, flag)?;
    let made = common::change(&store, NAMES, move |tx, by| {
        password_links::make(tx, by, &user, &issuer)
    })?;
    let link = made.value;
    if common.output != Format::Table {
        return output::object(common.output, &link);
    }
    output::note(&format!(
        "good once, until {}; no earlier link of theirs counts any more. Keyfob sends no mail: hand it on yourself",
        link.expires_at
    ));
    output::line(&link.url)
}

fn delete(common: &Common, user: &str, yes: bool) -> Result<(), Failure> {
    let store = common.open()?;
    let user = common::look(&store, |tx| users::find(tx, user))?;
    common::confirm(
        yes,
        &format!(
            "Delete {} (sub {}) and everything of theirs?",
            user.username, user.sub
        ),
    )?;
    let sub = user.sub;
    common::change(&store, NAMES, move |tx, by| {
        users::delete(tx, by, sub.as_str())
    })?;
    output::note(&format!("deleted user {}", user.username));
    Ok(())
}

fn is_in(user: &User, team: &TeamId) -> bool {
    user.teams.iter().any(|known| known.team_id == *team)
}
