//! Brings a database in line with a file: everything that it declares, in one transaction, or nothing.
//!
//! Values in the file replace changes made elsewhere. Members left out get their defaults, except passwords and
//! secrets, which stay unchanged. Of the objects that the file no longer declares, users, teams and clients are
//! disabled, which revokes what was issued to them, and scopes, APIs and trusted issuers are deleted. Unmanaged objects
//! can be changed or deleted by hand, or declared again.

use std::collections::HashSet;

use super::{
    Problems, StateFile,
    checked::{Checked, WaitForTurn, check},
    declared::{Declared, Problem},
    outcome::{Action, MemberChange, Outcome, Step, differences},
    stop::{Stop, internal, stop},
};
use crate::{
    admin::{
        By, Change, Kind,
        object::{self, Managed},
        register::each_kind,
        settings,
    },
    clock::Clock,
    config::Live,
    domain::{client::Client, object::Object, user::User},
    store::{Store, StoreError, Tx, trial::on_new_database},
};

/// Reason why the database was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    /// Something in the file clashes with what is in the database.
    #[error("{0}")]
    Invalid(Problems),
    /// The changes would differ from the approved plan.
    #[error("The database has changed since this plan was shown. Review the plan again")]
    Changed,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Whether the file manages what it declares.
enum Hand {
    Manages,
    Seeds,
    /// One-time import of changes by a user.
    Lends(By),
}

impl StateFile {
    /// Brings the database in line.
    pub fn apply(&self, store: &Store) -> Result<Outcome, NotApplied> {
        self.run(store, Hand::Manages, Ok)
    }

    /// Imports the objects of the file into the database, unmanaged.
    pub fn seed(&self, store: &Store) -> Result<Outcome, NotApplied> {
        self.run(store, Hand::Seeds, Ok)
    }

    /// Plan of [`StateFile::apply`], and the settings of `live` that it would leave [`Outcome::unregistered`]. Changes
    /// nothing.
    pub fn plan(&self, store: &Store, live: &Live) -> Result<Outcome, NotApplied> {
        let checked = check(Some(store), &self.declarations, None);
        let checked = checked.map_err(|stop| self.not_applied(stop))?;
        let (name, live) = (self.source.name().to_owned(), live.clone());
        let planned = store.write_blocking(move |tx| planned(tx, &name, checked, &live));
        self.outcome(planned)
    }

    /// Plan of the first start, for a database that does not exist yet. Hashes no passwords.
    pub fn plan_for_new(&self, clock: &dyn Clock, live: &Live) -> Result<Outcome, NotApplied> {
        let checked = check(None, &self.declarations, None);
        let checked = checked.map_err(|stop| self.not_applied(stop))?;
        let name = self.source.name();
        self.outcome(on_new_database(clock, |tx| {
            planned(tx, name, checked, live)
        }))
    }

    /// Plan of [`StateFile::import`]. Changes nothing.
    pub fn plan_import(
        &self,
        store: &Store,
        by: By,
        turn: WaitForTurn<'_>,
    ) -> Result<Outcome, NotApplied> {
        let end = |outcome| Err(Stop::Planned(outcome));
        self.run_in_turn(store, Hand::Lends(by), Some(turn), end)
    }

    /// Makes the changes of the file in the name of a user: no object becomes unmanaged by it, and the file does not
    /// manage what it creates. Rolls back unless the result is as `agreed`. Hashing takes turns, so that users who sign
    /// in do not have to wait.
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
            check(Some(store), &self.declarations, turn).map_err(|stop| self.not_applied(stop))?;
        let name = self.source.name().to_owned();
        self.outcome(
            store.write_blocking(move |tx| end(Work::new(tx, &name, hand).declare_all(&checked)?)),
        )
    }

    fn outcome(&self, result: Result<Outcome, Stop>) -> Result<Outcome, NotApplied> {
        match result {
            Ok(outcome) | Err(Stop::Planned(outcome)) => Ok(outcome),
            Err(stop) => Err(self.not_applied(stop)),
        }
    }

    fn not_applied(&self, stop: Stop) -> NotApplied {
        match stop {
            Stop::Problems(problems) => NotApplied::Invalid(self.source.problems(problems)),
            Stop::Store(error) => NotApplied::Store(error),
            Stop::Changed => NotApplied::Changed,
            // The outcome of a plan is the result at the end of its transaction.
            Stop::Planned(_) => NotApplied::Store(StoreError::Stopped),
        }
    }
}

