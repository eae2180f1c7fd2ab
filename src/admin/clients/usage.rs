//! Use of a client, with the time of the last token.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    admin::AdminError,
    app::App,
    domain::{id::Id, time::UnixSeconds},
    store::{
        Tx, access_tokens, clients,
        issued::{self, Filter},
    },
};

/// Times are RFC 3339.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminClientUse")]
pub struct Usage {
    /// Time of the last token issued to it; null if no longer stored.
    #[schemars(extend("format" = "date-time"))]
    pub last_used_at: Option<String>,
    /// Whether it holds an active grant or access token.
    pub active: bool,
    pub secrets: Vec<SecretUsage>,
}

/// Use of one client secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminSecretUse")]
pub struct SecretUsage {
    pub id: Id,
    /// Its last characters, if the server generated it.
    pub tail: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub last_used_at: Option<String>,
}

pub fn usage(app: &App, tx: &Tx, client_id: &str) -> Result<Usage, AdminError> {
    let filter = Filter {
        client_id: Some(client_id.to_owned()),
        ..Filter::default()
    };
    let active = Filter {
        active: Some(true),
        ..filter.clone()
    };
    let marks = clients::secret_marks(tx, client_id)?;
    let secrets: Vec<_> = marks
        .into_iter()
        .map(|mark| {
            let last_used_at = mark.last_used_at.max(app.secret_use.unwritten(mark.id));
            (mark.id, mark.tail, last_used_at)
        })
        .collect();
    let token = access_tokens::newest_of_client(tx, client_id)?;
    let grant = issued::grants(tx, &filter, None, 1)?;
    let last = [
        token.map(|id| id.made_at().seconds()),
        grant.first().map(|one| one.grant.created_at),
        secrets.iter().filter_map(|(_, _, at)| *at).max(),
    ];
    Ok(Usage {
        last_used_at: last.into_iter().flatten().max().map(UnixSeconds::rfc3339),
        active: !issued::grants(tx, &active, None, 1)?.is_empty()
            || !issued::tokens(tx, &active, None, 1)?.is_empty(),
        secrets: secrets
            .into_iter()
            .map(|(id, tail, at)| SecretUsage {
                id,
                tail,
                last_used_at: at.map(UnixSeconds::rfc3339),
            })
            .collect(),
    })
}
