//! What happens to objects that a file has declared and declares no more.

use super::{
    apply::Work,
    outcome::{Action, Step},
    stop::Stop,
};
use crate::{
    admin::{
        AdminError, By, Kind,
        clients::{self, ClientInput},
        resources,
        scopes::{self, ScopeInput},
        teams::{self, TeamInput},
        trusted_issuers,
        users::{self, UserInput},
    },
    domain::scope,
    store::{self, StoreError},
};

impl Work<'_> {
    /// Lets go of what the file has declared and declares no more; what needs others goes first.
    pub(super) fn let_go(&mut self) -> Result<(), Stop> {
        self.let_go_of_trusted_issuers()?;
        self.let_go_of_resources()?;
        self.let_go_of_clients()?;
        self.let_go_of_users()?;
        self.let_go_of_teams()?;
        self.let_go_of_scopes()
    }

    fn let_go_of_resources(&mut self) -> Result<(), Stop> {
        for uri in store::resources::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::Resource, uri.as_str()) else {
                continue;
            };
            resources::delete(self.tx, &by, uri.as_str()).map_err(let_go_failed)?;
            self.step(Kind::Resource, uri.to_string(), Action::Delete);
        }
        Ok(())
    }

    fn let_go_of_trusted_issuers(&mut self) -> Result<(), Stop> {
        for issuer in store::trusted_issuers::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::TrustedIssuer, &issuer) else {
                continue;
            };
            trusted_issuers::delete(self.tx, &by, &issuer).map_err(let_go_failed)?;
            self.step(Kind::TrustedIssuer, issuer, Action::Delete);
        }
        Ok(())
    }

    fn let_go_of_clients(&mut self) -> Result<(), Stop> {
        for client_id in store::clients::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::Client, client_id.as_str()) else {
                continue;
            };
            let input = ClientInput {
                disabled: Some(true),
                ..ClientInput::default()
            };
            let input = input.check(None).map_err(let_go_failed)?;
            clients::update(self.tx, &by, client_id.as_str(), input, &[]).map_err(let_go_failed)?;
            self.step(Kind::Client, client_id.to_string(), Action::Disable);
        }
        Ok(())
    }

    fn let_go_of_users(&mut self) -> Result<(), Stop> {
        for sub in store::users::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::User, sub.as_str()) else {
                continue;
            };
            let Some(user) = store::users::get(self.tx, sub.as_str())? else {
                continue;
            };
            let input = UserInput {
                disabled: Some(true),
                ..UserInput::default()
            };
            let input = input.check(None).map_err(let_go_failed)?;
            users::update(self.tx, &by, &user.username, input).map_err(let_go_failed)?;
            self.step(Kind::User, user.username, Action::Disable);
        }
        Ok(())
    }

    fn let_go_of_teams(&mut self) -> Result<(), Stop> {
        for id in store::teams::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::Team, id.as_str()) else {
                continue;
            };
            let input = TeamInput {
                disabled: Some(true),
                ..TeamInput::default()
            };
            let input = input.check().map_err(let_go_failed)?;
            teams::update(self.tx, &by, id.as_str(), input).map_err(let_go_failed)?;
            self.step(Kind::Team, id.to_string(), Action::Disable);
        }
        Ok(())
    }

    /// A scope that is built in gets its own description back.
    fn let_go_of_scopes(&mut self) -> Result<(), Stop> {
        for name in store::scopes::managed_by(self.tx, self.file)? {
            let Some(by) = self.gone(Kind::Scope, name.as_str()) else {
                continue;
            };
            let built_in = scope::BUILT_IN
                .iter()
                .find(|(known, _)| *known == name.as_str());
            if let Some((_, description)) = built_in {
                let input = ScopeInput {
                    description: Some((*description).to_owned()),
                    ..ScopeInput::default()
                };
                let input = input.check().map_err(let_go_failed)?;
                scopes::update(self.tx, &by, name.as_str(), input).map_err(let_go_failed)?;
                self.step(Kind::Scope, name.to_string(), Action::Update);
            } else {
                scopes::delete(self.tx, &by, name.as_str()).map_err(let_go_failed)?;
                self.step(Kind::Scope, name.to_string(), Action::Delete);
            }
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

/// What is in the database is in order: it cannot clash with itself.
fn let_go_failed(error: AdminError) -> Stop {
    Stop::Store(match error {
        AdminError::Store(error) => error,
        other => StoreError::Internal(other.to_string()),
    })
}
