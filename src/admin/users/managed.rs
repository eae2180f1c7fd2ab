//! A user as a managed object.

use serde_json::{Map, Value, json};

use super::{CheckedUser, LinkView, UserInput, UserView, check_whole, fresh, new_sub};
use crate::{
    admin::{
        AdminError, Kind, danger, differences,
        listing::{Asked, List, Mark, Rows},
        object::{Act, Managed, members},
    },
    domain::user::User,
    oauth::delegation::review,
    store::{
        StoreError, Tx, admin_sessions, deleted_objects, password_links, revocations,
        users::{self, Wanted},
    },
};

impl Managed for User {
    const KIND: Kind = Kind::User;
    const NAME: &'static str = "sub";
    const SECRETS: &'static [(&'static str, &'static str)] = &[("password", "password")];
    const HASHES: bool = true;

    const LIST: List = List {
        name: "users",
        orders: &["username", "created"],
    };

    type Input = UserInput;
    type Checked = CheckedUser;
    type View = UserView;

    fn name(&self) -> &str {
        self.sub.as_str()
    }

    fn label(&self) -> &str {
        &self.username
    }

    fn managed_by(&self) -> Option<&str> {
        self.managed_by.as_deref()
    }

    fn set_managed_by(&mut self, place: Option<String>) {
        self.managed_by = place;
    }

    fn load(tx: &Tx, sub: &str) -> Result<Option<Self>, StoreError> {
        users::get(tx, sub)
    }

    /// By `sub`, else by username.
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

    fn declared_in(tx: &Tx, file: &str) -> Result<Vec<String>, StoreError> {
        let subs = users::managed_by(tx, file)?;
        Ok(subs.iter().map(ToString::to_string).collect())
    }

    fn put(&self, tx: &Tx) -> Result<(), StoreError> {
        users::put(tx, self)
    }

    /// The `sub` is never given to anybody else.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        revocations::revoke_user(tx, &self.sub)?;
        deleted_objects::keep_user(tx, self.sub.as_str())?;
        users::delete(tx, &self.sub).map(drop)
    }

    fn unarchive(tx: &Tx, sub: &str) -> Result<bool, StoreError> {
        deleted_objects::restore_user(tx, sub)
    }

    fn check_free(tx: &Tx, sub: &str) -> Result<(), AdminError> {
        let names = deleted_objects::names_of_user(tx, sub)?;
        let (username, email) = names.ok_or_else(|| AdminError::not_found(Kind::User, sub))?;
        let clash = users::name_clash(tx, sub, &username, email.as_deref())?;
        match clash.is_some() || users::get(tx, sub)?.is_some() {
            true => Err(AdminError::Exists {
                kind: Kind::User,
                name: username,
            }),
            false => Ok(()),
        }
    }

    fn check(input: UserInput, known: Option<&Self>) -> Result<CheckedUser, AdminError> {
        input.check(known)
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

    /// The password stays: people change it by themselves.
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

    /// With the link that is outstanding.
    fn view(&self, tx: &Tx) -> Result<UserView, AdminError> {
        let link = password_links::of_user(tx, &self.sub)?;
        Ok(UserView {
            password_link: link.map(|link| LinkView::from(&link)),
            ..self.shown()
        })
    }

    fn defaults(&self) -> Map<String, Value> {
        members([
            ("email", Value::Null),
            ("email_verified", json!(false)),
            ("given_name", Value::Null),
            ("family_name", Value::Null),
            ("locale", Value::Null),
            ("zoneinfo", Value::Null),
            ("picture", Value::Null),
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

    fn is_disabled(&self) -> bool {
        self.disabled
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

    /// One who is disabled, or gets another password, is signed out everywhere.
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

    /// A restored user has the password and the power that the deleted one had.
    fn needs_recent_auth(act: Act, input: Option<&UserInput>, known: Option<&Self>) -> bool {
        match input {
            Some(input) => danger::of_user(input, known),
            None => matches!(act, Act::Delete | Act::Restore),
        }
    }
}
