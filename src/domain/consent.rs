//! Stored consent of a user for a client.

use std::collections::BTreeSet;

use crate::domain::{
    name::{ClientId, Subject},
    scope::{self, ScopeSet},
    time::UnixSeconds,
};

/// Consent of a user for a client at one resource.
#[derive(Clone, Debug)]
pub struct Consent {
    pub sub: Subject,
    pub client_id: ClientId,
    /// Resource of the access (RFC 8707); [`Consent::NOWHERE_ELSE`] for this server's own endpoints.
    pub resource: String,
    pub scope: ScopeSet,
    /// Claims requested by name (OIDC Core §5.5).
    pub claims: BTreeSet<String>,
    pub updated_at: UnixSeconds,
}

impl Consent {
    /// The `resource` of a request without one.
    pub const NOWHERE_ELSE: &str = "";

    /// The keys under which a consent to these resources is remembered.
    pub fn keys(resources: &[String]) -> Vec<String> {
        match resources {
            [] => vec![Self::NOWHERE_ELSE.to_owned()],
            some => some.to_vec(),
        }
    }
}

/// All consents of a user for a client.
///
/// A scope at one resource gives other access than the same scope at another, so a consent to one does not include the
/// other (RFC 8707 §2). User data of a scope is only released by this server, whatever the token is for.
#[derive(Clone, Debug, Default)]
pub struct Allowed(pub Vec<Consent>);

impl Allowed {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has_resource(&self, uri: &str) -> bool {
        self.0.iter().any(|consent| consent.resource == uri)
    }

    /// Whether the scope was allowed at each of these resources.
    pub fn has_scope(&self, name: &str, resources: &[String]) -> bool {
        if scope::is_about_the_person(name) {
            return self.0.iter().any(|consent| consent.scope.contains(name));
        }
        let at = |uri: &String| {
            let mut there = self.0.iter().filter(|consent| consent.resource == *uri);
            there.any(|consent| consent.scope.contains(name))
        };
        Consent::keys(resources).iter().all(at)
    }

    /// Whether the claim was allowed, by itself or with the scope that releases it.
    pub fn has_claim(&self, name: &str, scope: &str) -> bool {
        let allows =
            |consent: &Consent| consent.claims.contains(name) || consent.scope.contains(scope);
        self.0.iter().any(allows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(resource: &str, scope: &str) -> Consent {
        Consent {
            sub: Subject::trusted("ola"),
            client_id: ClientId::trusted("web"),
            resource: resource.to_owned(),
            scope: ScopeSet::trusted(scope),
            claims: BTreeSet::new(),
            updated_at: UnixSeconds(0),
        }
    }

    // RFC 8707 §2
    #[test]
    fn a_scope_that_was_allowed_at_one_resource_was_not_at_another() {
        let allowed = Allowed(vec![
            at("https://a", "openid read"),
            at("https://b", "write"),
        ]);
        let rows: &[(&str, &[&str], bool)] = &[
            ("read", &["https://a"], true),
            ("read", &["https://b"], false),
            ("read", &["https://a", "https://b"], false),
            ("read", &[], false),
            ("write", &["https://b"], true),
            ("write", &["https://c"], false),
            // Of the person, and told by this server.
            ("openid", &["https://b"], true),
            ("openid", &[], true),
            ("email", &["https://a"], false),
            ("offline_access", &["https://a"], false),
        ];
        for (scope, resources, expected) in rows {
            let resources: Vec<_> = resources.iter().map(ToString::to_string).collect();
            let has = allowed.has_scope(scope, &resources);
            assert_eq!(has, *expected, "{scope} {resources:?}");
        }
    }
}
