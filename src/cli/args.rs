//! What can be said on the command line. A doc comment here is the help text.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

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

#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address to listen on; localhost means 127.0.0.1 and ::1, port 0 takes a free one [default: localhost:8080]
    #[arg(long, env = "KEYFOB_LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// The server's identity, without a slash at the end [default: http://localhost:PORT]
    #[arg(long, env = "KEYFOB_ISSUER", value_name = "URL")]
    pub issuer: Option<String>,
    /// The SQLite file that holds everything
    #[arg(
        long,
        env = "KEYFOB_DATABASE",
        value_name = "FILE",
        default_value = "keyfob.db"
    )]
    pub database: PathBuf,
    /// Serve an http issuer off loopback: passwords and tokens then travel in the clear
    #[arg(long, env = "KEYFOB_INSECURE_HTTP")]
    pub insecure_http: bool,
    /// Threads that serve requests [default: one a core]
    #[arg(long, env = "KEYFOB_WORKERS", value_name = "N")]
    pub workers: Option<usize>,
    /// How log lines are written
    #[arg(long, env = "KEYFOB_LOG_FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Pretty,
    Json,
}
