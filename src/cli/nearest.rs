//! The name that was probably meant.

use super::output::PAGE;
use crate::{
    admin::{Kind, object::Managed, register::each_kind},
    domain::object::Object,
    store::{Store, StoreError, objects::Stored},
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

/// Names of kinds whose names users type; those of other kinds are copied.
fn names(store: &Store, kind: Kind) -> Result<Vec<String>, StoreError> {
    store.read(|tx| {
        each_kind!(M => {
            if kind == M::KIND {
                let found = M::page(tx, None, MOST)?;
                return Ok(found.iter().map(|object| object.label().to_owned()).collect());
            }
        });
        Ok(Vec::new())
    })
}
