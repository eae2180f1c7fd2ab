//! Brings a database in line with a file: everything that it declares, in one transaction, or nothing.
//!
//! What the file says wins over what was changed elsewhere, and what it leaves out has its default, save
//! passwords and secrets: those stay. An object that the file has declared and declares no more is let
//! go: users, teams and clients are disabled, which ends what was issued to them, and scopes are taken
//! out. From then on it can be changed or deleted by hand, and a file that names it again takes it back.

use std::collections::HashSet;

use super::{
    Problems, StateFile,
    checked::{Checked, WaitForTurn, check, known_user},
    declared::Declared,
    outcome::{Action, MemberChange, Outcome, Step, differences},
    stop::{Stop, stop},
};
use crate::{
    admin::{
        By, Change, Kind,
        clients::{self, CheckedClient, ClientView},
        resources::{self, CheckedResource, ResourceView},
        scopes::{self, CheckedScope, ScopeView},
        teams::{self, CheckedTeam, TeamView},
        trusted_issuers::{self, CheckedTrustedIssuer},
        users::{self, CheckedUser, UserView},
    },
    store::{self, Store, StoreError, Tx},
};

/// Why the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    /// Something in the file clashes with what is in the database.
    #[error("{0}")]
    Invalid(Problems),
    /// It would not do any more what was agreed to.
    #[error("what this would change is not what was shown: look at it again")]
    Changed,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Whether the file keeps what it declares in its hands.
enum Hand {
    Manages,
    Seeds,
    /// It was somebody's way to make these changes.
    Lends(By),
}

impl StateFile {
    /// Brings the database in line. Whoever calls passes [`Outcome::revoked`] on to the directory.
    pub fn apply(&self, store: &Store) -> Result<Outcome, NotApplied> {
        self.run(store, Hand::Manages, Ok)
    }

    /// Puts what the file declares into the database and leaves it there to be changed by hand.
    pub fn seed(&self, store: &Store) -> Result<Outcome, NotApplied> {
        self.run(store, Hand::Seeds, Ok)
    }

    /// What [`StateFile::apply`] would do. Nothing is kept.
    pub fn plan(&self, store: &Store) -> Result<Outcome, NotApplied> {
        self.run(store, Hand::Manages, |outcome| Err(Stop::Planned(outcome)))
    }

    /// What [`StateFile::import`] would do. Nothing is kept.
    pub fn plan_import(
        &self,
        store: &Store,
        by: By,
        turn: WaitForTurn<'_>,
    ) -> Result<Outcome, NotApplied> {
        let end = |outcome| Err(Stop::Planned(outcome));
        self.run_in_turn(store, Hand::Lends(by), Some(turn), end)
    }

    /// Makes the changes that the file declares as somebody's own: nothing is let go, and what it makes can
    /// be changed by hand. Nothing is kept unless it does what was `agreed` to. Whoever signs in meanwhile is not
    /// kept waiting: each password waits for its turn.
    pub fn import(
        &self,
        store: &Store,
        by: By,
        turn: WaitForTurn<'_>,
        agreed: impl FnOnce(&Outcome) -> bool + Send + 'static,
    ) -> Result<Outcome, NotApplied> {
        let end = |outcome: Outcome| match agreed(&outcome) {
            true => Ok(outcome),
            false => Err(Stop::Changed),
        };
        self.run_in_turn(store, Hand::Lends(by), Some(turn), end)
    }

    fn run(
        &self,
        store: &Store,
        hand: Hand,
        end: impl FnOnce(Outcome) -> Result<Outcome, Stop> + Send + 'static,
    ) -> Result<Outcome, NotApplied> {
        self.run_in_turn(store, hand, None, end)
    }

    fn run_in_turn(
        &self,
        store: &Store,
        hand: Hand,
        turn: Option<WaitForTurn<'_>>,
        end: impl FnOnce(Outcome) -> Result<Outcome, Stop> + Send + 'static,
    ) -> Result<Outcome, NotApplied> {
        let checked =
            check(store, &self.declarations, turn).map_err(|stop| self.not_applied(stop))?;
        let source = self.source.clone();
        let result = store.write_blocking(move |tx| {
            let mut work = Work {
                tx,
                file: source.name(),
                hand,
                seen: HashSet::new(),
                outcome: Outcome::default(),
            };
            work.declare_all(checked)?;
            end(work.outcome)
        });
        match result {
            Ok(outcome) | Err(Stop::Planned(outcome)) => Ok(outcome),
            Err(stop) => Err(self.not_applied(stop)),
        }
    }

    fn not_applied(&self, stop: Stop) -> NotApplied {
        match stop {
            Stop::Problem(problem) => NotApplied::Invalid(self.source.problems(vec![problem])),
            Stop::Store(error) => NotApplied::Store(error),
            Stop::Changed => NotApplied::Changed,
            // Only the end of a transaction is planned, and that is its outcome.
            Stop::Planned(_) => NotApplied::Store(StoreError::Stopped),
        }
    }
}

/// A transaction at work.
pub(super) struct Work<'t> {
    pub(super) tx: &'t Tx<'t>,
    pub(super) file: &'t str,
    hand: Hand,
    /// What the file declares, by what identifies it.
    pub(super) seen: HashSet<(Kind, String)>,
    pub(super) outcome: Outcome,
}

