//! People: their accounts, passwords and teams.

pub mod import;
mod input;
mod link_view;

pub use self::{
    input::{CheckedUser, UserInput, UserView},
    link_view::LinkView,
};
use crate::{
    admin::{AdminError, Applied, By, Change, Kind, differences, only_moved, record},
    crypto::hash,
    domain::{
        name::{Subject, comparison_key},
        team::Membership,
        time::UnixMillis,
        user::{PasswordHash, Profile, User},
    },
    oauth::delegation::review,
    store::{
        StoreError, Tx, admin_sessions, deleted_objects, password_links, revocations, teams,
        users::{self, NameClash, SignInName},
    },
};

/// Adds a user.
pub fn create(tx: &Tx, by: &By, input: CheckedUser) -> Result<Applied<User>, AdminError> {
    let username = input
        .input
        .username
        .clone()
        .ok_or_else(|| AdminError::invalid("username", "is required"))?;
    if let Some(sub) = &input.sub
        && users::get(tx, sub.as_str())?.is_some()
    {
        return Err(AdminError::invalid(
            "sub",
            "is already used by another user",
        ));
    }
    let sub = match &input.sub {
        Some(sub) => sub.clone(),
        None => new_sub(tx, &input, &username)?,
    };
    let user = input.applied_to(fresh(sub, username, tx.now_ms));
    let user = User {
        updated_at: tx.now,
        managed_by: by.manager(None),
        ..user
    };
    check_whole(tx, &user)?;
    users::put(tx, &user)?;
    let changed: &[String] = if user.admin { &["admin".into()] } else { &[] };
    record(tx, by.event("user.created").subject(&user.sub), changed)?;
    Ok(Applied::new(user, Change::Created))
}

/// A `sub` that no user has.
fn new_sub(tx: &Tx, input: &CheckedUser, username: &str) -> Result<Subject, StoreError> {
    let derived = input.derives_sub().then(|| derived_sub(username));
    match derived {
        Some(sub) if users::get(tx, sub.as_str())?.is_none() => Ok(sub),
        _ => Ok(Subject::trusted(&tx.new_id().to_string())),
    }
}

/// The same for the same username: a UUIDv8 (RFC 9562 §5.8).
fn derived_sub(username: &str) -> Subject {
    let hash = hash::sha256(format!("keyfob dev user {}", comparison_key(username)).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    Subject::trusted(&id.to_string())
}

/// Changes what is given. `name` is a `sub`, else a username.
pub fn update(
    tx: &Tx,
    by: &By,
    name: &str,
    input: CheckedUser,
) -> Result<Applied<User>, AdminError> {
    let before = find(tx, name)?;
    if input.sub.as_ref().is_some_and(|new| *new != before.sub) {
        return Err(AdminError::invalid("sub", "cannot be changed"));
    }
    let after = input.applied_to(before.clone());
    store(tx, by, before, after)
}

/// Changes what is given of the user with this very `sub`.
pub fn update_by_sub(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    input: CheckedUser,
) -> Result<Applied<User>, AdminError> {
    let before = users::get(tx, sub.as_str())?;
    let before = before.ok_or_else(|| AdminError::not_found(Kind::User, sub.as_str()))?;
    let after = input.applied_to(before.clone());
    store(tx, by, before, after)
}

/// Makes the user what the input says, whether it is there or not. What the input leaves out gets its
/// default, save the password, which people change by themselves.
pub fn declare(tx: &Tx, by: &By, input: CheckedUser) -> Result<Applied<User>, AdminError> {
    let by_sub = match &input.sub {
        Some(sub) => users::get(tx, sub.as_str())?,
        None => None,
    };
    let known = match (by_sub, &input.input.username) {
        (Some(user), _) => Some(user),
        (None, Some(username)) => users::by_username(tx, username)?,
        (None, None) => None,
    };
    let Some(before) = known else {
        return create(tx, by, input);
    };
    if input.sub.as_ref().is_some_and(|sub| *sub != before.sub) {
        let reason = format!(
            "user {:?} has a different sub, which cannot be changed",
            before.username
        );
        return Err(AdminError::invalid("sub", reason));
    }
    let base = User {
        password_hash: before.password_hash.clone(),
        updated_at: before.updated_at,
        ..fresh(
            before.sub.clone(),
            before.username.clone(),
            before.registered_at,
        )
    };
    let after = input.applied_to(base);
    store(tx, by, before, after)
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
    store(tx, by, before, after)
}

/// Takes a user out of a team. One who is not in it is an error that names both.
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
    store(tx, by, before, after)
}

