//! A user as a managed object.

use serde_json::{Map, Value, json};

use super::{CheckedUser, LinkView, UserInput, UserView, check_whole, fresh, new_sub};
use crate::{
    admin::{
        AdminError, danger, differences, fields,
        listing::{Asked, List, Mark, Rows},
        object::{Act, Deleted, Described, Managed, Members, declaration_of, members},
    },
    domain::{
        name::comparison_key,
        object::Object,
        team::{Role, Team},
        user::User,
    },
    oauth::delegation::review,
    store::{
        StoreError, Tx, admin_sessions, deleted_objects,
        objects::Stored,
        password_links, revocations,
        sign_in_names::{self, SignInName},
        users::{self, Wanted},
    },
};

/// Condition under which a change of a user requires a recently confirmed password.
const WAY_IN: &str =
    " if it sets a password or changes administrator rights, or the username or email of one";

impl Managed for User {
    const NAME: &'static str = "sub";
    const SECRETS: &'static [(&'static str, &'static str)] = &[("password", "password")];
    const HASHES: bool = true;
    const DECLARED_NAME: &'static str = "username";

    const DESCRIBED: Described = Described {
        required: Some("username"),
        summaries: &[(Act::Delete, " and revoke their sessions, grants and tokens")],
        recent_auth: &[
            (Act::Create, WAY_IN),
            (Act::Update, WAY_IN),
            (Act::Delete, ""),
            (Act::Restore, ""),
        ],
    };
    const LIST: List = List {
        name: "users",
        orders: &["username", "created"],
    };

    type Input = UserInput;
    type Checked = CheckedUser;
    type View = UserView;

    fn label(&self) -> &str {
        &self.username
    }

    /// Finds by `sub`, then by username.
    fn find(tx: &Tx, name: &str) -> Result<Option<Self>, StoreError> {
        match users::get(tx, name)? {
            Some(user) => Ok(Some(user)),
            None => users::by_username(tx, name),
        }
    }

    fn find_declared(tx: &Tx, input: &CheckedUser) -> Result<Option<Self>, StoreError> {
        let by_sub = match &input.sub {
            Some(sub) => users::get(tx, sub.as_str())?,
            None => None,
        };
        match (by_sub, &input.input.username) {
            (None, Some(username)) => users::by_username(tx, username),
            (found, _) => Ok(found),
        }
    }

