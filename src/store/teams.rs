//! Teams and their members.

use serde::{Deserialize, Serialize};

use super::{
    StoreError, Tx,
    objects::{self, Stored},
};
use crate::domain::{
    name::{Subject, comparison_key},
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

/// Sort order of teams; the ID is the tiebreaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Id,
    /// Upper and lower case of A to Z are one.
    Name,
    Created,
}

impl Sort {
    /// Sort key of the team in this order.
    pub fn key(self, team: &Team) -> String {
        match self {
            Sort::Id => String::new(),
            Sort::Name => team.name.clone(),
            Sort::Created => team.created_at.0.to_string(),
        }
    }

    /// The index, the key in it, and how the key of a team is compared with it.
    const fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Sort::Id => ("", "''", "?1"),
            Sort::Name => ("INDEXED BY teams_by_name", "name COLLATE NOCASE", "?1"),
            Sort::Created => (
                "INDEXED BY teams_by_creation",
                "created_at",
                "CAST(?1 AS INTEGER)",
            ),
        }
    }
}

/// Filter and order of teams.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Text to find in their ID or name.
    pub text: Option<&'a str>,
    pub sort: Sort,
    pub descending: bool,
    /// The [`Sort::key`] and the id of the team after which they come.
    pub after: Option<(&'a str, &'a str)>,
}

/// The next `limit` teams of those wanted.
pub fn list(tx: &Tx, wanted: Wanted<'_>, limit: u32) -> Result<Vec<Team>, StoreError> {
    let (index, key, after) = wanted.sort.sql();
    let (past, way) = match wanted.descending {
        true => ("<", "DESC"),
        false => (">", "ASC"),
    };
    // A comparison of pairs would not use a case-insensitive index.
    let begin = match (wanted.after, wanted.sort) {
        (None, _) => "?1 IS NULL AND ?2 IS NULL".to_owned(),
        (Some(_), Sort::Id) => format!("?1 = '' AND id {past} ?2"),
        (Some(_), _) => format!("{key} {past}= {after} AND ({key} {past} {after} OR id {past} ?2)"),
    };
    let sql = format!(
        "SELECT id, name, disabled, managed_by, created_at FROM teams {index}
         WHERE {begin} AND (?3 IS NULL OR instr(comparison_key(id || ' ' || name), comparison_key(?3)))
         ORDER BY {} id {way} LIMIT ?4",
        match wanted.sort {
            Sort::Id => String::new(),
            _ => format!("{key} {way},"),
        },
    );
    let (key, id) = wanted.after.unzip();
    tx.query_all(&sql, (key, id, wanted.text, limit), read)
}

pub fn get(tx: &Tx, id: &str) -> Result<Option<Team>, StoreError> {
    tx.query_opt(
        "SELECT id, name, disabled, managed_by, created_at FROM teams WHERE id = ?1",
        [id],
        read,
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

/// Role of the user in each team.
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

/// Filter of members, in the order of `sub`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MembersWanted<'a> {
    /// Text to find in their username or name.
    pub text: Option<&'a str>,
    pub descending: bool,
    /// The `sub` after which they come.
    pub after: Option<&'a str>,
}

/// The next `limit` members of the team of those wanted, with their roles.
pub fn members(
    tx: &Tx,
    id: &str,
    wanted: MembersWanted<'_>,
    limit: u32,
) -> Result<Vec<(Subject, Role)>, StoreError> {
    let (past, way) = match wanted.descending {
        true => ("<", "DESC"),
        false => (">", "ASC"),
    };
    let begin = match wanted.after {
        Some(_) => format!("sub {past} ?2"),
        None => "?2 IS NULL".to_owned(),
    };
    let sql = format!(
        "SELECT sub, role FROM team_members WHERE team_id = ?1 AND {begin}
           AND (?3 IS NULL OR EXISTS (SELECT 1 FROM users WHERE users.sub = team_members.sub
             AND (instr(username_key, ?3)
               OR instr(comparison_key(coalesce(given_name, '') || ' ' || coalesce(family_name, '')), ?3))))
         ORDER BY sub {way} LIMIT ?4"
    );
    let text = wanted.text.map(comparison_key);
    tx.query_all(&sql, (id, wanted.after, text, limit), |row| {
        Ok((row.get(0)?, role(&row.get::<_, String>(1)?)))
    })
}

/// A member whom a configuration file declares, by username, and the place where it does.
pub fn declared_member(tx: &Tx, id: &str) -> Result<Option<(String, String)>, StoreError> {
    tx.query_opt(
        "SELECT users.username, users.managed_by FROM team_members JOIN users USING (sub)
         WHERE team_id = ?1 AND managed_by IS NOT NULL AND deleted_at IS NULL ORDER BY users.sub LIMIT 1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Replaces the teams of a user. A team that does not exist is a conflict.
pub fn set_memberships(tx: &Tx, sub: &Subject, teams: &[Membership]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM team_members WHERE sub = ?1", [sub])?;
    for membership in teams {
        if get(tx, membership.team_id.as_str())?.is_none() {
            return Err(StoreError::Conflict(format!(
                "team {:?} not found",
                membership.team_id.as_str()
            )));
        }
        tx.execute(
            "INSERT INTO team_members (sub, team_id, role) VALUES (?1, ?2, ?3)
             ON CONFLICT (sub, team_id) DO UPDATE SET role = excluded.role",
            (sub, &membership.team_id, membership.role.as_str()),
        )?;
    }
    Ok(())
}

/// A team with its members.
#[derive(Debug, Serialize, Deserialize)]
pub struct ArchivedTeam {
    team: Team,
    members: Vec<(Subject, Role)>,
}

impl Stored for Team {
    type Archive = ArchivedTeam;

    fn get(tx: &Tx, id: &str) -> Result<Option<Self>, StoreError> {
        get(tx, id)
    }

    fn page(tx: &Tx, after: Option<&Self>, limit: u32) -> Result<Vec<Self>, StoreError> {
        page(tx, after.map(|team| team.id.as_str()), limit)
    }

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        objects::declared_in(tx, "teams", "id", file)
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        put(tx, self)
    }

    fn delete(&self, tx: &Tx) -> Result<(), StoreError> {
        tx.execute("DELETE FROM teams WHERE id = ?1", [&self.id])?;
        Ok(())
    }

    fn archive(self, tx: &Tx) -> Result<Option<ArchivedTeam>, StoreError> {
        let members = tx.query_all(
            "SELECT sub, role FROM team_members WHERE team_id = ?1 ORDER BY sub",
            [&self.id],
            |row| Ok((row.get(0)?, role(&row.get::<_, String>(1)?))),
        )?;
        Ok(Some(ArchivedTeam {
            team: self,
            members,
        }))
    }

    fn archived(archive: &mut ArchivedTeam) -> &mut Self {
        &mut archive.team
    }

    /// A configuration file declares the teams of its users.
    fn revive(tx: &Tx, archive: ArchivedTeam) -> Result<Self, StoreError> {
        put(tx, &archive.team)?;
        for (sub, role) in archive.members {
            tx.execute(
                "INSERT INTO team_members (sub, team_id, role)
                 SELECT sub, ?2, ?3 FROM users WHERE sub = ?1 AND deleted_at IS NULL AND managed_by IS NULL",
                (sub, &archive.team.id, role.as_str()),
            )?;
        }
        Ok(archive.team)
    }
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
