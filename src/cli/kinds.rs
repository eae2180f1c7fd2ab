//! `keyfob scope` and the like: commands of the kinds of managed objects whose verbs are list, show, create, update and
//! delete. [`Managed::COMMANDS`] has the parts that only one kind has.

use clap::{
    Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches, Subcommand, error::ErrorKind,
};
use serde_json::{Map, Value, json};

use super::{
    Failure,
    common::{self, Common},
    object,
    output::{Table, optional},
};
use crate::admin::{
    commands::{Commands, Flag, Takes},
    object::Managed,
    register::each_kind,
};

/// ID of the argument that identifies an object. No member has this name.
const NAME: &str = "NAME";

/// A command of one kind.
#[derive(Clone, Debug)]
pub struct KindCommand {
    kind: String,
    matches: ArgMatches,
}

impl Subcommand for KindCommand {
    fn augment_subcommands(mut all: Command) -> Command {
        each_kind!(M => {
            if let Some(commands) = M::COMMANDS {
                all = all.subcommand(command::<M>(&commands));
            }
        });
        all
    }

    fn augment_subcommands_for_update(all: Command) -> Command {
        Self::augment_subcommands(all)
    }

    fn has_subcommand(name: &str) -> bool {
        each_kind!(M => {
            if M::COMMANDS.is_some_and(|commands| commands.command == name) {
                return true;
            }
        });
        false
    }
}

impl FromArgMatches for KindCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let found = matches.subcommand();
        let (kind, matches) =
            found.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self {
            kind: kind.to_owned(),
            matches: matches.clone(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn command<M: Managed>(commands: &Commands<M::View>) -> Command {
    let (nouns, one) = (format!("{}s", M::KIND.noun()), M::KIND.with_article());
    let name = Arg::new(NAME).value_name(commands.name).required(true);
    let new = match commands.name_help {
        "" => name.clone(),
        help => name.clone().help(help),
    };
    let flags = || commands.flags.iter().map(argument);
    let yes = Arg::new("yes")
        .long("yes")
        .short('y')
        .action(ArgAction::SetTrue);
    let yes = yes.help("Skip the confirmation prompt");
    let verbs = [
        Command::new("list").about(format!("List {nouns}")),
        Command::new("show")
            .about(format!("Show {one}"))
            .arg(name.clone()),
        Command::new("create")
            .about(format!("Create {one}"))
            .arg(new)
            .args(flags()),
        Command::new("update")
            .about(format!(
                "Update {one}; only the options you give are changed"
            ))
            .arg(name.clone())
            .args(flags()),
        Command::new("delete")
            .about(format!("Delete {one}{}", commands.deletion))
            .args([name, yes]),
    ];
    // The flags bring a description of their own.
    Common::augment_args(Command::new(commands.command))
        .about(commands.about)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(verbs)
}

fn argument(flag: &Flag) -> Arg {
    let argument = Arg::new(flag.member).long(flag.flag);
    let argument = argument.value_name(flag.value).help(flag.help);
    match flag.takes {
        Takes::List => argument.action(ArgAction::Append),
        Takes::Text | Takes::Json => argument,
    }
}

pub(super) fn run(command: &KindCommand) -> Result<(), Failure> {
    each_kind!(M => {
        if let Some(commands) = M::COMMANDS
            && commands.command == command.kind
        {
            return run_verb::<M>(&commands, &command.matches);
        }
    });
    Err(Failure::Usage(format!("{}: unknown command", command.kind)))
}

fn run_verb<M: Managed>(commands: &Commands<M::View>, matches: &ArgMatches) -> Result<(), Failure> {
    let common = Common::from_arg_matches(matches).map_err(Failure::other)?;
    let Some((verb, matches)) = matches.subcommand() else {
        return Err(Failure::Usage("a command is required".into()));
    };
    let flags = commands.flags.iter();
    let flags = flags.map(|flag| (flag.member, format!("--{}", flag.flag)));
    let names: Vec<(&str, String)> = flags.chain([(M::NAME, commands.name.to_owned())]).collect();
    let names: Vec<_> = names
        .iter()
        .map(|(member, name)| (*member, name.as_str()))
        .collect();
    let name = || {
        let name = matches.get_one::<String>(NAME);
        name.map(String::as_str).unwrap_or_default()
    };
    match verb {
        "show" => object::show::<M>(&common, name()),
        "create" => {
            let input = || input::<M>(commands, matches, Some(name()));
            object::create::<M>(&common, &names, input).map(drop)
        }
        "update" => object::update::<M>(&common, &names, name(), |_| {
            input::<M>(commands, matches, None)
        }),
        "delete" => object::delete::<M>(&common, name(), matches.get_flag("yes"), |object| {
            let (noun, label) = (M::KIND.noun(), object.label());
            format!("Delete {noun} {label}{}?", commands.deletion)
        }),
        _ => {
            let table = Table {
                columns: commands.columns,
                cells: cells::<M>,
            };
            object::list::<M>(&common, &table, None)
        }
    }
}

fn cells<M: Managed>(view: &M::View) -> Vec<String> {
    let cells = M::COMMANDS.map(|commands| (commands.cells)(view));
    cells.into_iter().flatten().map(optional).collect()
}

/// Input of the flags that are given.
fn input<M: Managed>(
    commands: &Commands<M::View>,
    matches: &ArgMatches,
    name: Option<&str>,
) -> Result<M::Input, Failure> {
    let mut members = Map::new();
    members.extend(name.map(|name| (M::NAME.to_owned(), name.into())));
    for flag in commands.flags {
        let values = matches.get_many::<String>(flag.member);
        let values: Vec<_> = values.into_iter().flatten().collect();
        let Some(last) = values.last() else { continue };
        let value = match flag.takes {
            Takes::Text => json!(last),
            Takes::List => json!(values),
            Takes::Json => read_json(flag, last)?,
        };
        members.insert(flag.member.to_owned(), value);
    }
    serde_json::from_value(Value::Object(members)).map_err(Failure::other)
}

fn read_json(flag: &Flag, path: &str) -> Result<Value, Failure> {
    let text = match path {
        "-" => common::secret_from_stdin()?,
        path => common::secret_from_file(path.as_ref())?,
    };
    serde_json::from_str(text.expose())
        .map_err(|error| Failure::Usage(format!("--{}: {path}: {error}", flag.flag)))
}
