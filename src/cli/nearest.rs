//! The name that was probably meant.

use super::output::PAGE;
use crate::{
    admin::Kind,
    store::{Store, StoreError, clients, resources, scopes, teams, trusted_issuers, users},
};

/// Names that are looked at: a hint is not worth reading a million users.
const MOST: u32 = 10 * PAGE;
/// Below this likeness (0 to 1) a name was probably not the one meant.
const ALIKE: f64 = 0.8;

/// `; did you mean "ola"?`, or nothing.
pub(super) fn hint(store: &Store, kind: Kind, name: &str) -> String {
    let names = match names(store, kind) {
        Ok(names) => names,
        Err(error) => {
            tracing::debug!(%error, "no hint");
            return String::new();
        }
    };
    match nearest(name, names.iter().map(String::as_str)) {
        Some(name) => format!(". Did you mean {name:?}?"),
        None => String::new(),
    }
}

pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|known| {
            (
                strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()),
                known,
            )
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

fn names(store: &Store, kind: Kind) -> Result<Vec<String>, StoreError> {
    store.read(|tx| {
        Ok(match kind {
            Kind::User => users::page(tx, None, MOST)?
                .into_iter()
                .map(|user| user.username)
                .collect(),
            Kind::Team => teams::page(tx, None, MOST)?
                .iter()
                .map(|team| team.id.to_string())
                .collect(),
            Kind::Scope => scopes::all(tx)?
                .iter()
                .map(|scope| scope.name.to_string())
                .collect(),
            Kind::Client => clients::page(tx, None, MOST)?
                .iter()
                .map(|client| client.client_id.to_string())
                .collect(),
            Kind::TrustedIssuer => trusted_issuers::all(tx)?
                .into_iter()
                .map(|issuer| issuer.issuer)
                .collect(),
            Kind::Resource => resources::all(tx)?
                .iter()
                .map(|resource| resource.uri.to_string())
                .collect(),
            // Nobody types these from memory.
            Kind::Key | Kind::Session | Kind::Device | Kind::Token | Kind::Grant => Vec::new(),
        })
    })
}
