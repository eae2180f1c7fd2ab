//! State of a development server.

use std::path::Path;

use super::{
    Failure,
    dev_env::{self, ENV_FILE, JOB, WEB},
    scratch::Scratch,
};
use crate::{
    admin::{AdminError, By, clients, state_file::StateFile},
    app::{App, SharedApp},
    crypto::random,
    domain::user::User,
    store::{self, StoreError},
};

/// Demo data for a database without users and clients.
const DEMO: &str = include_str!("../../assets/dev.toml");

/// State of a development server.
pub(super) struct Dev {
    /// Folder of a temporary database. Deleted at the end.
    _scratch: Option<Scratch>,
    pub(super) throw_away: bool,
}

impl Dev {
    pub(super) fn new(scratch: Option<Scratch>) -> Self {
        Self {
            throw_away: scratch.is_some(),
            _scratch: scratch,
        }
    }
}

impl Dev {
    /// Fills an empty database, and sees to it that the demo job's secret is known.
    pub(super) fn prepare(&self, app: &SharedApp) -> Result<(), Failure> {
        let (is_empty, has_job) = app.store.read(|tx| {
            let is_empty = store::users::page(tx, None, 1)?.is_empty()
                && store::clients::page(tx, None, 1)?.is_empty();
            let job = store::clients::get(tx, JOB)?;
            Ok::<_, StoreError>((is_empty, job.is_some()))
        })?;
        if is_empty {
            let demo = StateFile::parse("dev.toml", DEMO)?;
            demo.seed(&app.store)?;
        }
        let path = Path::new(ENV_FILE);
        let secret = (is_empty || has_job)
            .then(|| dev_env::known_secret(path).unwrap_or_else(random::secret));
        if let Some(stored) = secret.clone() {
            app.store
                .write_blocking(move |tx| {
                    clients::reinstate_secret(tx, &By::command_line(), JOB, &stored).map(|_| ())
                })
                .map_err(|error: AdminError| Failure::other(error))?;
        }
        let database = std::path::absolute(&app.config.database).map_err(Failure::other)?;
        // A server that has become ready in the meantime; after a restore the file describes this server itself.
        if let Some(running) = dev_env::running().filter(|running| running.database != database) {
            return Err(Failure::other(running));
        }
        dev_env::write(path, &app.config.issuer, secret.as_ref(), &database)
            .map_err(|error| Failure::Other(format!("{ENV_FILE}: {error}")))?;
        Ok(())
    }

    /// Lines of the banner: names and values.
    pub(super) fn lines(&self, app: &App) -> Result<Vec<(&'static str, String)>, StoreError> {
        let (people, job) = app.store.read(|tx| {
            Ok::<_, StoreError>((store::users::personas(tx)?, store::clients::get(tx, JOB)?))
        })?;
        let mut lines = vec![("admin", format!("{}/admin", app.config.issuer))];
        if !people.is_empty() {
            let person = |user: &User| match user.admin {
                true => format!("{} (administrator)", user.username),
                false => user.username.clone(),
            };
            let people: Vec<_> = people.iter().map(person).collect();
            lines.push((
                "users",
                format!("{} (one-click sign-in)", people.join(", ")),
            ));
        }
        if job.is_none() {
            return Ok(lines);
        }
        let keyfob = std::env::args().next().unwrap_or_else(|| "keyfob".into());
        let database = app.config.database.display();
        lines.extend([
            ("clients", format!("{WEB} (public, PKCE, http://localhost:*/callback)")),
            ("", format!("{JOB} (secret in ./{ENV_FILE})")),
            (
                "try",
                format!(
                    ". ./{ENV_FILE}; curl -su \"$CLIENT_ID:$CLIENT_SECRET\" -d grant_type=client_credentials \
                     $ISSUER/api/v1/oauth/token"
                ),
            ),
            (
                "",
                format!(
                    "{keyfob} token mint --database {database} --client {JOB} | {keyfob} token verify \
                     --database {database}"
                ),
            ),
        ]);
        Ok(lines)
    }
}
