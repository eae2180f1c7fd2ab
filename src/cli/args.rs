//! What can be said on the command line. A doc comment here is the help text; the flags of the settings
//! come from their table.

use clap::{Parser, Subcommand};

use super::settings::SettingFlags;

use super::{client, scope, team, user};

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
    /// People
    User(user::Args),
    /// Teams and who is in them
    Team(team::Args),
    /// What clients can ask for
    Scope(scope::Args),
    /// Registered clients and their secrets
    Client(client::Args),
}

const SETTINGS_HELP: &str = "\
Each flag is also a variable and a key of keyfob.toml: --log-format is KEYFOB_LOG_FORMAT and log_format.
A flag wins over a variable, a variable over the file. A TIME is in seconds or has a unit: 90s, 15m, 1h, 30d.
KEYFOB_LOG=debug logs more.";

#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    pub settings: SettingFlags,
}
