//! `keyfob user`: people.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table, optional},
};
use crate::{
    admin::users::{self, UserInput, UserView},
    domain::{
        name::TeamId,
        secret::Secret,
        team::{Membership, Role},
        user::User,
    },
    store,
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

/// What can be said of a user, on creation or later. An empty text takes a value out.
#[derive(Debug, clap::Args)]
struct UserFlags {
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Whether the address is known to be the user's
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    email_verified: Option<bool>,
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// Language tag, such as nb-NO
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// IANA time zone, such as Europe/Oslo
    #[arg(long, value_name = "ZONE")]
    zoneinfo: Option<String>,
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
    /// Another claim of OpenID Connect: nickname=Ola, or 'address={"country":"NO"}'
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_claim)]
    claim: Vec<(String, Value)>,
    /// Whether the user administers this server
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    admin: Option<bool>,
    /// Whether delegated tokens may act for the user
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    may_be_acted_for: Option<bool>,
    /// Put the user into a team, as acme or acme:admin
    #[arg(long, value_name = "ID[:ROLE]", value_parser = parse_membership)]
    team: Vec<Membership>,
}

#[derive(Debug, clap::Args)]
struct PasswordFlags {
    /// Read the password from stdin
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from a file
    #[arg(long, value_name = "FILE", env = "KEYFOB_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
}

fn parse_membership(text: &str) -> Result<Membership, String> {
    let (id, role) = match text.split_once(':') {
        None => (text, Role::Member),
        Some((id, "member")) => (id, Role::Member),
        Some((id, "admin")) => (id, Role::Admin),
        Some(_) => return Err("the role is member or admin".into()),
    };
    Ok(Membership {
        team_id: TeamId::parse(id).map_err(|error| error.to_string())?,
        role,
    })
}

/// A value that is no JSON is a text.
fn parse_claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    let value = match serde_json::from_str(value) {
        Ok(value @ (Value::Object(_) | Value::Bool(_))) => value,
        _ => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), value))
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::List(list) => print_list(&common, &list),
        Command::Show { user } => {
            let store = common.open()?;
            let user = common::look(&store, |tx| users::find(tx, &user))?;
            output::object(common.output, &UserView::from(&user))
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
        Ok(page.iter().map(UserView::from).collect())
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
        output::note("it has no password: keyfob user set-password sets one");
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
    output::object(common.output, &UserView::from(&applied.value))
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

impl UserFlags {
    /// The input for a new user, or for one who is `known` and is to leave some teams.
    fn input(self, known: Option<(&User, &[TeamId])>) -> UserInput {
        let (teams, claims) = match known {
            Some((user, leave)) => {
                let mut teams = user.teams.clone();
                teams.retain(|known| !leave.contains(&known.team_id));
                (teams, user.profile.claims.clone())
            }
            None => (Vec::new(), Map::new()),
        };
        UserInput {
            email: self.email,
            email_verified: self.email_verified,
            given_name: self.given_name,
            family_name: self.family_name,
            locale: self.locale,
            zoneinfo: self.zoneinfo,
            picture: self.picture,
            claims: Some(with_claims(claims, self.claim)),
            admin: self.admin,
            may_be_acted_for: self.may_be_acted_for,
            teams: Some(with_teams(teams, self.team)),
            ..UserInput::default()
        }
    }
}

/// An empty text takes a claim out.
fn with_claims(mut claims: Map<String, Value>, given: Vec<(String, Value)>) -> Map<String, Value> {
    for (name, value) in given {
        if value.as_str() == Some("") {
            claims.shift_remove(&name);
        } else {
            claims.insert(name, value);
        }
    }
    claims
}

/// The one said last counts.
fn with_teams(mut teams: Vec<Membership>, given: Vec<Membership>) -> Vec<Membership> {
    for membership in given {
        teams.retain(|known| known.team_id != membership.team_id);
        teams.push(membership);
    }
    teams
}

impl PasswordFlags {
    fn read(&self) -> Result<Option<Secret>, Failure> {
        match (&self.password_file, self.password_stdin) {
            (_, true) => common::secret_from_stdin().map(Some),
            (Some(path), false) => common::secret_from_file(path).map(Some),
            (None, false) => common::prompt("Password"),
        }
    }
}