    /// The `sub` is never reused.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        revocations::revoke_user(tx, &self.sub)?;
        self.delete(tx)
    }

    fn check_free(tx: &Tx, sub: &str) -> Result<(), AdminError> {
        let kept = deleted_objects::find::<User>(tx, sub)?;
        let kept = kept.ok_or_else(|| AdminError::not_found(User::KIND, sub))?;
        let clash = sign_in_names::clash(tx, sub, &kept.username, kept.profile.email.as_deref())?;
        let taken = match clash.map(|clash| clash.name) {
            Some(SignInName::Username) => kept.username,
            Some(SignInName::Email) => kept.profile.email.unwrap_or_default(),
            Some(SignInName::Sub) => sub.to_owned(),
            None if users::get(tx, sub)?.is_some() => sub.to_owned(),
            None => return Ok(()),
        };
        Err(AdminError::Exists {
            kind: User::KIND,
            name: taken,
        })
    }

    /// The memberships of existing users are deleted with the team.
    fn without(&self, deleted: Deleted<'_>) -> Option<Self> {
        let mut after = self.clone();
        after
            .teams
            .retain(|one| deleted.kind != Team::KIND || one.team_id.as_str() != deleted.name);
        (after.teams.len() < self.teams.len()).then_some(after)
    }

    /// Two users can change their names for one another's.
    fn make_way(tx: &Tx, input: &CheckedUser) -> Result<(), StoreError> {
        let Some(user) = Self::find_declared(tx, input)? else {
            return Ok(());
        };
        let is_other = |new: Option<&String>, old: Option<&String>| {
            new.map(|name| comparison_key(name)) != old.map(|name| comparison_key(name))
        };
        let said = &input.input;
        let username =
            said.username.is_some() && is_other(said.username.as_ref(), Some(&user.username));
        let email = is_other(said.email.as_ref(), user.profile.email.as_ref());
        match username || email {
            true => users::release_names(tx, &user.sub, username, email),
            false => Ok(()),
        }
    }

    fn check(input: UserInput, known: Option<&Self>) -> Result<CheckedUser, AdminError> {
        input.check(known)
    }

    fn declared_members() -> Vec<&'static str> {
        [fields::names::<UserInput>(), &["password_file"]].concat()
    }

    fn declared_key(name: &str) -> String {
        comparison_key(name)
    }

    fn validate(input: &UserInput) -> Result<(), AdminError> {
        input.validate()
    }

    fn check_unhashed(input: UserInput) -> Result<CheckedUser, AdminError> {
        input.check_without_password()
    }

    fn has_secret(input: &UserInput) -> bool {
        input.password.is_some()
    }

    fn known(tx: &Tx, input: &UserInput, username: &str) -> Result<Option<Self>, StoreError> {
        let by_sub = match &input.sub {
            Some(sub) => users::get(tx, sub)?,
            None => None,
        };
        match by_sub {
            Some(user) => Ok(Some(user)),
            None => users::by_username(tx, username),
        }
    }

    /// Without the role that a member has anyway.
    fn declaration(&self) -> Result<Option<Members>, AdminError> {
        let mut declared = declaration_of(self)?;
        declared.insert(0, ("username".into(), self.username.as_str().into()));
        let teams = declared.iter_mut().filter(|(name, _)| name == "teams");
        for team in teams
            .filter_map(|(_, teams)| teams.as_array_mut())
            .flatten()
        {
            if let Some(team) = team.as_object_mut() {
                team.retain(|name, value| name != "role" || *value != Role::default().as_str());
            }
        }
        Ok(Some(declared))
    }

    fn name_in(input: &CheckedUser) -> Option<&str> {
        input.sub()
    }

    fn new(tx: &Tx, input: &CheckedUser) -> Result<Self, AdminError> {
        let username = input.input.username.clone();
        let username = username.ok_or_else(|| AdminError::invalid("username", "is required"))?;
        let sub = match &input.sub {
            Some(sub) if users::get(tx, sub.as_str())?.is_some() => {
                return Err(AdminError::invalid(
                    "sub",
                    "is already used by another user",
                ));
            }
            Some(sub) => sub.clone(),
            None => new_sub(tx, input, &username)?,
        };
        Ok(User {
            updated_at: tx.now,
            ..fresh(sub, username, tx.now_ms)
        })
    }

    /// The password stays unchanged: users change it themselves.
    fn reset(&self) -> Self {
        User {
            password_hash: self.password_hash.clone(),
            updated_at: self.updated_at,
            managed_by: self.managed_by.clone(),
            ..fresh(self.sub.clone(), self.username.clone(), self.registered_at)
        }
    }

    fn apply(self, input: CheckedUser) -> Result<Self, AdminError> {
        Ok(input.applied_to(self))
    }

    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<UserView>, AdminError> {
        let by_registration = asked.by == "created";
        let wanted = Wanted {
            text,
            by_registration,
            descending: asked.descending,
            after: asked.after(),
        };
        let found = users::list(tx, wanted, asked.limit)?;
        let marked = |user: &User| {
            let mark = Mark::new(users::sort_key(user, by_registration), &user.sub);
            Ok((mark, user.view(tx)?))
        };
        found.iter().map(marked).collect()
    }

    fn shown(&self) -> UserView {
        UserView::from(self)
    }

    /// With the active password link.
    fn view(&self, tx: &Tx) -> Result<UserView, AdminError> {
        let link = password_links::of_user(tx, &self.sub)?;
        Ok(UserView {
            password_link: link.map(|link| LinkView::from(&link)),
            ..self.shown()
        })
    }

    fn defaults(&self) -> Map<String, Value> {
        members([
            ("given_name", Value::Null),
            ("family_name", Value::Null),
            ("email", Value::Null),
            ("locale", Value::Null),
            ("zoneinfo", Value::Null),
            ("picture", Value::Null),
            ("email_verified", json!(false)),
            ("claims", json!({})),
            ("admin", json!(false)),
            ("disabled", json!(false)),
            ("allow_delegation", json!(true)),
            ("persona", json!(false)),
            ("teams", json!([])),
        ])
    }

    fn check_references(&self, tx: &Tx, _before: Option<&Self>) -> Result<(), AdminError> {
        check_whole(tx, self)
    }

    fn changed_members(&self, before: &Self) -> Result<Vec<String>, AdminError> {
        let mut changed = differences(&before.shown(), &self.shown())?;
        if before.password_hash != self.password_hash {
            changed.retain(|name| name != "has_password");
            changed.push("password".into());
        }
        Ok(changed)
    }

    fn notable_members(&self) -> &'static [&'static str] {
        match self.admin {
            true => &["admin"],
            false => &[],
        }
    }

    fn touch(&mut self, tx: &Tx) {
        self.updated_at = tx.now;
    }

    /// A user who is disabled or gets a new password is signed out everywhere.
    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError> {
        let is_closed = self.disabled && !before.disabled;
        let had_another = before.password_hash.is_some();
        let new_password = had_another && before.password_hash != self.password_hash;
        match is_closed || new_password {
            true => revocations::revoke_user(tx, &self.sub)?,
            false => review::user_changed(tx, before, self)?,
        }
        match before.admin && !self.admin {
            true => admin_sessions::delete_all(tx, &self.sub),
            false => Ok(()),
        }
    }

    fn note_declared(&self, tx: &Tx, input: &CheckedUser) -> Result<(), StoreError> {
        users::set_password_declared(tx, &self.sub, input.has_password())
    }

    fn unmanaged(&self) -> Option<Self> {
        Some(Self {
            disabled: true,
            ..self.clone()
        })
    }

    /// A restored user has the password and permissions of the deleted one.
    fn needs_recent_auth(act: Act, input: Option<&UserInput>, known: Option<&Self>) -> bool {
        match input {
            Some(input) => danger::of_user(input, known),
            None => matches!(act, Act::Delete | Act::Restore),
        }
    }
}
