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
    /// Backup file to create; must not exist. It contains the signing keys, so protect it like the database
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    common: Common,
    /// Backup file created by keyfob backup
    file: PathBuf,
    /// Sign everyone out. Without this, sessions and refresh tokens are valid again as of the backup, including any
    /// revoked or used since
    #[arg(long)]
    sign_out_all: bool,
    /// Skip the confirmation prompt
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn back_up(args: Backup) -> Result<(), Failure> {
    let store = args.common.open()?;
    backup::back_up(&store, &By::command_line(), &args.file).map_err(Failure::other)?;
    output::note(&format!(
        "Backed up {} to {}",
        store.path().display(),
        args.file.display()
    ));
    Ok(())
}

pub(super) fn restore(args: Restore) -> Result<(), Failure> {
    let database = args.common.database()?;
    store::backup::require_file(&args.file).map_err(Failure::other)?;
    let question = format!(
        "Replace {1} with the backup {0}?",
        args.file.display(),
        database.display()
    );
    common::confirm(args.yes, &question)?;
    let sessions = match args.sign_out_all {
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
        "Restored {1} from {0}",
        args.file.display(),
        database.display()
    ));
    if let Some(aside) = aside {
        output::note(&format!("Previous database kept as {}", aside.display()));
    }
    output::note("All access tokens were revoked. Clients request new ones automatically");
    if sessions == Sessions::Keep {
        output::note(
            "Sessions and refresh tokens are valid as of the backup, including any revoked or used since. To sign \
             everyone out, restore with --sign-out-all",
        );
    }
    Ok(())
}
