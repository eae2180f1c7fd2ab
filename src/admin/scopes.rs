//! Registered scopes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AdminError, By,
    commands::{Commands, Flag},
    line,
    listing::{Asked, List, Mark, Rows, is_in},
    object::{Described, Managed, Members, declaration_of, members},
};
use crate::{
    domain::{
        name::ScopeName,
        scope::{self, Scope},
    },
    store::{
        StoreError, Tx, granted_scopes,
        objects::{Document, Stored},
    },
};

impl Document for Scope {}

/// Members of a scope, to create or update one.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdminScopeInput")]
pub struct ScopeInput {
    pub name: Option<String>,
    /// Completes the consent page's "It will be able to …".
    pub description: Option<String>,
}

/// A scope.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminScope")]
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

/// A [`ScopeInput`] with valid members.
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

impl Managed for Scope {
    const NAME: &'static str = "name";

    const DESCRIBED: Described = Described {
        required: Some("name"),
        ..Described::NOTHING
    };
    const LIST: List = List {
        name: "scopes",
        orders: &["name"],
    };

    const COMMANDS: Option<Commands<ScopeView>> = Some(Commands {
        command: "scope",
        about: "Manage scopes",
        name: "NAME",
        name_help: "",
        deletion: "; removes it from clients, APIs and trusted issuers, and revokes the access tokens of clients that \
                   had it",
        flags: &[Flag::text(
            "description",
            "description",
            "TEXT",
            "Description; completes \"This app will be able to …\" [default: the name]",
        )],
        columns: &["NAME", "DESCRIPTION", "MANAGED BY"],
        cells: |scope| {
            let built_in = scope.built_in.then(|| "built-in".to_owned());
            vec![
                Some(scope.name.to_string()),
                Some(scope.description.clone()),
                built_in.or_else(|| scope.managed_by.clone()),
            ]
        },
    });

    type Input = ScopeInput;
    type Checked = CheckedScope;
    type View = ScopeView;

    fn check(input: ScopeInput, _known: Option<&Self>) -> Result<CheckedScope, AdminError> {
        input.check()
    }

    fn name_in(input: &CheckedScope) -> Option<&str> {
        input.name.as_ref().map(ScopeName::as_str)
    }

    /// Without a description its name serves as one.
    fn new(_tx: &Tx, input: &CheckedScope) -> Result<Self, AdminError> {
        let name = input.name.clone();
        let name = name.ok_or_else(|| AdminError::invalid("name", "is required"))?;
        Ok(Self {
            description: name.to_string(),
            name,
            built_in: false,
            managed_by: None,
        })
    }

    fn reset(&self) -> Self {
        Self {
            description: default_description(self).to_owned(),
            ..self.clone()
        }
    }

    fn apply(self, input: CheckedScope) -> Result<Self, AdminError> {
        Ok(Self {
            description: input.description.unwrap_or(self.description),
            ..self
        })
    }

    /// Scopes are few: the consent page and the directory read them all, too.
    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<ScopeView>, AdminError> {
        let all = Scope::all(tx)?;
        let found = all.iter().map(ScopeView::from);
        let found = found.filter(|scope| is_in(text, [scope.name.as_str(), &scope.description]));
        Ok(asked.sorted(found, |scope| Mark::new("", &scope.name)))
    }

    fn shown(&self) -> ScopeView {
        ScopeView::from(self)
    }

    fn declaration(&self) -> Result<Option<Members>, AdminError> {
        let own = (self.name.as_str(), self.description.as_str());
        match scope::BUILT_IN.contains(&own) {
            true => Ok(None),
            false => declaration_of(self).map(Some),
        }
    }

    fn defaults(&self) -> Map<String, Value> {
        members([("description", json!(default_description(self)))])
    }

    /// Deletes all consents for this scope, so that users are asked again if its name is reused.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        granted_scopes::forget(tx, self.name.as_str())?;
        self.delete(tx)
    }

    fn check_deletable(&self, _tx: &Tx, _by: &By) -> Result<(), AdminError> {
        match self.built_in {
            true => Err(AdminError::Conflict(format!(
                "Scope {:?} is built in and cannot be deleted.",
                self.name.as_str()
            ))),
            false => Ok(()),
        }
    }

    /// A scope that is built in gets its own description back.
    fn unmanaged(&self) -> Option<Self> {
        self.built_in.then(|| self.reset())
    }
}

fn default_description(scope: &Scope) -> &str {
    let mut built_in = scope::BUILT_IN.iter();
    let own = built_in.find(|(name, _)| *name == scope.name.as_str());
    own.map_or(scope.name.as_str(), |(_, description)| description)
}
