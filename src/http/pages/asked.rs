//! Requested access, as the consent pages show it.

use super::views::{Asked, ResourceLine, ScopeLine};
use crate::{
    app::App,
    domain::{
        consent::Allowed,
        language::Language,
        resource::is_same_uri,
        scope::{self, ScopeSet},
        uri::authority,
    },
};

impl Asked {
    /// `before` is the user's existing consent for the client.
    pub fn of(
        app: &App,
        t: Language,
        scope: &ScopeSet,
        resources: &[String],
        before: &Allowed,
    ) -> Self {
        let snapshot = app.directory.snapshot();
        let scopes = scope.iter().map(|name| ScopeLine {
            name: name.to_string(),
            description: snapshot
                .scope(name.as_str())
                .map_or(name.as_str(), |scope| t.scope(scope))
                .to_owned(),
            is_new: !before.has_scope(name.as_str(), resources),
        });
        let resources = resources.iter().map(|uri| ResourceLine {
            name: match snapshot.resource(uri) {
                Some(resource) => resource.name.clone(),
                None if is_same_uri(uri, &app.config.issuer) => own_name(app),
                None => String::new(),
            },
            is_new: !before.has_resource(uri),
            uri: uri.clone(),
        });
        Self {
            scopes: scopes.collect(),
            resources: resources.collect(),
            acts_for_you: scope.contains(scope::DELEGATE),
        }
    }

    /// On a first consent everything is new, so nothing is marked.
    pub(super) fn is_an_extension(&self) -> bool {
        self.scopes.iter().any(|scope| !scope.is_new)
            || self.resources.iter().any(|resource| !resource.is_new)
    }
}

/// Name of this server as an API: its name or its host.
fn own_name(app: &App) -> String {
    let host = || authority(&app.config.issuer).to_owned();
    app.live().server_name.clone().unwrap_or_else(host)
}
