//! People: their accounts, passwords and teams.

pub mod import;
mod input;
mod link_view;
mod managed;

pub use self::{
    input::{CheckedUser, UserInput, UserView},
    link_view::LinkView,
};
use crate::{
    admin::{AdminError, Applied, By, object},
    crypto::hash,
    domain::{
        name::{Subject, comparison_key},
        object::Object,
        team::Membership,
        time::UnixMillis,
        user::{PasswordHash, Profile, User},
    },
    store::{
        StoreError, Tx,
        sign_in_names::{self, NameClash, SignInName},
        teams, users,
    },
};

/// A `sub` that no user has.
fn new_sub(tx: &Tx, input: &CheckedUser, username: &str) -> Result<Subject, StoreError> {
    let derived = input.derives_sub().then(|| derived_sub(username));
    match derived {
        Some(sub) if users::get(tx, sub.as_str())?.is_none() => Ok(sub),
        _ => Ok(Subject::trusted(&tx.new_id().to_string())),
    }
}

/// Derives the `sub` from the username: a UUIDv8 (RFC 9562 §5.8).
fn derived_sub(username: &str) -> Subject {
    let hash = hash::sha256(format!("keyfob dev user {}", comparison_key(username)).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    Subject::trusted(&id.to_string())
}

/// Changes what is given of the user with this very `sub`.
pub fn update_by_sub(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    input: CheckedUser,
) -> Result<Applied<User>, AdminError> {
    let before = users::get(tx, sub.as_str())?;
    let before = before.ok_or_else(|| AdminError::not_found(User::KIND, sub.as_str()))?;
    let after = input.applied_to(before.clone());
    object::save(tx, by, before, after, None)
}

/// Replaces one membership of a user, or adds it.
pub fn join(
    tx: &Tx,
    by: &By,
    name: &str,
    membership: Membership,
) -> Result<Applied<User>, AdminError> {
    let before = find(tx, name)?;
    let mut after = before.clone();
    after
        .teams
        .retain(|known| known.team_id != membership.team_id);
    after.teams.push(membership);
    after.teams.sort_by(|a, b| a.team_id.cmp(&b.team_id));
    object::save(tx, by, before, after, None)
}

/// Removes a user from a team. If the user is not a member, the error names both.
pub fn leave(tx: &Tx, by: &By, name: &str, team_id: &str) -> Result<Applied<User>, AdminError> {
    let before = find(tx, name)?;
    let mut after = before.clone();
    after
        .teams
        .retain(|known| known.team_id.as_str() != team_id);
    if after.teams.len() == before.teams.len() {
        let reason = format!("{} is not a member of team {team_id:?}", before.username);
        return Err(AdminError::Conflict(reason));
    }
    object::save(tx, by, before, after, None)
}

/// Sets the password that a user chose with a link, and revokes what a password change revokes; also for a user that
/// the configuration file declares.
pub(super) fn choose_password(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    password: PasswordHash,
) -> Result<Applied<User>, AdminError> {
    let before = users::get(tx, sub.as_str())?;
    let before = before.ok_or_else(|| AdminError::not_found(User::KIND, sub.as_str()))?;
    require_own_password(tx, &before)?;
    let after = User {
        password_hash: Some(password),
        ..before.clone()
    };
    object::write(tx, by, before, after, None)
}

/// Error if a configuration file declares the password: its next reload would restore the old one without the user
/// knowing.
pub(super) fn require_own_password(tx: &Tx, user: &User) -> Result<(), AdminError> {
    match users::password_declaration(tx, &user.sub)? {
        None => Ok(()),
        Some(place) => Err(AdminError::DeclaredPassword {
            username: user.username.clone(),
            place,
        }),
    }
}

/// The user of this `sub`, else of this username.
pub fn find(tx: &Tx, name: &str) -> Result<User, AdminError> {
    object::get(tx, name)
}

/// Whether this user can administer the server now.
pub fn is_administrator(tx: &Tx, sub: &Subject) -> Result<bool, StoreError> {
    let user = users::get(tx, sub.as_str())?;
    Ok(user.is_some_and(|user| user.admin && !user.disabled))
}

fn fresh(sub: Subject, username: String, registered_at: UnixMillis) -> User {
    User {
        sub,
        username,
        profile: Profile::default(),
        password_hash: None,
        admin: false,
        disabled: false,
        allow_delegation: true,
        persona: false,
        managed_by: None,
        registered_at,
        updated_at: registered_at.seconds(),
        teams: Vec::new(),
    }
}

/// Readable errors for conflicts that the schema would reject, and for a missing address that is marked as verified.
fn check_whole(tx: &Tx, user: &User) -> Result<(), AdminError> {
    let email = user.profile.email.as_deref();
    if user.profile.email_verified && email.is_none() {
        let reason = "requires an email address";
        return Err(AdminError::invalid("email_verified", reason));
    }
    match sign_in_names::clash(tx, user.sub.as_str(), &user.username, email)? {
        None => {}
        Some(NameClash {
            name: SignInName::Username,
            of_other: SignInName::Username,
        }) => {
            return Err(AdminError::Exists {
                kind: User::KIND,
                name: user.username.clone(),
            });
        }
        Some(NameClash { name, of_other }) if name == of_other => {
            return Err(AdminError::invalid(
                name.as_str(),
                "is already used by another user",
            ));
        }
        Some(NameClash { name, of_other }) => {
            let reason = format!("is the {} of another user", of_other.as_str());
            return Err(AdminError::invalid(name.as_str(), reason));
        }
    }
    for membership in &user.teams {
        if teams::get(tx, membership.team_id.as_str())?.is_none() {
            let reason = format!("team {:?} not found", membership.team_id.as_str());
            return Err(AdminError::invalid("teams", reason));
        }
    }
    Ok(())
}
