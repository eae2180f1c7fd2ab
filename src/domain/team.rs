//! Teams and who is in them.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{name::TeamId, object::object_header, time::UnixSeconds};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub disabled: bool,
    pub managed_by: Option<String>,
    pub created_at: UnixSeconds,
}

object_header!(Team: "team", "team", id, disabled);

/// Role of a user in a team.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Role {
    #[default]
    Member,
    Admin,
}

impl Role {
    pub const ALL: [Role; 2] = [Role::Member, Role::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Member => "member",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user's place in one team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AdminMembership")]
pub struct Membership {
    #[serde(rename = "id")]
    pub team_id: TeamId,
    #[serde(default)]
    pub role: Role,
}

/// Text form: `acme`, or `acme:admin`.
///
/// ```
/// # use keyfob::domain::team::{Membership, Role};
/// assert_eq!("acme".parse::<Membership>()?.role, Role::Member);
/// assert_eq!("acme:admin".parse::<Membership>()?.role, Role::Admin);
/// assert!("acme:owner".parse::<Membership>().is_err());
/// # Ok::<_, String>(())
/// ```
impl FromStr for Membership {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, role) = match text.split_once(':') {
            None => (text, Role::Member),
            Some((id, "member")) => (id, Role::Member),
            Some((id, "admin")) => (id, Role::Admin),
            Some(_) => return Err("must be member or admin".into()),
        };
        Ok(Self {
            team_id: TeamId::parse(id).map_err(|error| error.to_string())?,
            role,
        })
    }
}
