//! Objects that a file no longer declares.

use super::{
    apply::Work,
    outcome::{Action, Step},
    stop::{Stop, internal},
};
use crate::admin::{By, Change, Kind, deletion, object::Managed, register::each_kind};

/// Deletes or disables what a file no longer declares of one kind.
type Unmanage<'t> = fn(&mut Work<'t>) -> Result<(), Stop>;

impl<'t> Work<'t> {
    /// Deletes or disables what the file no longer declares, dependents first.
    pub(super) fn unmanage(&mut self) -> Result<(), Stop> {
        let mut steps: Vec<Unmanage<'t>> = Vec::new();
        each_kind!(M => { steps.push(Self::unmanage_all::<M>) });
        steps.iter().rev().try_for_each(|step| step(self))
    }

    fn unmanage_all<M: Managed>(&mut self) -> Result<(), Stop> {
        for name in M::declared_in(self.tx, self.file)? {
            let Some(by) = self.gone(M::KIND, &name) else {
                continue;
            };
            let Some(object) = M::load(self.tx, &name)? else {
                continue;
            };
            let released = deletion::release(self.tx, &by, object).map_err(internal)?;
            let action = match released.change {
                Change::Deleted => Action::Delete,
                _ if released.value.is_disabled() => Action::Disable,
                _ => Action::Update,
            };
            self.step(M::KIND, released.value.label().to_owned(), action);
        }
        Ok(())
    }

    /// Author of the change that makes an object unmanaged when the file no longer declares it.
    fn gone(&self, kind: Kind, id: &str) -> Option<By> {
        let declared = self.seen.contains(&(kind, id.to_owned()));
        (!declared).then(|| By::letting_go(self.file))
    }

    fn step(&mut self, kind: Kind, name: String, action: Action) {
        self.outcome.steps.push(Step {
            kind,
            name,
            line: None,
            action,
            members: Vec::new(),
            note: None,
        });
    }
}
