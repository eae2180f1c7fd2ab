//! Teams.

use serde::{Deserialize, Serialize};

use super::{AdminError, Applied, By, Change, Kind, differences, line, only_moved, record};
use crate::{
    domain::{name::TeamId, team::Team},
    oauth::delegation::review,
    store::{Tx, deleted_objects, teams},
};

/// What can be said of a team. Who is in it is said of the user.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TeamInput {
    pub id: Option<String>,
    pub name: Option<String>,
    pub disabled: Option<bool>,
}

/// A team as it is shown; times are RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct TeamView {
    pub id: TeamId,
    pub name: String,
    pub disabled: bool,
    pub managed_by: Option<String>,
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

/// A [`TeamInput`] whose every member is good.
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

/// Adds a team. Without a name its id serves as one.
pub fn create(tx: &Tx, by: &By, input: CheckedTeam) -> Result<Applied<Team>, AdminError> {
    let id = input
        .id
        .clone()
        .ok_or_else(|| AdminError::invalid("id", "is required"))?;
    if teams::get(tx, id.as_str())?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::Team,
            name: id.to_string(),
        });
    }
    let team = input.applied_to(fresh(tx, by, id));
    teams::put(tx, &team)?;
    record(tx, by.event("team.created").subject(&team.id), &[])?;
    Ok(Applied::new(team, Change::Created))
}

/// Changes what is given.
pub fn update(tx: &Tx, by: &By, id: &str, input: CheckedTeam) -> Result<Applied<Team>, AdminError> {
    let before = get(tx, id)?;
    if input.id.as_ref().is_some_and(|new| new.as_str() != id) {
        return Err(AdminError::invalid("id", "cannot be changed"));
    }
    let after = input.applied_to(before.clone());
    store(tx, by, before, after)
}

/// Makes the team what the input says, whether it is there or not. What the input leaves out gets its
/// default.
pub fn declare(tx: &Tx, by: &By, input: CheckedTeam) -> Result<Applied<Team>, AdminError> {
    let known = match &input.id {
        Some(id) => teams::get(tx, id.as_str())?,
        None => None,
    };
    let Some(before) = known else {
        return create(tx, by, input);
    };
    let base = Team {
        created_at: before.created_at,
        ..fresh(tx, by, before.id.clone())
    };
    let after = input.applied_to(base);
    store(tx, by, before, after)
}

/// Deletes the team with its memberships, and revokes the tokens that were issued on the strength of it.
pub fn delete(tx: &Tx, by: &By, id: &str) -> Result<Applied<Team>, AdminError> {
    let team = get(tx, id)?;
    by.may_change(Kind::Team, id, team.managed_by.as_deref())?;
    deleted_objects::keep_team(tx, id)?;
    teams::delete(tx, id)?;
    review::team_closed(tx, &team.id)?;
    record(tx, by.event("team.deleted").subject(id), &[])?;
    Ok(Applied::new(team, Change::Deleted))
}

pub fn get(tx: &Tx, id: &str) -> Result<Team, AdminError> {
    teams::get(tx, id)?.ok_or_else(|| AdminError::not_found(Kind::Team, id))
}

impl CheckedTeam {
    fn applied_to(self, mut team: Team) -> Team {
        team.name = self.name.unwrap_or(team.name);
        team.disabled = self.disabled.unwrap_or(team.disabled);
        team
    }
}

fn fresh(tx: &Tx, by: &By, id: TeamId) -> Team {
    Team {
        name: id.to_string(),
        id,
        disabled: false,
        managed_by: by.manager(None),
        created_at: tx.now,
    }
}

fn store(tx: &Tx, by: &By, before: Team, mut after: Team) -> Result<Applied<Team>, AdminError> {
    by.may_change(Kind::Team, before.id.as_str(), before.managed_by.as_deref())?;
    after.managed_by = by.manager(before.managed_by.as_deref());
    let changed = differences(&TeamView::from(&before), &TeamView::from(&after))?;
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    teams::put(tx, &after)?;
    if only_moved(
        &changed,
        before.managed_by.as_deref(),
        after.managed_by.as_deref(),
    ) {
        return Ok(Applied::new(after, Change::Unchanged));
    }
    let event = match (before.disabled, after.disabled) {
        (false, true) => "team.disabled",
        (true, false) => "team.enabled",
        _ => "team.updated",
    };
    record(tx, by.event(event).subject(&after.id), &changed)?;
    if event == "team.disabled" {
        review::team_closed(tx, &after.id)?;
    }
    Ok(Applied::new(after, Change::Updated))
}
