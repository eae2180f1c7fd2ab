//! The standard claims (OIDC Core §5.1, §5.4): which scope releases them, and what they say of a user.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::{
    scope::{self, ScopeSet},
    user::User,
};

/// A claim about a user.
pub struct Claim {
    pub name: &'static str,
    /// Scope that releases it (OIDC Core §5.4). A client registered for that scope can also request the claim by name
    /// (§5.5).
    pub scope: &'static str,
    /// Completes the consent page's "It will be able to see your …".
    pub phrase: &'static str,
}

/// Reason why UserInfo has a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The token has the claim's scope (OIDC Core §5.4).
    Scope,
    /// Requested by name (§5.5).
    Name,
}

impl Claim {
    /// Reason for which a token with this scope and these requested claims releases it.
    pub fn released(&self, scope: &ScopeSet, by_name: &BTreeSet<String>) -> Option<Release> {
        match scope.contains(self.scope) {
            true => Some(Release::Scope),
            false => by_name.contains(self.name).then_some(Release::Name),
        }
    }
}

const fn profile(name: &'static str, phrase: &'static str) -> Claim {
    Claim {
        name,
        scope: scope::PROFILE,
        phrase,
    }
}

const fn of(scope: &'static str, name: &'static str, phrase: &'static str) -> Claim {
    Claim {
        name,
        scope,
        phrase,
    }
}

/// All claims except `sub`.
pub const CLAIMS: &[Claim] = &[
    profile("name", "name"),
    profile("given_name", "given name"),
    profile("family_name", "family name"),
    profile("middle_name", "middle name"),
    profile("nickname", "nickname"),
    profile("preferred_username", "username"),
    profile("profile", "profile page"),
    profile("picture", "picture"),
    profile("website", "website"),
    profile("gender", "gender"),
    profile("birthdate", "date of birth"),
    profile("zoneinfo", "time zone"),
    profile("locale", "language"),
    profile("updated_at", "profile's last update time"),
    profile("teams", "teams"),
    of(scope::EMAIL, "email", "email address"),
    of(scope::EMAIL, "email_verified", "email verification status"),
    of(scope::ADDRESS, "address", "postal address"),
    of(scope::PHONE, "phone_number", "phone number"),
    of(
        scope::PHONE,
        "phone_number_verified",
        "phone verification status",
    ),
];

/// Claims stored unchanged, by name, in `Profile::claims`.
const KEPT_BY_NAME: &[&str] = &[
    "middle_name",
    "nickname",
    "profile",
    "website",
    "gender",
    "birthdate",
    "address",
    "phone_number",
    "phone_number_verified",
];

/// The claim of this name.
pub fn find(name: &str) -> Option<&'static Claim> {
    CLAIMS.iter().find(|claim| claim.name == name)
}

pub fn is_kept_by_name(name: &str) -> bool {
    KEPT_BY_NAME.contains(&name)
}

/// Value of the claim for the user, if any. `zoneinfo` is the time zone that the client sent last; it has precedence
/// over that of the profile.
pub fn value(user: &User, zoneinfo: Option<&str>, name: &str) -> Option<Value> {
    let profile = &user.profile;
    let text = |value: Option<&str>| value.map(|value| json!(value));
    match name {
        "name" => Some(json!(user.display_name())),
        "given_name" => text(profile.given_name.as_deref()),
        "family_name" => text(profile.family_name.as_deref()),
        "preferred_username" => Some(json!(user.username)),
        "picture" => text(profile.picture.as_deref()),
        "zoneinfo" => text(zoneinfo.or(profile.zoneinfo.as_deref())),
        "locale" => text(profile.locale.as_deref()),
        "updated_at" => Some(json!(user.updated_at)),
        "teams" => (!user.teams.is_empty()).then(|| json!(user.teams)),
        "email" => text(profile.email.as_deref()),
        "email_verified" => profile
            .email
            .is_some()
            .then_some(json!(profile.email_verified)),
        name => profile.claims.get(name).cloned(),
    }
}
