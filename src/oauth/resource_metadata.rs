//! Protected resource metadata (RFC 9728) of this server and of registered APIs, which can copy or proxy it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    domain::{client_registration::CLIENT_ALGORITHMS, resource::is_same_uri},
};

/// The document of the resource of this URI; of this server for its issuer.
pub fn of_uri(app: &App, uri: &str) -> Option<ResourceMetadata> {
    let issuer = &app.config.issuer;
    let snapshot = app.directory.snapshot();
    if is_same_uri(issuer, uri) {
        // Ours are the scopes that belong to no resource.
        let own = snapshot
            .scopes
            .iter()
            .map(|scope| scope.name.as_str())
            .filter(|name| snapshot.owners(name).next().is_none());
        let live = app.live();
        let name = live.server_name.as_deref().unwrap_or("Keyfob");
        return Some(document(app, issuer, name, own));
    }
    let resource = snapshot.resource(uri)?;
    let scopes = resource.scopes.iter().map(|name| name.as_str());
    Some(document(app, resource.uri.as_str(), &resource.name, scopes))
}

/// The document of the resource with this path (RFC 9728 §3.1): on the issuer's own host, or else the only
/// one that has it on any. A request's `Host` decides nothing.
pub fn of_path(app: &App, path: &str) -> Option<ResourceMetadata> {
    let here = of_uri(app, &format!("{}{path}", app.config.issuer));
    if here.is_some() {
        return here;
    }
    let snapshot = app.directory.snapshot();
    let mut with_path = snapshot
        .resources
        .iter()
        .filter(|resource| resource.uri.path().as_deref() == Some(path));
    match (with_path.next(), with_path.next()) {
        (Some(only), None) => of_uri(app, only.uri.as_str()),
        _ => None,
    }
}

/// Metadata of an API for its clients (RFC 9728 §2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProtectedResourceMetadata")]
pub struct ResourceMetadata {
    /// The resource, exactly as in `aud`.
    #[schemars(url)]
    resource: String,
    /// Name shown to users.
    resource_name: String,
    /// The issuer of this server.
    authorization_servers: [String; 1],
    /// The scopes that belong to it.
    scopes_supported: Vec<String>,
    /// `header` and nothing else.
    bearer_methods_supported: &'static [&'static str],
    /// Supported DPoP proof algorithms.
    dpop_signing_alg_values_supported: &'static [&'static str],
}

fn document<'a>(
    app: &App,
    resource: &str,
    name: &str,
    scopes: impl Iterator<Item = &'a str>,
) -> ResourceMetadata {
    ResourceMetadata {
        resource: resource.to_owned(),
        resource_name: name.to_owned(),
        authorization_servers: [app.config.issuer.clone()],
        scopes_supported: scopes.map(str::to_owned).collect(),
        bearer_methods_supported: &["header"],
        dpop_signing_alg_values_supported: CLIENT_ALGORITHMS,
    }
}
