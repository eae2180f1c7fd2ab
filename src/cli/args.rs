//! Command line arguments. A doc comment here is the help text; the flags of the settings come from their table.

use clap::{Parser, Subcommand};

use super::{
    backup, client, completions, config, doctor, events, healthcheck, key, kinds::KindCommand,
    session, setting_flags::SettingFlags, setup_url, team, token, user, version,
};

/// OAuth 2.1 and OpenID Connect server in a single binary
#[derive(Debug, Parser)]
#[command(name = "keyfob", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    #[command(after_help = SETTINGS_HELP)]
    Serve(Serve),
    /// Start a local development server with demo clients and one-click sign-in
    #[command(after_help = SETTINGS_HELP)]
    Dev(Dev),
    /// Check, show, plan, apply and export the configuration
    Config(config::Args),
    /// Manage users
    User(user::Args),
    /// Manage teams and their members
    Team(team::Args),
    #[command(flatten)]
    Kind(KindCommand),
    /// Manage clients and their secrets
    Client(client::Args),
    /// Manage signing keys
    Key(key::Args),
    /// List and revoke sessions
    Session(session::Args),
    /// Issue, inspect, verify and revoke tokens
    Token(token::Args),
    /// Show and follow the audit log
    Events(events::Args),
    /// Print a new setup link for creating the first administrator
    SetupUrl(setup_url::Args),
    /// Back up the database to a file, also while the server runs
    Backup(backup::Backup),
    /// Restore the database from a backup; stop the server first
    Restore(backup::Restore),
    /// Check a server's configuration and health (exit code 5 if a check fails)
    Doctor(doctor::Args),
    /// Check that a server is ready (exit code 5 if it is not)
    Healthcheck(healthcheck::Args),
    /// Print a shell completion script
    Completions(completions::Args),
    /// Print version and build information
    Version(version::Args),
}

const SETTINGS_HELP: &str = "\
Every setting is a flag, an environment variable and a keyfob.toml key: --log-format, KEYFOB_LOG_FORMAT, log_format.\n\
Precedence: flag, environment, keyfob.toml, settings page, default.\n\
DURATION is a number of seconds or has a unit: 90s, 15m, 1h, 30d.\n\
Set KEYFOB_LOG=debug for more log output.";

#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Run in development mode, same as keyfob dev
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
