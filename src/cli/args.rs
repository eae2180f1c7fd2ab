//! What can be said on the command line. A doc comment here is the help text; the flags of the settings
//! come from their table.

use clap::{Parser, Subcommand};

use super::{
    backup, client, completions, config, doctor, events, healthcheck, key, resource, scope,
    session, setting_flags::SettingFlags, setup_url, team, token, trusted_issuer, user, version,
};

/// An OAuth 2.1 and OpenID Connect server in one file.
#[derive(Debug, Parser)]
#[command(name = "keyfob", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    #[command(after_help = SETTINGS_HELP)]
    Serve(Serve),
    /// Run a server for development on this machine: demo clients and users, one click signs in
    #[command(after_help = SETTINGS_HELP)]
    Dev(Dev),
    /// The settings, and the objects that keyfob.toml declares
    Config(config::Args),
    /// People
    User(user::Args),
    /// Teams and who is in them
    Team(team::Args),
    /// What clients can ask for
    Scope(scope::Args),
    /// The APIs that access tokens are for
    Resource(resource::Args),
    /// Who may vouch for users of this server
    TrustedIssuer(trusted_issuer::Args),
    /// Registered clients and their secrets
    Client(client::Args),
    /// Signing keys
    Key(key::Args),
    /// Who is signed in
    Session(session::Args),
    /// Making, reading, checking and ending tokens
    Token(token::Args),
    /// The audit log
    Events(events::Args),
    /// Make the link on which the first administrator is made, and print it
    SetupUrl(setup_url::Args),
    /// Copy the database to a file while it is used
    Backup(backup::Backup),
    /// Put a copy in the place of the database, which no server may serve
    Restore(backup::Restore),
    /// Look whether a server is set up as it should be; exit code 5 if something is wrong
    Doctor(doctor::Args),
    /// Ask a server whether it is ready; exit code 5 if it is not
    Healthcheck(healthcheck::Args),
    /// Print what a shell needs to complete commands and flags
    Completions(completions::Args),
    /// Print what this program is made of
    Version(version::Args),
}

const SETTINGS_HELP: &str = "\
Each flag is also a variable and a key of keyfob.toml: --log-format is KEYFOB_LOG_FORMAT and log_format.
A flag wins over a variable, a variable over the file. A TIME is in seconds or has a unit: 90s, 15m, 1h, 30d.
KEYFOB_LOG=debug logs more.";

#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The same as keyfob dev: this machine only, demo clients and users, one click signs in
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Debug, clap::Args)]
pub struct Dev {
    #[command(flatten)]
    pub settings: SettingFlags,
}
