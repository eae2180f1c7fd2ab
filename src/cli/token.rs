//! `keyfob token`: making, reading, checking and ending tokens.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

use serde::Serialize;

use super::{
    Failure,
    common::{self, Common},
    inspection, issuer,
    output::{self, Format},
};
use crate::{
    admin::{
        AdminError,
        token_checks::{self, Check},
        tokens::{self, Ended, MintInput},
    },
    config::settings::Settings,
    directory::{Directory, FIRST_PARTY},
    domain::{id::Id, name::TeamId, scope::ScopeSet, secret::Secret, time::Lifetime},
    oauth::issue,
};

/// Flags of the input's members.
const NAMES: &[(&str, &str)] = &[
    ("resources", "--resource"),
    ("team_id", "--team"),
    ("token", "Token"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Issue an access token and print it
    Mint(Mint),
    /// Decode a token without verifying it
    Inspect {
        #[command(flatten)]
        token: TokenFlags,
    },
    /// Verify that a token is valid now (exit code 5 if it is not)
    Verify {
        #[command(flatten)]
        token: TokenFlags,
        /// Expected audience: an API, or for an ID token a client [default: any registered one]
        #[arg(long, value_name = "AUDIENCE")]
        audience: Option<String>,
        #[command(flatten)]
        issuer: issuer::IssuerFlag,
    },
    /// Revoke an access token and everything delegated from it, or a refresh token and its grant
    Revoke {
        #[command(flatten)]
        token: TokenFlags,
        /// The access token's jti, instead of the token
        #[arg(long, value_name = "ID", conflicts_with_all = ["token_file", "token_stdin"])]
        jti: Option<Id>,
    },
}

#[derive(Debug, clap::Args)]
struct Mint {
    /// Client to issue the token to [default: Keyfob's own client, with --user]
    #[arg(long, value_name = "CLIENT_ID", required_unless_present = "user")]
    client: Option<String>,
    /// User the token is for (username or sub) [default: none, machine-to-machine]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Scopes, separated by spaces [default: all allowed for the client except keyfob:* and offline_access]
    #[arg(long, value_name = "SCOPES", value_parser = |text: &str| ScopeSet::parse(text))]
    scope: Option<ScopeSet>,
    /// Team the token is for
    #[arg(long, value_name = "ID")]
    team: Option<TeamId>,
    /// API the token is for (RFC 8707); repeatable
    #[arg(long, value_name = "URI")]
    resource: Vec<String>,
    /// Lifetime [default: the client's access token lifetime]
    #[arg(long, value_name = "DURATION")]
    lifetime: Option<Lifetime>,
    #[command(flatten)]
    issuer: issuer::IssuerFlag,
}

/// Source of a token: stdin, unless there is a file. Never an argument, which others can see in the list of processes.
#[derive(Debug, clap::Args)]
struct TokenFlags {
    /// Read the token from stdin (the default)
    #[arg(long, conflicts_with = "token_file")]
    token_stdin: bool,
    /// Read the token from a file [env: KEYFOB_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// - for stdin
    #[arg(value_name = "-", hide = true)]
    dash: Option<String>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let common = args.common;
    match args.command {
        Command::Mint(flags) => mint(&common, flags),
        Command::Inspect { token } => {
            let inspected = token_checks::inspect(token.read()?.expose());
            let inspected = inspected.map_err(|error| Failure::Usage(error.to_string()))?;
            inspection::print(common.output, &inspected)
        }
        Command::Verify {
            token,
            audience,
            issuer,
        } => verify(&common, &token, audience.as_deref(), &issuer),
        Command::Revoke { token, jti } => {
            let token = match jti {
                Some(jti) => Secret::new(jti.to_string()),
                None => token.read()?,
            };
            revoke(&common, token)
        }
    }
}

/// JSON output of `token mint`, with the names of RFC 6749 §5.1.
#[derive(Serialize)]
struct Minted<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    scope: &'a ScopeSet,
}

