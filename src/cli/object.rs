//! Commands for every kind of managed object. The file of a kind has its flags, columns and special commands.

use serde::Serialize;

use super::{
    Failure,
    common::{self, Common},
    output::{self, Table},
};
use crate::{
    admin::{
        AdminError, By, deletion,
        listing::{Asked, List, Rows},
        object::{self, Managed},
    },
    domain::secret::Secret,
    store::{Store, Tx},
};

/// Flags of input members, if they are not `--member-with-hyphens`.
pub(super) type Names<'a> = &'a [(&'a str, &'a str)];

pub(super) fn show<M: Managed>(common: &Common, name: &str) -> Result<(), Failure> {
    let store = common.open()?;
    let view = common::look(&store, |tx| object::get::<M>(tx, name)?.view(tx))?;
    output::object(common.output, &view)
}

pub(super) fn list<M: Managed>(
    common: &Common,
    table: &Table<M::View>,
    most: Option<u32>,
) -> Result<(), Failure> {
    let store = common.open()?;
    let read = |tx: &Tx, asked: &Asked| M::list(tx, None, asked);
    rows(common, &store, M::LIST, table, most, read)
}

/// Prints a list of the admin API from its start, in its default order.
pub(super) fn rows<V: Serialize>(
    common: &Common,
    store: &Store,
    list: List,
    table: &Table<V>,
    most: Option<u32>,
    read: impl Fn(&Tx, &Asked) -> Result<Rows<V>, AdminError>,
) -> Result<(), Failure> {
    let mut after = None;
    output::list(common.output, table, most, |_, limit| {
        let asked = Asked {
            by: list.orders.first().copied().unwrap_or_default(),
            descending: false,
            after: after.take(),
            limit,
        };
        let page = common::look(store, |tx| read(tx, &asked))?;
        after = page.last().map(|(mark, _)| mark.clone());
        Ok(page.into_iter().map(|(_, row)| row).collect())
    })
}

pub(super) fn create<M: Managed>(
    common: &Common,
    names: Names<'_>,
    input: impl FnOnce() -> Result<M::Input, Failure>,
) -> Result<M, Failure> {
    let store = common.open()?;
    let input = M::check(input()?, None).map_err(|error| common::explain(&store, error, names))?;
    let create = move |tx: &Tx, by: &By| object::create::<M>(tx, by, input);
    let made = common::change(&store, names, create)?;
    output::note(&format!(
        "Created {} {}",
        M::KIND.noun(),
        made.value.label()
    ));
    print(common, made.value.shown(), made.secret)?;
    Ok(made.value)
}

/// Prints an object, with its new secret.
pub(super) fn print(
    common: &Common,
    object: impl Serialize,
    secret: Option<Secret>,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Shown<V> {
        #[serde(flatten)]
        object: V,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_secret: Option<String>,
    }
    if secret.is_some() {
        output::note("Copy the client secret now. It will not be shown again");
    }
    let client_secret = secret.map(|secret| secret.expose().to_owned());
    output::object(
        common.output,
        &Shown {
            object,
            client_secret,
        },
    )
}

pub(super) fn update<M: Managed>(
    common: &Common,
    names: Names<'_>,
    name: &str,
    input: impl FnOnce(&M) -> Result<M::Input, Failure>,
) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| object::get::<M>(tx, name))?;
    let input = M::check(input(&known)?, Some(&known));
    let input = input.map_err(|error| common::explain(&store, error, names))?;
    let update = move |tx: &Tx, by: &By| object::update::<M>(tx, by, known.name(), input);
    let applied = common::change(&store, names, update)?;
    let (change, object) = (applied.change, applied.value);
    output::note(&format!("{change} {} {}", M::KIND.noun(), object.label()));
    let view = common::look(&store, |tx| object.view(tx))?;
    print(common, view, applied.secret)
}

/// Asks `question` first, at a terminal.
pub(super) fn delete<M: Managed>(
    common: &Common,
    name: &str,
    yes: bool,
    question: impl FnOnce(&M) -> String,
) -> Result<(), Failure> {
    let store = common.open()?;
    let known = common::look(&store, |tx| object::get::<M>(tx, name))?;
    common::confirm(yes, &question(&known))?;
    let delete = move |tx: &Tx, by: &By| deletion::delete::<M>(tx, by, known.name());
    let deleted = common::change(&store, &[], delete)?.value;
    output::note(&format!("Deleted {} {}", M::KIND.noun(), deleted.label()));
    Ok(())
}
