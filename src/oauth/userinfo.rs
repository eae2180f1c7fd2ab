//! The UserInfo endpoint (OIDC Core §5.3) in the shape of the contract.

use serde_json::{Map, Value, json};

use crate::{
    app::App,
    domain::{
        scope::{self, ScopeSet},
        token::AccessTokenClaims,
        user::User,
    },
    oauth::{
        bearer,
        error::{ErrorCode, OAuthError},
    },
    store::{StoreError, users},
};

/// The claims of OIDC Core §5.4 that a scope releases beside those the contract names.
pub const FURTHER_CLAIMS: &[(&str, &[&str])] = &[
    (
        scope::PROFILE,
        &[
            "middle_name",
            "nickname",
            "profile",
            "website",
            "gender",
            "birthdate",
        ],
    ),
    (scope::ADDRESS, &["address"]),
    (scope::PHONE, &["phone_number", "phone_number_verified"]),
];

/// What the token's scopes release of its user: the six members of `UserInfoResponse`, always, and the
/// standard claims that have a value.
pub fn userinfo(app: &App, claims: &AccessTokenClaims) -> Result<Map<String, Value>, OAuthError> {
    if claims.is_client() {
        return Err(OAuthError {
            scope: Some(scope::OPENID.to_owned()),
            ..OAuthError::new(
                ErrorCode::InsufficientScope,
                "the access token stands for no user",
            )
        });
    }
    bearer::require_scope(claims, scope::OPENID)?;
    let user = app
        .store
        .read(|tx| users::get(tx, claims.sub.as_str()))
        .map_err(|error: StoreError| OAuthError::from(error))?;
    let user = user.filter(|user| !user.disabled).ok_or_else(|| {
        OAuthError::invalid_token("the user of this access token is disabled or was deleted")
    })?;
    Ok(answer(&user, claims))
}

fn answer(user: &User, claims: &AccessTokenClaims) -> Map<String, Value> {
    let scope: &ScopeSet = &claims.scope;
    let profile = &user.profile;
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    let with_profile = scope.contains(scope::PROFILE);
    let with_email = scope.contains(scope::EMAIL);
    put("sub", json!(user.sub));
    put(
        "given_name",
        json!(profile.given_name.as_ref().filter(|_| with_profile)),
    );
    put(
        "family_name",
        json!(profile.family_name.as_ref().filter(|_| with_profile)),
    );
    put(
        "email",
        json!(profile.email.as_ref().filter(|_| with_email)),
    );
    put("registered_at", json!(user.registered_at.rfc3339()));
    put(
        "name",
        if with_profile {
            json!(user.display_name())
        } else {
            json!(user.sub)
        },
    );
    if with_email && profile.email.is_some() {
        put("email_verified", json!(profile.email_verified));
    }
    if with_profile {
        put("preferred_username", json!(user.username));
        put("updated_at", json!(user.updated_at));
        let zoneinfo = claims.zoneinfo.as_ref().or(profile.zoneinfo.as_ref());
        for (name, value) in [
            ("locale", profile.locale.as_ref()),
            ("zoneinfo", zoneinfo),
            ("picture", profile.picture.as_ref()),
        ] {
            if let Some(value) = value {
                put(name, json!(value));
            }
        }
        if !user.teams.is_empty() {
            put("teams", json!(user.teams));
        }
    }
    if let Some(team_id) = &claims.team_id {
        put("team_id", json!(team_id));
    }
    for (scope_name, names) in FURTHER_CLAIMS {
        for name in names.iter().filter(|_| scope.contains(scope_name)) {
            if let Some(value) = profile.claims.get(*name) {
                put(name, value.clone());
            }
        }
    }
    answer
}