fn mint(common: &Common, flags: Mint) -> Result<(), Failure> {
    let app = issuer::open_app(common, &flags.issuer)?;
    let input = MintInput {
        client_id: flags.client.unwrap_or_else(|| FIRST_PARTY.to_owned()),
        user: flags.user,
        scope: flags.scope,
        team_id: flags.team,
        resources: flags.resource,
        lifetime: flags.lifetime,
    };
    let minting = app.clone();
    let missing = app.directory.snapshot().missing_access_token_key(app.now());
    if missing.is_some() {
        app.make_missing_keys(missing).map_err(Failure::other)?;
    }
    let claims = common::change(&app.store, NAMES, move |tx, by| {
        tokens::mint(&minting, tx, by, &input)
    })?;
    let token =
        issue::sign_access_token(&app.directory, app.now(), &claims).map_err(Failure::other)?;
    output::note(&format!(
        "Issued for {} · client {} · scope {} · expires {}",
        claims.sub, claims.client_id, claims.scope, claims.exp
    ));
    match common.output {
        Format::Table => output::line(token.expose()),
        format => output::object(
            format,
            &Minted {
                access_token: token.expose(),
                token_type: "Bearer",
                expires_in: claims.exp.since(claims.iat),
                scope: &claims.scope,
            },
        ),
    }
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    checks: Vec<Check>,
}

fn verify(
    common: &Common,
    token: &TokenFlags,
    audience: Option<&str>,
    issuer: &issuer::IssuerFlag,
) -> Result<(), Failure> {
    let token = token.read()?;
    let app = issuer::open_app(common, issuer)?;
    let checks =
        token_checks::verify(&app, token.expose(), audience).map_err(|error| match error {
            AdminError::Invalid { field, reason } if field == "token" => {
                Failure::Check(format!("Token is not valid: {reason}"))
            }
            error => common::explain(&app.store, error, NAMES),
        })?;
    let valid = checks.iter().all(|check| check.passed);
    if common.output == Format::Table {
        for Check {
            name,
            passed,
            detail,
        } in &checks
        {
            let mark = if *passed { '✓' } else { '✗' };
            output::line(&format!("{mark} {name:9}  {detail}"))?;
        }
    } else {
        output::object(common.output, &Verdict { valid, checks })?;
    }
    if valid {
        return Ok(());
    }
    Err(Failure::Check("Token is not valid".into()))
}

fn revoke(common: &Common, token: Secret) -> Result<(), Failure> {
    let store = common.open()?;
    let directory = Directory::load(&store, Settings::default()).map_err(Failure::other)?;
    let keys = directory.snapshot().verifying_keys(store.now());
    let ended = common::change(&store, NAMES, move |tx, by| {
        tokens::revoke(tx, by, &keys, token.expose())
    })?;
    output::note(&match ended.value {
        Ended::AccessToken(jti) => format!("Revoked access token {jti}"),
        Ended::Grant(id) => format!("Revoked grant {id} and all its tokens"),
    });
    Ok(())
}

impl TokenFlags {
    fn read(&self) -> Result<Secret, Failure> {
        if self.dash.as_deref().is_some_and(|said| said != "-") {
            let reason = "Tokens are not accepted as arguments because other users can see them in the process list. \
            Pipe the token in or use --token-file";
            return Err(Failure::Usage(reason.into()));
        }
        let file = common::file_or_variable(self.token_file.as_ref(), "KEYFOB_TOKEN_FILE");
        let token = match file.filter(|_| !self.token_stdin) {
            Some(path) => common::secret_from_file(&path)?,
            None if io::stdin().is_terminal() => rpassword::prompt_password("Token: ")
                .map(Secret::new)
                .map_err(Failure::other)?,
            None => common::secret_from_stdin()?,
        };
        let token = Secret::new(token.expose().trim());
        if token.is_empty() {
            return Err(Failure::Usage(
                "No token given. Pipe it in or use --token-file".into(),
            ));
        }
        Ok(token)
    }
}