/// Ends the transaction with the changes it would have made.
fn planned(tx: &Tx, file: &str, checked: Checked, live: &Live) -> Result<Outcome, Stop> {
    let mut outcome = Work::new(tx, file, Hand::Manages).declare_all(&checked)?;
    outcome.unregistered = settings::unregistered(tx, live)?;
    Err(Stop::Planned(outcome))
}

fn none(problems: &mut Vec<Problem>) -> Result<(), Stop> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Stop::Problems(std::mem::take(problems))),
    }
}

fn collect(result: Result<(), Stop>, problems: &mut Vec<Problem>) -> Result<(), Stop> {
    match result {
        Err(Stop::Problems(found)) => {
            problems.extend(found);
            Ok(())
        }
        other => other,
    }
}

/// A transaction at work.
pub(super) struct Work<'t> {
    pub(super) tx: &'t Tx<'t>,
    pub(super) file: &'t str,
    hand: Hand,
    /// Declared objects by their identifier.
    pub(super) seen: HashSet<(Kind, String)>,
    pub(super) outcome: Outcome,
}

impl<'t> Work<'t> {
    fn new(tx: &'t Tx<'t>, file: &'t str, hand: Hand) -> Self {
        Self {
            tx,
            file,
            hand,
            seen: HashSet::new(),
            outcome: Outcome::default(),
        }
    }

    /// Objects that others depend on are created first and removed last. All independent errors are reported at once.
    fn declare_all(mut self, checked: &Checked) -> Result<Outcome, Stop> {
        let mut problems = Vec::new();
        each_kind!(M => {
            for object in checked.of::<M>() {
                M::make_way(self.tx, &object.input)?;
            }
            for object in checked.of::<M>() {
                collect(self.object::<M>(object), &mut problems)?;
            }
            // References to an invalid client would only repeat its error.
            if M::KIND == Client::KIND {
                none(&mut problems)?;
            }
        });
        none(&mut problems)?;
        if let Hand::Manages = self.hand {
            self.unmanage()?;
        }
        // Their references can be declared further down, or no longer declared. Users refer only to teams, which are
        // not deleted then.
        each_kind!(M => {
            if M::KIND != User::KIND {
                for object in checked.of::<M>() {
                    collect(self.references::<M>(object), &mut problems)?;
                }
            }
        });
        none(&mut problems)?;
        Ok(self.outcome)
    }

    /// References of declared objects must exist after everything is declared and removed objects are gone.
    fn references<M: Managed>(&mut self, object: &Declared<M::Checked>) -> Result<(), Stop> {
        let check = || {
            M::check_forward_references(self.tx, &object.input, None)?;
            match M::find_declared(self.tx, &object.input)? {
                Some(declared) => declared.check_references(self.tx, None),
                None => Ok(()),
            }
        };
        check().map_err(|error| stop(object, error))
    }

    fn by<T>(&self, object: &Declared<T>) -> By {
        match &self.hand {
            Hand::Manages => By::state_file(format!("{}:{}", self.file, object.line())),
            Hand::Seeds => By::command_line(),
            Hand::Lends(by) => by.clone(),
        }
    }

    /// Records a declared object and its changes.
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

    fn object<M: Managed>(&mut self, object: &Declared<M::Checked>) -> Result<(), Stop> {
        let missing = M::missing_references(self.tx, &object.input);
        let missing = missing.map_err(|error| stop(object, error))?;
        if !missing.is_empty() {
            let problems = missing.iter().map(|error| object.problem(error));
            return Err(Stop::Problems(problems.collect()));
        }
        let before = M::find_declared(self.tx, &object.input)?;
        let by = self.by(object);
        let by = by.declaring_secret(object.secret_place(self.file));
        let applied = object::declare::<M>(self.tx, &by, object.input.clone())
            .map_err(|error| stop(object, error))?;
        let after = &applied.value;
        after.note_declared(self.tx, &object.input)?;
        let mut members = differences(before.as_ref().map(M::shown), &after.shown())?;
        if let Some(before) = before {
            let changed = after.changed_members(&before).map_err(internal)?;
            let secrets = M::SECRETS.iter();
            let secrets = secrets.filter(|(member, _)| changed.iter().any(|name| name == member));
            members.extend(secrets.map(|(_, name)| MemberChange::hidden(name)));
        }
        let note = applied.secret.as_ref().map(|_| {
            format!(
                "Created without a known secret. Run keyfob {} rotate-secret {} to get one",
                M::KIND,
                object.name
            )
        });
        self.declared(object, after.name(), applied.change, members, note);
        Ok(())
    }
}
