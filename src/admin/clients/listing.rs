//! Clients, as they are listed.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::ClientView;
use crate::{
    admin::{
        AdminError,
        listing::{Asked, List, Mark, Rows, is_in},
    },
    app::App,
    directory::FIRST_PARTY,
    domain::id::Id,
    store::{Tx, access_tokens},
};

pub const LIST: List = List {
    name: "clients",
    orders: &["client_id", "name", "created", "changed", "last_token"],
};

/// A client in the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminListedClient")]
pub struct ListedClient {
    #[serde(flatten)]
    client: ClientView,
    /// Time of the newest access token that is still recorded.
    #[schemars(extend("format" = "date-time"))]
    last_token_at: Option<String>,
}

/// One page of the clients whose names contain the text. Read from memory, except for the times of their last use.
pub fn list(
    app: &App,
    tx: &Tx,
    text: Option<&str>,
    asked: &Asked,
) -> Result<Rows<ListedClient>, AdminError> {
    let snapshot = app.directory.snapshot();
    let used = match asked.by {
        "last_token" => access_tokens::newest_of_clients(tx)?,
        _ => HashMap::new(),
    };
    let found = snapshot.clients().filter(|client| {
        client.client_id.as_str() != FIRST_PARTY
            && is_in(text, [client.client_id.as_str(), client.display_name()])
    });
    let page = asked.sorted(found, |client| {
        let key = match asked.by {
            "name" => client.display_name().to_lowercase(),
            "created" => client.created_at.rfc3339(),
            "changed" => client.updated_at.rfc3339(),
            "last_token" => used
                .get(&client.client_id)
                .map(Id::simple)
                .unwrap_or_default(),
            _ => String::new(),
        };
        Mark::new(key, &client.client_id)
    });
    let listed = page.into_iter().map(|(mark, client)| {
        let used = access_tokens::newest_of_client(tx, client.client_id.as_str())?;
        let last_token_at = used.map(|id| id.made_at().seconds().rfc3339());
        let client = ClientView::from(&**client);
        Ok((
            mark,
            ListedClient {
                client,
                last_token_at,
            },
        ))
    });
    listed.collect()
}
