//! Teams and their members.

use super::{StoreError, Tx};
use crate::domain::{
    name::{Subject, TeamId},
    team::{Membership, Role, Team},
};

/// The next `limit` teams by id, those after `after`.
pub fn page(tx: &Tx, after: Option<&str>, limit: u32) -> Result<Vec<Team>, StoreError> {
    tx.query_all(
        "SELECT id, name, disabled, managed_by, created_at FROM teams WHERE id > ?1 ORDER BY id LIMIT ?2",
        (after.unwrap_or_default(), limit),
        read,
    )
}

/// The next `limit` teams by id, those after `after`: all, or those in whose id or name the text is found.
pub fn search(
    tx: &Tx,
    text: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Team>, StoreError> {
    tx.query_all(
        "SELECT id, name, disabled, managed_by, created_at FROM teams
         WHERE id > ?1 AND (?2 IS NULL OR instr(lower(id || ' ' || name), lower(?2))) ORDER BY id LIMIT ?3",
        (after.unwrap_or_default(), text, limit),
        read,
    )
}

pub fn get(tx: &Tx, id: &str) -> Result<Option<Team>, StoreError> {
    tx.query_opt(
        "SELECT id, name, disabled, managed_by, created_at FROM teams WHERE id = ?1",
        [id],
        read,
    )
}

/// What the state file of this name declares, or did.
pub fn managed_by(tx: &Tx, file: &str) -> Result<Vec<TeamId>, StoreError> {
    tx.query_all(
        "SELECT id FROM teams
         WHERE managed_by >= ?1 || ':' AND managed_by < ?1 || ';' ORDER BY id",
        [file],
        |row| row.get(0),
    )
}

pub fn put(tx: &Tx, team: &Team) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO teams (id, name, disabled, managed_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, disabled = excluded.disabled,
           managed_by = excluded.managed_by",
        (
            &team.id,
            &team.name,
            team.disabled,
            &team.managed_by,
            team.created_at,
        ),
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM teams WHERE id = ?1", [id])? > 0)
}

/// What the user is in which team.
pub fn memberships(tx: &Tx, sub: &Subject) -> Result<Vec<Membership>, StoreError> {
    tx.query_all(
        "SELECT team_id, role FROM team_members WHERE sub = ?1 ORDER BY team_id",
        [sub],
        |row| {
            Ok(Membership {
                team_id: row.get(0)?,
                role: role(&row.get::<_, String>(1)?),
            })
        },
    )
}

/// The next `limit` members of the team by `sub`, those after `after`, with their roles.
pub fn members(
    tx: &Tx,
    id: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<(Subject, Role)>, StoreError> {
    tx.query_all(
        "SELECT sub, role FROM team_members WHERE team_id = ?1 AND sub > ?2 ORDER BY sub LIMIT ?3",
        (id, after.unwrap_or_default(), limit),
        |row| Ok((row.get(0)?, role(&row.get::<_, String>(1)?))),
    )
}

/// Replaces the teams of a user. A team that does not exist is a conflict.
pub fn set_memberships(tx: &Tx, sub: &Subject, teams: &[Membership]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM team_members WHERE sub = ?1", [sub])?;
    for membership in teams {
        if get(tx, membership.team_id.as_str())?.is_none() {
            return Err(StoreError::Conflict(format!(
                "there is no team {:?}",
                membership.team_id.as_str()
            )));
        }
        tx.execute(
            "INSERT OR REPLACE INTO team_members (sub, team_id, role) VALUES (?1, ?2, ?3)",
            (sub, &membership.team_id, membership.role.as_str()),
        )?;
    }
    Ok(())
}

/// The schema allows two values only.
fn role(text: &str) -> Role {
    if text == "admin" {
        Role::Admin
    } else {
        Role::Member
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Team> {
    Ok(Team {
        id: row.get(0)?,
        name: row.get(1)?,
        disabled: row.get(2)?,
        managed_by: row.get(3)?,
        created_at: row.get(4)?,
    })
}
