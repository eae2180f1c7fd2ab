//! The command line: the only home of clap.

pub mod args;
mod backup;
mod client;
mod client_flags;
mod common;
mod completions;
mod config;
mod config_show;
mod dev;
mod dev_env;
mod dev_server;
mod doctor;
mod events;
mod failure;
mod healthcheck;
mod inspection;
mod issuer;
mod key;
mod kinds;
mod logging;
mod nearest;
mod object;
mod output;
mod ready;
mod restoring;
mod scratch;
mod serve;
mod session;
mod setting_flags;
mod settings;
mod setup_url;
mod startup;
mod state;
mod team;
mod token;
mod user;
mod user_flags;
mod user_import;
mod version;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::args::{Args, Command};
pub use self::failure::Failure;
use crate::{app::log_queue, http::signals};

/// Parses the arguments and runs the command. Data goes to stdout, everything else to stderr.
pub fn run() -> ExitCode {
    if let Err(error) = signals::survive_file_size_limit() {
        output::note(&format!(
            "error: Cannot handle the signal of a file size limit: {error}. If a write exceeds `ulimit -f`, this \
             process ends."
        ));
    }
    let result = match Args::parse().command {
        Command::Serve(args) if args.dev => dev::run(args.settings),
        Command::Serve(args) => serve::run(&args),
        Command::Dev(args) => dev::run(args.settings),
        Command::Config(args) => config::run(args),
        Command::User(args) => user::run(args),
        Command::Team(args) => team::run(args),
        Command::Kind(command) => kinds::run(&command),
        Command::Client(args) => client::run(args),
        Command::Key(args) => key::run(args),
        Command::Session(args) => session::run(args),
        Command::Token(args) => token::run(args),
        Command::Events(args) => events::run(args),
        Command::SetupUrl(args) => setup_url::run(args),
        Command::Backup(args) => backup::back_up(args),
        Command::Restore(args) => backup::restore(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Healthcheck(args) => healthcheck::run(args),
        Command::Completions(args) => completions::run(&args, &mut Args::command()),
        Command::Version(args) => version::run(&args),
    };
    let code = match result {
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                // Each line starts with file and line, as editors expect. Findings of a check are not errors of the
                // command.
                Failure::Config(_) | Failure::Check(_) => output::note(&failure.to_string()),
                _ => {
                    let text = failure.to_string();
                    // A status line has no final period; for the API the same text is a sentence.
                    output::note(&format!(
                        "error: {}",
                        text.strip_suffix('.').unwrap_or(&text)
                    ));
                }
            }
            ExitCode::from(failure.exit_code())
        }
    };
    log_queue::flush();
    code
}
