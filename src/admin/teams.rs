//! Teams.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AdminError, By, deletion, line,
    listing::{Asked, List, Mark, Rows},
    object::{self, Described, Managed, members as named},
};
use crate::{
    domain::{
        name::{Subject, TeamId},
        team::{Role, Team},
    },
    oauth::delegation::review,
    store::{
        StoreError, Tx,
        objects::Stored,
        teams::{self, MembersWanted, Sort, Wanted},
        users,
    },
};

/// Members of a team, to create or update one. Memberships are set on the user.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdminTeamInput")]
pub struct TeamInput {
    pub id: Option<String>,
    pub name: Option<String>,
    pub disabled: Option<bool>,
}

/// A team. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminTeam")]
pub struct TeamView {
    pub id: TeamId,
    pub name: String,
    pub disabled: bool,
    pub managed_by: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
}

impl From<&Team> for TeamView {
    fn from(team: &Team) -> Self {
        Self {
            id: team.id.clone(),
            name: team.name.clone(),
            disabled: team.disabled,
            managed_by: team.managed_by.clone(),
            created_at: team.created_at.rfc3339(),
        }
    }
}

/// A [`TeamInput`] with valid members.
#[derive(Clone, Debug)]
pub struct CheckedTeam {
    id: Option<TeamId>,
    name: Option<String>,
    disabled: Option<bool>,
}

impl TeamInput {
    pub fn check(self) -> Result<CheckedTeam, AdminError> {
        let id = self.id.as_deref().map(TeamId::parse).transpose();
        Ok(CheckedTeam {
            id: id.map_err(|error| AdminError::invalid("id", error.to_string()))?,
            name: self.name.map(|text| line("name", &text, 200)).transpose()?,
            disabled: self.disabled,
        })
    }
}

impl Managed for Team {
    const NAME: &'static str = "id";

    const DESCRIBED: Described = Described {
        required: Some("id"),
        ..Described::NOTHING
    };
    const LIST: List = List {
        name: "teams",
        orders: &["id", "name", "created"],
    };

    type Input = TeamInput;
    type Checked = CheckedTeam;
    type View = TeamView;

    fn title(&self) -> Option<String> {
        Some(self.name.clone())
    }

    /// With its memberships.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        self.delete(tx)?;
        review::team_closed(tx, &self.id)
    }

    fn check(input: TeamInput, _known: Option<&Self>) -> Result<CheckedTeam, AdminError> {
        input.check()
    }

    fn name_in(input: &CheckedTeam) -> Option<&str> {
        input.id.as_ref().map(TeamId::as_str)
    }

    /// Without a name its id serves as one.
    fn new(tx: &Tx, input: &CheckedTeam) -> Result<Self, AdminError> {
        let id = input.id.clone();
        let id = id.ok_or_else(|| AdminError::invalid("id", "is required"))?;
        Ok(Self {
            name: id.to_string(),
            id,
            disabled: false,
            managed_by: None,
            created_at: tx.now,
        })
    }

    fn reset(&self) -> Self {
        Self {
            name: self.id.to_string(),
            disabled: false,
            ..self.clone()
        }
    }

    fn apply(self, input: CheckedTeam) -> Result<Self, AdminError> {
        Ok(Self {
            name: input.name.unwrap_or(self.name),
            disabled: input.disabled.unwrap_or(self.disabled),
            ..self
        })
    }

    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<TeamView>, AdminError> {
        let sort = match asked.by {
            "name" => Sort::Name,
            "created" => Sort::Created,
            _ => Sort::Id,
        };
        let wanted = Wanted {
            text,
            sort,
            descending: asked.descending,
            after: asked.after(),
        };
        let found = teams::list(tx, wanted, asked.limit)?;
        let marked = |team: &Team| (Mark::new(sort.key(team), &team.id), team.shown());
        Ok(found.iter().map(marked).collect())
    }

    fn shown(&self) -> TeamView {
        TeamView::from(self)
    }

    fn defaults(&self) -> Map<String, Value> {
        named([("name", json!(self.id)), ("disabled", json!(false))])
    }

    fn check_deletable(&self, tx: &Tx, by: &By) -> Result<(), AdminError> {
        deletion::check_members(tx, by, self.id.as_str())
    }

    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError> {
        match self.disabled && !before.disabled {
            true => review::team_closed(tx, &self.id),
            false => Ok(()),
        }
    }

    fn unmanaged(&self) -> Option<Self> {
        Some(Self {
            disabled: true,
            ..self.clone()
        })
    }
}

/// Order of the members of a team.
pub const MEMBERS: List = List {
    name: "members",
    orders: &["sub"],
};

/// A user in a team.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminTeamMember")]
pub struct MemberView {
    pub sub: Subject,
    pub role: Role,
    pub username: Option<String>,
    pub name: Option<String>,
    pub managed_by: Option<String>,
}

/// One page of the members of a team whose names contain the text.
pub fn members(
    tx: &Tx,
    id: &str,
    text: Option<&str>,
    asked: &Asked,
) -> Result<Rows<MemberView>, AdminError> {
    object::get::<Team>(tx, id)?;
    let wanted = MembersWanted {
        text,
        descending: asked.descending,
        after: asked.after().map(|(_, sub)| sub),
    };
    let found = teams::members(tx, id, wanted, asked.limit)?.into_iter();
    let view = |(sub, role): (Subject, Role)| {
        let user = users::get(tx, sub.as_str())?;
        let view = MemberView {
            username: user.as_ref().map(|user| user.username.clone()),
            name: user.as_ref().map(|user| user.display_name()),
            managed_by: user.and_then(|user| user.managed_by),
            role,
            sub,
        };
        Ok((Mark::new("", &view.sub), view))
    };
    found.map(view).collect()
}
