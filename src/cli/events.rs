//! `keyfob events`: the audit log.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use super::{
    Failure,
    common::{self, Common},
    output::{self, Format, Table, cell, optional},
};
use crate::{
    admin::audit::{self, EventView, Filter, Tail},
    domain::{audit::Outcome, time::Lifetime},
    store::{Beyond, Store, users},
};

/// Polling interval of the log.
const POLL: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List events, newest first
    List {
        #[command(flatten)]
        filter: FilterFlags,
        /// Maximum number to print
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Print the latest events, then follow new ones
    Tail {
        #[command(flatten)]
        filter: FilterFlags,
        /// Number of past events to print first
        #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
        lines: u32,
    },
}

#[derive(Debug, clap::Args)]
struct FilterFlags {
    /// Only events with this name or prefix, such as token or token.request_failed
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    #[arg(long, value_enum)]
    outcome: Option<OutcomeFlag>,
    /// Actor: username, sub, client_id or cli
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Subject: username, sub or client_id
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// Only events newer than this, such as 1h or 1d
    #[arg(long, value_name = "DURATION")]
    last: Option<Lifetime>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutcomeFlag {
    Ok,
    Failed,
}

impl FilterFlags {
    /// A username is translated to the `sub` in the log.
    fn filter(self, store: &Store) -> Result<Filter, Failure> {
        let who = |name: Option<String>| -> Result<Option<String>, Failure> {
            let Some(name) = name else { return Ok(None) };
            let user = common::look(store, |tx| Ok(users::by_username(tx, &name)?))?;
            Ok(Some(user.map_or(name, |user| user.sub.to_string())))
        };
        Ok(Filter {
            event: self.event,
            outcome: self.outcome.map(|outcome| match outcome {
                OutcomeFlag::Ok => Outcome::Ok,
                OutcomeFlag::Failed => Outcome::Failed,
            }),
            actor: who(self.actor)?,
            subject: who(self.subject)?,
            client_id: self.client,
            since: self.last.map(|last| store.now() - last),
            until: None,
        })
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    let store = common.open()?;
    match args.command {
        Command::List { filter, limit } => list(&common, &store, &filter.filter(&store)?, limit),
        Command::Tail { filter, lines } => tail(&common, &store, filter.filter(&store)?, lines),
    }
}

fn list(common: &Common, store: &Store, filter: &Filter, limit: u32) -> Result<(), Failure> {
    let table = Table {
        columns: &[
            "TIME", "EVENT", "OUTCOME", "ACTOR", "SUBJECT", "CLIENT", "ADDRESS", "REASON",
        ],
        cells: |event: &EventView| {
            vec![
                event.at.clone(),
                event.event.clone(),
                event.outcome.clone(),
                optional(event.actor.as_ref()),
                optional(event.subject.as_ref()),
                optional(event.client_id.as_ref()),
                optional(event.address.as_ref()),
                event
                    .reason
                    .clone()
                    .or(event.detail.as_ref().map(cell))
                    .unwrap_or_default(),
            ]
        },
    };
    output::list(common.output, &table, Some(limit), |last, limit| {
        let from = last.map(|event| Beyond::Older(event.id));
        common::look(store, |tx| Ok(audit::list(tx, filter, from, limit)?))
    })
}

fn tail(common: &Common, store: &Store, filter: Filter, lines: u32) -> Result<(), Failure> {
    let (mut tail, before) = common::look(store, |tx| Ok(Tail::start(tx, filter, lines)?))?;
    before.iter().try_for_each(|event| print(common, event))?;
    loop {
        let new = common::look(store, |tx| Ok(tail.next(tx, output::PAGE)?))?;
        new.iter().try_for_each(|event| print(common, event))?;
        if new.is_empty() {
            std::thread::sleep(POLL);
        }
    }
}

/// One event per line in both formats: an array would never be closed.
fn print(common: &Common, event: &EventView) -> Result<(), Failure> {
    if common.output != Format::Table {
        return output::object(Format::Jsonl, event);
    }
    let members = [
        ("actor", &event.actor),
        ("subject", &event.subject),
        ("client", &event.client_id),
        ("address", &event.address),
        ("reason", &event.reason),
    ];
    let mut line = format!("{}  {:22} {:8}", event.at, event.event, event.outcome);
    for (name, value) in members {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    if let Some(Value::Object(detail)) = &event.detail {
        line.push_str(&format!(" {}", cell(&Value::Object(detail.clone()))));
    }
    output::line(line.trim_end())
}