/// Takes the person out and ends everything of theirs. The `sub` is never given to anybody else.
pub fn delete(tx: &Tx, by: &By, name: &str) -> Result<Applied<User>, AdminError> {
    let user = find(tx, name)?;
    by.may_change(Kind::User, &user.username, user.managed_by.as_deref())?;
    revocations::revoke_user(tx, &user.sub)?;
    deleted_objects::keep_user(tx, user.sub.as_str())?;
    users::delete(tx, &user.sub)?;
    record(tx, by.event("user.deleted").subject(&user.sub), &[])?;
    Ok(Applied::new(user, Change::Deleted))
}

/// Sets the password that a person has chosen on a link, with all that a change of password ends; also of
/// one whom the state file declares.
pub(super) fn choose_password(
    tx: &Tx,
    by: &By,
    sub: &Subject,
    password: PasswordHash,
) -> Result<Applied<User>, AdminError> {
    let before = users::get(tx, sub.as_str())?;
    let before = before.ok_or_else(|| AdminError::not_found(Kind::User, sub.as_str()))?;
    require_own_password(tx, &before)?;
    let after = User {
        password_hash: Some(password),
        ..before.clone()
    };
    write(tx, by, before, after)
}

/// An error where a configuration file declares the password: its next reload would bring the old one back, and the
/// person would believe that it is gone.
pub(super) fn require_own_password(tx: &Tx, user: &User) -> Result<(), AdminError> {
    match users::password_declaration(tx, &user.sub)? {
        None => Ok(()),
        Some(place) => Err(AdminError::DeclaredPassword {
            username: user.username.clone(),
            place,
        }),
    }
}

/// How a user is shown, with the link that is outstanding.
pub fn view(tx: &Tx, user: &User) -> Result<UserView, AdminError> {
    Ok(UserView {
        password_link: password_links::of_user(tx, &user.sub)?.map(|link| LinkView::from(&link)),
        ..UserView::from(user)
    })
}

/// The user of this `sub`, else of this username.
pub fn find(tx: &Tx, name: &str) -> Result<User, AdminError> {
    let user = match users::get(tx, name)? {
        Some(user) => Some(user),
        None => users::by_username(tx, name)?,
    };
    user.ok_or_else(|| AdminError::not_found(Kind::User, name))
}

fn fresh(sub: Subject, username: String, registered_at: UnixMillis) -> User {
    User {
        sub,
        username,
        profile: Profile::default(),
        password_hash: None,
        admin: false,
        disabled: false,
        may_be_acted_for: true,
        persona: false,
        managed_by: None,
        registered_at,
        updated_at: registered_at.seconds(),
        teams: Vec::new(),
    }
}

fn store(tx: &Tx, by: &By, before: User, after: User) -> Result<Applied<User>, AdminError> {
    by.may_change(Kind::User, &before.username, before.managed_by.as_deref())?;
    write(tx, by, before, after)
}

/// Writes a change. One who is disabled, or gets another password, is signed out everywhere.
fn write(tx: &Tx, by: &By, before: User, mut after: User) -> Result<Applied<User>, AdminError> {
    after.managed_by = by.manager(before.managed_by.as_deref());
    after.teams.sort_by(|a, b| a.team_id.cmp(&b.team_id));
    let mut changed = differences(&UserView::from(&before), &UserView::from(&after))?;
    let new_password = before.password_hash != after.password_hash;
    if new_password {
        changed.retain(|name| name != "has_password");
        changed.push("password".into());
    }
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    let (old, new) = (before.managed_by.as_deref(), after.managed_by.as_deref());
    if only_moved(&changed, old, new) {
        after.updated_at = before.updated_at;
        users::put(tx, &after)?;
        return Ok(Applied::new(after, Change::Unchanged));
    }
    check_whole(tx, &after)?;
    after.updated_at = tx.now;
    users::put(tx, &after)?;
    let event = match (before.disabled, after.disabled) {
        (false, true) => "user.disabled",
        (true, false) => "user.enabled",
        _ => "user.updated",
    };
    record(tx, by.event(event).subject(&after.sub), &changed)?;
    let ends = event == "user.disabled" || (new_password && before.password_hash.is_some());
    match ends {
        true => revocations::revoke_user(tx, &after.sub)?,
        false => review::user_changed(tx, &before, &after)?,
    }
    if before.admin && !after.admin {
        admin_sessions::delete_all(tx, &after.sub)?;
    }
    Ok(Applied::new(after, Change::Updated))
}

/// The clashes that the schema would refuse, in words, and what is verified without being there.
fn check_whole(tx: &Tx, user: &User) -> Result<(), AdminError> {
    let email = user.profile.email.as_deref();
    if user.profile.email_verified && email.is_none() {
        let reason = "requires an email address";
        return Err(AdminError::invalid("email_verified", reason));
    }
    match users::name_clash(tx, user.sub.as_str(), &user.username, email)? {
        None => {}
        Some(NameClash {
            name: SignInName::Username,
            of_other: SignInName::Username,
        }) => {
            return Err(AdminError::Exists {
                kind: Kind::User,
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
