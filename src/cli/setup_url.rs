//! `keyfob setup-url`: link for creating the first administrator.

use super::{
    Failure,
    common::{self, Common},
    issuer::{self, IssuerFlag},
    output,
};
use crate::{
    login::setup::{self, LINK_LIFETIME},
    store::users,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    issuer: IssuerFlag,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let store = args.common.open()?;
    if common::look(&store, |tx| Ok(users::has_admin(tx)?))? {
        let reason = "This server already has an administrator. Run keyfob user create --admin to add another, or \
        keyfob user reset-password NAME if one is locked out";
        return Err(Failure::other(reason));
    }
    let issuer = issuer::of(&store, &args.issuer)?;
    let link = setup::new_link(&store, &issuer).map_err(Failure::other)?;
    output::note(&format!(
        "Valid once, for {} minutes. Earlier setup links no longer work",
        LINK_LIFETIME.0 / 60
    ));
    output::line(&link)
}