impl Work<'_> {
    /// What others need comes first, and goes last.
    fn declare_all(&mut self, checked: Checked) -> Result<(), Stop> {
        for scope in checked.scopes {
            self.scope(&scope)?;
        }
        for team in checked.teams {
            self.team(&team)?;
        }
        for user in checked.users {
            self.user(&user)?;
        }
        for client in checked.clients {
            self.client(&client)?;
        }
        for resource in checked.resources {
            self.resource(&resource)?;
        }
        for issuer in checked.trusted_issuers {
            self.trusted_issuer(&issuer)?;
        }
        match self.hand {
            Hand::Manages => self.let_go(),
            Hand::Seeds | Hand::Lends(_) => Ok(()),
        }
    }

    fn by<T>(&self, object: &Declared<T>) -> By {
        match &self.hand {
            Hand::Manages => By::state_file(format!("{}:{}", self.file, object.line())),
            Hand::Seeds => By::command_line(),
            Hand::Lends(by) => by.clone(),
        }
    }

    /// Takes note of what was declared, and of what that changed.
    fn declared<T>(
        &mut self,
        object: &Declared<T>,
        id: &str,
        change: Change,
        members: Vec<MemberChange>,
        note: Option<String>,
    ) {
        self.seen.insert((object.kind, id.to_owned()));
        let action = match change {
            Change::Created => Action::Create,
            Change::Updated => Action::Update,
            Change::Deleted | Change::Unchanged => return,
        };
        self.outcome.steps.push(Step {
            kind: object.kind,
            name: object.name.clone(),
            line: Some(object.line()),
            action,
            members,
            note,
        });
    }

    fn scope(&mut self, scope: &Declared<CheckedScope>) -> Result<(), Stop> {
        let before = store::scopes::get(self.tx, &scope.name)?;
        let applied = scopes::declare(self.tx, &self.by(scope), scope.input.clone())
            .map_err(|error| stop(scope, error))?;
        let members = differences(
            before.as_ref().map(ScopeView::from),
            &ScopeView::from(&applied.value),
        )?;
        self.declared(scope, &scope.name, applied.change, members, None);
        Ok(())
    }

    fn team(&mut self, team: &Declared<CheckedTeam>) -> Result<(), Stop> {
        let before = store::teams::get(self.tx, &team.name)?;
        let applied = teams::declare(self.tx, &self.by(team), team.input.clone())
            .map_err(|error| stop(team, error))?;
        let members = differences(
            before.as_ref().map(TeamView::from),
            &TeamView::from(&applied.value),
        )?;
        self.declared(team, &team.name, applied.change, members, None);
        Ok(())
    }

    fn user(&mut self, user: &Declared<CheckedUser>) -> Result<(), Stop> {
        let before = known_user(self.tx, user.input.sub(), &user.name)?;
        let applied = users::declare(self.tx, &self.by(user), user.input.clone())
            .map_err(|error| stop(user, error))?;
        let after = &applied.value;
        let mut members = differences(before.as_ref().map(UserView::from), &UserView::from(after))?;
        if before.is_some_and(|before| before.password_hash != after.password_hash) {
            members.push(MemberChange::hidden("password"));
        }
        self.declared(user, after.sub.as_str(), applied.change, members, None);
        self.outcome.revoked.extend(applied.revoked);
        Ok(())
    }

    fn client(&mut self, client: &Declared<CheckedClient>) -> Result<(), Stop> {
        let before = store::clients::get(self.tx, &client.name)?;
        let by = self.by(client);
        let by = by.declaring_secret(client.secret_place(self.file));
        let applied = clients::declare(self.tx, &by, client.input.clone())
            .map_err(|error| stop(client, error))?;
        let before = before.as_ref().map(ClientView::from);
        let after = ClientView::from(&applied.value.client);
        let mut members = differences(before.as_ref(), &after)?;
        let ids = |view: &ClientView| {
            let ids = view.secrets.iter().map(|secret| secret.id);
            ids.collect::<Vec<_>>()
        };
        if before.is_some_and(|before| ids(&before) != ids(&after)) {
            members.push(MemberChange::hidden("client_secret"));
        }
        let note = applied.value.secret.as_ref().map(|_| {
            format!(
                "nobody knows its secret: `keyfob client rotate-secret {}` shows a new one",
                client.name
            )
        });
        self.declared(client, &client.name, applied.change, members, note);
        self.outcome.revoked.extend(applied.revoked);
        Ok(())
    }

    fn trusted_issuer(&mut self, issuer: &Declared<CheckedTrustedIssuer>) -> Result<(), Stop> {
        let before = store::trusted_issuers::get(self.tx, &issuer.name)?;
        let applied = trusted_issuers::declare(self.tx, &self.by(issuer), issuer.input.clone())
            .map_err(|error| stop(issuer, error))?;
        let members = differences(before.as_ref(), &applied.value)?;
        self.declared(issuer, &issuer.name, applied.change, members, None);
        self.outcome.revoked.extend(applied.revoked);
        Ok(())
    }

    fn resource(&mut self, resource: &Declared<CheckedResource>) -> Result<(), Stop> {
        let before = resources::find(self.tx, &resource.name)?;
        let applied = resources::declare(self.tx, &self.by(resource), resource.input.clone())
            .map_err(|error| stop(resource, error))?;
        let members = differences(
            before.as_ref().map(ResourceView::from),
            &ResourceView::from(&applied.value),
        )?;
        let uri = applied.value.uri.as_str();
        self.declared(resource, uri, applied.change, members, None);
        Ok(())
    }
}
