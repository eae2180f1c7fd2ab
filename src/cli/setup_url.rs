//! `keyfob setup-url`: the link on which the first administrator is made.

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
        let reason = "this server has an administrator already; keyfob user create --admin makes another, \
                      keyfob user reset lets one in again";
        return Err(Failure::other(reason));
    }
    let issuer = issuer::of(&store, &args.issuer)?;
    let link = setup::new_link(&store, &issuer).map_err(Failure::other)?;
    output::note(&format!(
        "good once, for {} minutes; no earlier link counts any more",
        LINK_LIFETIME.0 / 60
    ));
    output::line(&link)
}
