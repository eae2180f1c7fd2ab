//! `keyfob healthcheck`: whether a server answers and can read its database.

use super::{Failure, output};
use crate::outbound;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The server's address [default: where --listen says it listens]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The address that the server was told to listen on
    #[arg(
        long,
        env = "KEYFOB_LISTEN",
        value_name = "HOST:PORT",
        default_value = "localhost:8080"
    )]
    listen: String,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let server = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(&args.listen)),
    };
    let url = format!("{server}/readyz");
    match outbound::status_of(&url, None) {
        Ok(200) => {
            output::note(&format!("{server} is ready"));
            Ok(())
        }
        Ok(status) => Err(Failure::Check(format!(
            "{url} answers with status {status}"
        ))),
        Err(error) => Err(Failure::Check(format!("{url}: {error}"))),
    }
}

/// What listens everywhere is reached on this machine.
fn reachable(listen: &str) -> String {
    match listen.rsplit_once(':') {
        Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
        Some(("[::]", port)) => format!("[::1]:{port}"),
        _ => listen.to_owned(),
    }
}
