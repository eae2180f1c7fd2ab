//! `keyfob user import`: import of users from a CSV file.

use std::path::PathBuf;

use super::{
    Failure,
    common::{self, Common},
    issuer::{self, IssuerFlag},
    output::{self, Table, optional},
};
use crate::{
    admin::{
        By,
        users::import::{File, Imported, LONGEST, Refused},
    },
    config::{input_file, text_file},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV file, or - for stdin. The first row names the columns: username, email, email_verified, given_name,
    /// family_name, locale, zoneinfo, teams (acme;club:admin)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the file and show what would be created, without changing anything
    #[arg(long)]
    dry_run: bool,
    /// Create and print an invitation link for each user
    #[arg(long)]
    links: bool,
    #[command(flatten)]
    issuer: IssuerFlag,
}

pub(super) fn run(common: &Common, args: &Args) -> Result<(), Failure> {
    let store = common.open()?;
    let file = File::read(&args.text()?);
    if args.dry_run {
        let (users, wrong) = common::look(&store, |tx| Ok((file.preview(tx), file.wrong(tx)?)))?;
        if !wrong.is_empty() {
            return Err(args.failed(Refused::Wrong(wrong)));
        }
        print(common, users)?;
        output::note("Dry run. Nothing was changed");
        return Ok(());
    }
    let issuer = match args.links {
        true => Some(issuer::of(&store, &args.issuer)?),
        false => None,
    };
    let made = store
        .write_blocking(move |tx| file.create(tx, &By::command_line(), issuer.as_deref()))
        .map_err(|refused| args.failed(refused))?;
    output::note(&match made.value.len() {
        1 => "Created 1 user".to_owned(),
        n => format!("Created {n} users"),
    });
    print(common, made.value)
}

impl Args {
    fn name(&self) -> String {
        match self.file.as_os_str() == "-" {
            true => "stdin".into(),
            false => self.file.display().to_string(),
        }
    }

    /// At most one byte more than a valid file can have.
    fn text(&self) -> Result<String, Failure> {
        let read = match self.file.as_os_str() == "-" {
            true => input_file::read_start_of_stdin(LONGEST + 1),
            false => input_file::read_start(&self.file, LONGEST + 1),
        };
        let at = |reason: &str| Failure::other(format!("{}: {reason}", self.name()));
        let bytes = read.map_err(|reason| at(&reason))?;
        if text_file::is_utf_16(&bytes) {
            return Err(at("the file looks like UTF-16; save it as UTF-8"));
        }
        // Invalid UTF-8 is reported with line and column.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// One error per line, starting with file and line, as editors expect.
    fn failed(&self, refused: Refused) -> Failure {
        let wrong = match refused {
            Refused::Wrong(wrong) => wrong,
            Refused::Admin(error) => return Failure::other(error),
        };
        let name = self.name();
        for one in &wrong {
            let column = one.column.map(|column| format!("{column}: "));
            let column = column.unwrap_or_default();
            output::note(&format!("{name}:{}: {column}{}", one.line, one.reason));
        }
        Failure::Usage(format!("{name}: invalid rows. Nothing was changed"))
    }
}

fn print(common: &Common, users: Vec<Imported>) -> Result<(), Failure> {
    let table = Table {
        columns: &["USERNAME", "SUB", "EMAIL", "LINK"],
        cells: |user: &Imported| {
            vec![
                user.username.clone(),
                optional(user.sub.as_ref()),
                optional(user.email.as_ref()),
                optional(user.link.as_ref().map(|link| &link.url)),
            ]
        },
    };
    let mut rest = users.into_iter();
    output::list(common.output, &table, None, |_, limit| {
        Ok(rest.by_ref().take(limit as usize).collect())
    })
}
