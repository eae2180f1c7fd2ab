//! Registered scopes.

use serde::{Deserialize, Serialize};

use super::{AdminError, Applied, By, Change, Kind, differences, line, only_moved, record};
use crate::{
    domain::{
        name::ScopeName,
        scope::{self, Scope},
    },
    store::{Tx, deleted_objects, scopes},
};

/// What can be said of a scope.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeInput {
    pub name: Option<String>,
    /// Completes the consent page's "It will be able to …".
    pub description: Option<String>,
}

/// A scope as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeView {
    pub name: ScopeName,
    pub description: String,
    pub built_in: bool,
    pub managed_by: Option<String>,
}

impl From<&Scope> for ScopeView {
    fn from(scope: &Scope) -> Self {
        Self {
            name: scope.name.clone(),
            description: scope.description.clone(),
            built_in: scope.built_in,
            managed_by: scope.managed_by.clone(),
        }
    }
}

/// A [`ScopeInput`] whose every member is good.
#[derive(Clone, Debug)]
pub struct CheckedScope {
    name: Option<ScopeName>,
    description: Option<String>,
}

impl ScopeInput {
    pub fn check(self) -> Result<CheckedScope, AdminError> {
        Ok(CheckedScope {
            name: self.name.as_deref().map(parse_name).transpose()?,
            description: self
                .description
                .map(|text| line("description", &text, 200))
                .transpose()?,
        })
    }
}

fn parse_name(text: &str) -> Result<ScopeName, AdminError> {
    let name =
        ScopeName::parse(text).map_err(|error| AdminError::invalid("name", error.to_string()))?;
    if scope::is_reserved(text) {
        let reason = "must not start with keyfob: (reserved)";
        return Err(AdminError::invalid("name", reason));
    }
    Ok(name)
}

/// Adds a scope. Without a description its name serves as one.
pub fn create(tx: &Tx, by: &By, input: CheckedScope) -> Result<Applied<Scope>, AdminError> {
    let name = input
        .name
        .ok_or_else(|| AdminError::invalid("name", "is required"))?;
    if scopes::get(tx, name.as_str())?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::Scope,
            name: name.to_string(),
        });
    }
    let scope = Scope {
        description: input.description.unwrap_or_else(|| name.to_string()),
        name,
        built_in: false,
        managed_by: by.manager(None),
    };
    scopes::put(tx, &scope)?;
    record(tx, by.event("scope.created").subject(&scope.name), &[])?;
    Ok(Applied::new(scope, Change::Created))
}

/// Changes what is given. The description of a built-in scope can be changed, too: it is what people read.
pub fn update(
    tx: &Tx,
    by: &By,
    name: &str,
    input: CheckedScope,
) -> Result<Applied<Scope>, AdminError> {
    let before = get(tx, name)?;
    by.may_change(Kind::Scope, name, before.managed_by.as_deref())?;
    if input.name.is_some_and(|new| new.as_str() != name) {
        let reason = "cannot be changed. Create a new scope instead";
        return Err(AdminError::invalid("name", reason));
    }
    let mut after = before.clone();
    if let Some(description) = input.description {
        after.description = description;
    }
    after.managed_by = by.manager(before.managed_by.as_deref());
    let changed = differences(&ScopeView::from(&before), &ScopeView::from(&after))?;
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    scopes::put(tx, &after)?;
    if only_moved(
        &changed,
        before.managed_by.as_deref(),
        after.managed_by.as_deref(),
    ) {
        return Ok(Applied::new(after, Change::Unchanged));
    }
    record(tx, by.event("scope.updated").subject(name), &changed)?;
    Ok(Applied::new(after, Change::Updated))
}

/// Makes the scope what the input says, whether it is there or not.
pub fn declare(tx: &Tx, by: &By, input: CheckedScope) -> Result<Applied<Scope>, AdminError> {
    let known = match &input.name {
        Some(name) => scopes::get(tx, name.as_str())?,
        None => None,
    };
    match known {
        Some(known) => update(tx, by, known.name.as_str(), input),
        None => create(tx, by, input),
    }
}

/// Takes the scope out of the list. Tokens that hold it keep it until they expire.
pub fn delete(tx: &Tx, by: &By, name: &str) -> Result<Applied<Scope>, AdminError> {
    let scope = get(tx, name)?;
    if scope.built_in {
        let reason = format!("Scope {name:?} is built in and cannot be deleted.");
        return Err(AdminError::Conflict(reason));
    }
    by.may_change(Kind::Scope, name, scope.managed_by.as_deref())?;
    deleted_objects::keep_scope(tx, name)?;
    scopes::delete(tx, name)?;
    record(tx, by.event("scope.deleted").subject(name), &[])?;
    Ok(Applied::new(scope, Change::Deleted))
}

pub fn get(tx: &Tx, name: &str) -> Result<Scope, AdminError> {
    scopes::get(tx, name)?.ok_or_else(|| AdminError::not_found(Kind::Scope, name))
}
