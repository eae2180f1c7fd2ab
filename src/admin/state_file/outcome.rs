//! Changes made by applying a file.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    admin::{AdminError, Kind, as_members, file_of},
    config::InvalidConfig,
    store::StoreError,
};

/// All changes by a file. Objects that already match the file are not included.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub steps: Vec<Step>,
    /// Plans only: settings that refer to objects the database would not have.
    #[serde(skip)]
    pub unregistered: Vec<InvalidConfig>,
}

/// Change of one object.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminStep")]
pub struct Step {
    pub action: Action,
    pub kind: Kind,
    /// Identifier in the file: a client's `client_id`, a user's `username`.
    pub name: String,
    /// Line on which it is declared; absent if the file no longer declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Changed members (updates only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberChange>,
    /// A note on the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Action {
    Create,
    Update,
    Disable,
    Delete,
}

impl Action {
    pub const ALL: &'static [Action] = &[
        Action::Create,
        Action::Update,
        Action::Disable,
        Action::Delete,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Disable => "disable",
            Action::Delete => "delete",
        }
    }
}

/// Old and new value of a member. A secret shows neither.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "AdminMemberChange")]
pub struct MemberChange {
    pub member: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl MemberChange {
    /// A secret that changes.
    pub(super) fn hidden(member: &str) -> Self {
        Self {
            member: member.to_owned(),
            before: None,
            after: None,
        }
    }
}

/// Members of views that a file cannot declare, and secrets, which are compared separately.
const NOT_DECLARED: &[&str] = &[
    "built_in",
    "created_at",
    "has_password",
    "registered_at",
    "secrets",
    "updated_at",
];

/// Changed members of an object, in the order of its view. Empty for a new object.
pub(super) fn differences(
    before: Option<impl Serialize>,
    after: &impl Serialize,
) -> Result<Vec<MemberChange>, StoreError> {
    let Some(before) = before else {
        return Ok(Vec::new());
    };
    let failed = |error: AdminError| StoreError::Internal(error.to_string());
    let before = as_members(&before).map_err(failed)?;
    let after = as_members(after).map_err(failed)?;
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let changes = after.keys().chain(gone).filter_map(|name| {
        let value = |members: &serde_json::Map<String, Value>| {
            members.get(name).filter(|value| !value.is_null()).cloned()
        };
        let (before, after) = (value(&before), value(&after));
        let differs = before != after
            && !NOT_DECLARED.contains(&name.as_str())
            && !is_only_another_line(name, before.as_ref(), after.as_ref());
        differs.then(|| MemberChange {
            member: name.clone(),
            before,
            after,
        })
    });
    Ok(changes.collect())
}

fn is_only_another_line(name: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let file = |value: Option<&Value>| value?.as_str().map(|place| file_of(place).to_owned());
    name == "managed_by" && before.is_some() && file(before) == file(after)
}
