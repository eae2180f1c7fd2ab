//! The database as a file that declares it: stable, sorted, without defaults, and never with a secret.

use serde_json::Value;

use crate::{
    admin::{
        Kind,
        object::{Managed, Members},
        register::each_kind,
    },
    domain::object::Object,
    store::{StoreError, Tx, objects::Stored},
};

/// Rows that are read at a time.
const PAGE: u32 = 500;

const HEAD: &str = "# Exported by Keyfob. Passwords and client secrets are not included; applying this file keeps the \
existing ones.\n";

/// The whole file, object by object, to `out`.
pub fn export<E: From<StoreError>>(
    tx: &Tx,
    mut out: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    out(HEAD)?;
    each_kind!(M => {
        let mut page = M::page(tx, None, PAGE)?;
        while !page.is_empty() {
            for object in &page {
                let declaration = object.declaration();
                let declaration =
                    declaration.map_err(|error| StoreError::Internal(error.to_string()))?;
                if let Some(members) = declaration {
                    out(&table(M::KIND, &members)?)?;
                }
            }
            page = M::page(tx, page.last(), PAGE)?;
        }
    });
    Ok(())
}

/// `[[client]]` and its members, a line each.
pub fn table(kind: Kind, members: &Members) -> Result<String, StoreError> {
    let mut text = format!("\n[[{kind}]]\n");
    for (name, value) in members {
        let value = toml::Value::try_from(without_nulls(value))
            .map_err(|error| StoreError::Internal(format!("{name}: {error}")))?;
        text.push_str(&format!("{name} = {value}\n"));
    }
    Ok(text)
}

/// TOML has no null: members that are null are left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(without_nulls)
            .collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        value => value.clone(),
    }
}
