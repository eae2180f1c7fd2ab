//! `keyfob backup` and `keyfob restore`.

use std::{path::PathBuf, sync::Arc};

use super::{
    Failure,
    common::{self, Common},
    output,
};
use crate::{
    admin::{
        By,
        backup::{self, Sessions},
    },
    clock::SystemClock,
    store::{self, Store},
};

#[derive(Debug, clap::Args)]
pub struct Backup {
    #[command(flatten)]
    common: Common,
    /// The copy, which must not be there yet. It holds the signing keys: keep it as safe as the database
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    common: Common,
    /// The copy that keyfob backup has made
    file: PathBuf,
    /// Let everybody sign in anew: without it sessions and refresh tokens count as they did when the copy
    /// was made, also those that have been ended or used since
    #[arg(long)]
    end_sessions: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn back_up(args: Backup) -> Result<(), Failure> {
    let store = args.common.open()?;
    backup::back_up(&store, &By::command_line(), &args.file).map_err(Failure::other)?;
    output::note(&format!(
        "copied {} to {}",
        store.path().display(),
        args.file.display()
    ));
    Ok(())
}

pub(super) fn restore(args: Restore) -> Result<(), Failure> {
    let database = args.common.database()?;
    store::backup::require_file(&args.file).map_err(Failure::other)?;
    let question = format!(
        "Put {} in the place of {}?",
        args.file.display(),
        database.display()
    );
    common::confirm(args.yes, &question)?;
    let sessions = match args.end_sessions {
        true => Sessions::End,
        false => Sessions::Keep,
    };
    let by = By::command_line();
    let lock = Store::lock_for_serving(&database)?;
    let clock = Arc::new(SystemClock);
    let restored = backup::restore(&lock, &args.file, &database, clock, &by, sessions, |_| {
        Ok(())
    });
    let aside = restored.map_err(Failure::other)?;
    output::note(&format!(
        "{} is in the place of {}",
        args.file.display(),
        database.display()
    ));
    if let Some(aside) = aside {
        output::note(&format!("what was there is {} now", aside.display()));
    }
    output::note("every access token issued so far has ended; clients get new ones by themselves");
    if sessions == Sessions::Keep {
        output::note(
            "sessions and refresh tokens count as they did when the copy was made, also those ended or \
             used since; --end-sessions would have ended them all",
        );
    }
    Ok(())
}
