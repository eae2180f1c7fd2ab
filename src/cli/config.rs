//! `keyfob config`: settings, and the plan, import and export of the configuration file.

use std::{path::PathBuf, sync::Arc};

use super::{
    Failure,
    common::Common,
    config_show,
    output::{self, Format, line, note},
    setting_flags::SettingFlags,
    settings::{self, Resolved},
    startup,
};
use crate::{
    admin::state_file::{Action, MemberChange, Outcome, StateFile, Step, export},
    clock::SystemClock,
    store::{IfMissing, Store},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Validate the configuration file without changing anything
    Check(config_show::Check),
    /// Print the effective value of every setting
    Show(config_show::Show),
    /// Show what apply would change, without changing anything
    Plan {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        file: FileArg,
        /// Exit with code 5 if there are changes
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Apply the configuration file to the database; a running server picks it up within a second
    Apply {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        file: FileArg,
    },
    /// Export the database as a configuration file, without secrets
    Export {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct FileArg {
    /// Configuration file [default: --config, KEYFOB_CONFIG or keyfob.toml]
    file: Option<PathBuf>,
}

impl FileArg {
    /// Configuration file with its settings, for the configured database.
    fn resolve(&self, common: &Common) -> Result<(Resolved, StateFile), Failure> {
        let named = self.file.as_ref().or(common.config.as_ref());
        let flags = SettingFlags::only(named.cloned()).with_database(common.database.as_deref());
        let mut resolved = settings::resolve(&flags)?;
        resolved.settle_database(common.config.as_deref())?;
        let file = resolved.file.clone();
        let file = file.ok_or_else(|| {
            Failure::Usage("No keyfob.toml in this folder. Name a configuration file".into())
        })?;
        Ok((resolved, file))
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Check(args) => config_show::check(&args),
        Command::Show(args) => config_show::show(&args),
        Command::Plan {
            common,
            file,
            detailed_exitcode,
        } => plan(&common, &file, detailed_exitcode),
        Command::Apply { common, file } => {
            let (resolved, file) = file.resolve(&common)?;
            let database = &resolved.settings.config.database;
            let store = Store::open(database, IfMissing::Refuse, Arc::new(SystemClock))?;
            let outcome = file.apply(&store)?;
            print(common.output, &outcome)?;
            note(&summary(
                &outcome,
                "Nothing to apply. The database matches the file.",
                "Applied",
            ));
            Ok(())
        }
        Command::Export { common } => common.open()?.read(|tx| export(tx, output::print)),
    }
}

fn plan(common: &Common, file: &FileArg, detailed_exitcode: bool) -> Result<(), Failure> {
    let (mut resolved, _) = file.resolve(common)?;
    let outcome = startup::plan(&mut resolved)?;
    let database = &resolved.settings.config.database;
    if !database.exists() {
        note(&format!(
            "{} does not exist yet. The plan is for a new database",
            database.display()
        ));
    }
    print(common.output, &outcome)?;
    let summary = summary(
        &outcome,
        "No changes. The database matches the file.",
        "Plan",
    );
    if detailed_exitcode && !outcome.steps.is_empty() {
        return Err(Failure::Check(summary));
    }
    note(&summary);
    Ok(())
}

fn print(format: Format, outcome: &Outcome) -> Result<(), Failure> {
    if format != Format::Table {
        return output::object(format, outcome);
    }
    outcome.steps.iter().try_for_each(print_step)
}

fn print_step(step: &Step) -> Result<(), Failure> {
    let (sign, what) = match step.action {
        Action::Create => ("+", String::new()),
        Action::Update => ("~", String::new()),
        Action::Disable => ("-", "disabled".into()),
        Action::Delete => ("-", "deleted".into()),
    };
    let place = match (step.line, what.as_str()) {
        (Some(at), _) => format!("line {at}"),
        (None, "") => "no longer in the file".into(),
        (None, what) => format!("no longer in the file, will be {what}"),
    };
    line(&format!("{sign} {} {:?} ({place})", step.kind, step.name))?;
    for member in &step.members {
        line(&format!("    {}", describe(member)))?;
    }
    match &step.note {
        Some(note) => line(&format!("    {note}")),
        None => Ok(()),
    }
}

fn describe(change: &MemberChange) -> String {
    let member = &change.member;
    match (&change.before, &change.after) {
        (None, None) => format!("{member}: changed"),
        (None, Some(after)) => format!("{member}: {after}"),
        (Some(before), None) => format!("{member}: {before} → not set"),
        (Some(before), Some(after)) => format!("{member}: {before} → {after}"),
    }
}

/// `Plan: 2 to create, 1 to disable.`
fn summary(outcome: &Outcome, nothing: &str, head: &str) -> String {
    let counts: Vec<String> = Action::ALL
        .iter()
        .filter_map(|action| {
            let count = outcome.steps.iter().filter(|step| step.action == *action);
            match count.count() {
                0 => None,
                count => Some(format!("{count} to {}", action.as_str())),
            }
        })
        .collect();
    match counts.is_empty() {
        true => nothing.to_owned(),
        false => format!("{head}: {}", counts.join(", ")),
    }
}
