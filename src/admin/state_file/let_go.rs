//! What happens to objects that a file has declared and declares no more.

use super::{
    apply::Work,
    outcome::{Action, Step},
    stop::{Stop, internal},
};
use crate::{
    admin::{By, Change, Kind, deletion, object::Managed},
    domain::{
        client::Client, resource::Resource, scope::Scope, team::Team,
        trusted_issuer::TrustedIssuer, user::User,
    },
};

impl Work<'_> {
    /// Lets go of what the file has declared and declares no more; what needs others goes first.
    pub(super) fn let_go(&mut self) -> Result<(), Stop> {
        self.let_go_of::<TrustedIssuer>()?;
        self.let_go_of::<Resource>()?;
        self.let_go_of::<Client>()?;
        self.let_go_of::<User>()?;
        self.let_go_of::<Team>()?;
        self.let_go_of::<Scope>()
    }

    fn let_go_of<M: Managed>(&mut self) -> Result<(), Stop> {
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

    /// Who lets go of an object that the file declared once, if it does so no more.
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
