//! Checked input for users, and the views of users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::link_view::LinkView;
use crate::{
    admin::{AdminError, line, refuse_own_actor},
    crypto::password,
    domain::{
        email::is_address,
        name::{Subject, comparison_key},
        precis::require_username,
        secret::Secret,
        team::Membership,
        time_zone::TimeZone,
        user::{PasswordHash, User},
    },
    login::setup::SHORTEST_PASSWORD,
    oauth::claims,
};

/// Not a username: `/users/import` is another route.
const RESERVED: &str = "import";

/// Members of a user, to create or update one. An empty string removes an optional value.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdminUserInput")]
pub struct UserInput {
    /// Generated when absent. Cannot be changed.
    pub sub: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// In place of `password`: an Argon2id PHC string.
    pub password_hash: Option<Secret>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub locale: Option<String>,
    pub zoneinfo: Option<String>,
    pub picture: Option<String>,
    /// The other claims of OIDC Core §5.1: `nickname`, `address`, `phone_number`, …
    pub claims: Option<Map<String, Value>>,
    /// Whether the user is an administrator of this server.
    pub admin: Option<bool>,
    pub disabled: Option<bool>,
    pub allow_delegation: Option<bool>,
    /// Demo user: one-click sign-in in development mode.
    pub persona: Option<bool>,
    /// All teams of the user.
    pub teams: Option<Vec<Membership>>,
    /// Set in development mode: a missing `sub` is derived from the username, so that apps recognize the user after the
    /// database is deleted.
    #[serde(skip)]
    pub derives_sub: bool,
}

/// A [`UserInput`] with valid members and a hashed password.
#[derive(Clone, Debug)]
pub struct CheckedUser {
    pub(super) input: UserInput,
    pub(super) sub: Option<Subject>,
    password: Option<PasswordHash>,
    /// Whether the input has a password, changed or not.
    has_password: bool,
}

/// A user. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminUser")]
pub struct UserView {
    pub sub: Subject,
    pub username: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub locale: Option<String>,
    pub zoneinfo: Option<String>,
    pub picture: Option<String>,
    pub claims: Map<String, Value>,
    pub has_password: bool,
    pub admin: bool,
    pub disabled: bool,
    pub allow_delegation: bool,
    pub persona: bool,
    pub teams: Vec<Membership>,
    pub managed_by: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub registered_at: String,
    /// One-time link with which the user can set a password, if one is active.
    pub password_link: Option<LinkView>,
}

/// Without the password link, which is stored separately: `Managed::view` adds it.
impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let profile = user.profile.clone();
        Self {
            sub: user.sub.clone(),
            username: user.username.clone(),
            email: profile.email,
            email_verified: profile.email_verified,
            given_name: profile.given_name,
            family_name: profile.family_name,
            locale: profile.locale,
            zoneinfo: profile.zoneinfo,
            picture: profile.picture,
            claims: profile.claims,
            has_password: user.password_hash.is_some(),
            admin: user.admin,
            disabled: user.disabled,
            allow_delegation: user.allow_delegation,
            persona: user.persona,
            teams: user.teams.clone(),
            managed_by: user.managed_by.clone(),
            registered_at: user.registered_at.rfc3339(),
            password_link: None,
        }
    }
}

impl CheckedUser {
    /// Whether the `sub` of a new user is derived from the username.
    pub(super) fn derives_sub(&self) -> bool {
        self.input.derives_sub
    }

    /// Whether the input has a password.
    pub(in crate::admin) fn has_password(&self) -> bool {
        self.has_password
    }

    /// Requested `sub`.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_ref().map(Subject::as_str)
    }

    /// The user with the members of the input.
    pub(super) fn applied_to(self, mut user: User) -> User {
        let input = self.input;
        let text = |value: Option<String>, target: &mut Option<String>| {
            if let Some(value) = value {
                *target = Some(value).filter(|value| !value.is_empty());
            }
        };
        let flag = |value: Option<bool>, target: &mut bool| *target = value.unwrap_or(*target);
        user.username = input.username.unwrap_or(user.username);
        user.password_hash = self.password.or(user.password_hash);
        let profile = &mut user.profile;
        let email_before = profile.email.clone();
        text(input.email, &mut profile.email);
        if !is_same_email(email_before.as_deref(), profile.email.as_deref()) {
            // The new one is not verified, unless the same change says so.
            profile.email_verified = false;
        }
        text(input.given_name, &mut profile.given_name);
        text(input.family_name, &mut profile.family_name);
        text(input.locale, &mut profile.locale);
        text(input.zoneinfo, &mut profile.zoneinfo);
        text(input.picture, &mut profile.picture);
        // A missing address cannot be verified, so this is an error.
        profile.email_verified &= profile.email.is_some();
        flag(input.email_verified, &mut profile.email_verified);
        profile.claims = input
            .claims
            .unwrap_or_else(|| std::mem::take(&mut profile.claims));
        flag(input.admin, &mut user.admin);
        flag(input.disabled, &mut user.disabled);
        flag(input.allow_delegation, &mut user.allow_delegation);
        flag(input.persona, &mut user.persona);
        user.teams = input.teams.unwrap_or(user.teams);
        user.teams.sort_by(|a, b| a.team_id.cmp(&b.team_id));
        user
    }
}

impl UserInput {
    /// Checks every member and hashes the password, which takes about 30 ms: not for a transaction. An unchanged
    /// password is not replaced, so sending it again revokes no sessions.
    pub fn check(mut self, known: Option<&User>) -> Result<CheckedUser, AdminError> {
        let sub = self.sub.as_deref().map(Subject::parse).transpose();
        let sub = sub.map_err(|error| AdminError::invalid("sub", error.to_string()))?;
        if sub.as_ref().is_some_and(|sub| sub.as_str() == RESERVED) {
            return Err(AdminError::invalid(
                "sub",
                "is reserved for an address of the admin API",
            ));
        }
        if let Some(sub) = &sub {
            refuse_own_actor("sub", sub.as_str())?;
        }
        if let Some(username) = &self.username {
            let username = line("username", username, 255)?;
            require_username(&username)
                .map_err(|error| AdminError::invalid("username", error.to_string()))?;
            refuse_own_actor("username", &username)?;
            self.username = Some(username);
        }
        for (field, value, longest) in [
            ("given_name", &mut self.given_name, 255),
            ("family_name", &mut self.family_name, 255),
            ("email", &mut self.email, 254),
            ("locale", &mut self.locale, 35),
            ("picture", &mut self.picture, 2048),
        ] {
            if let Some(text) = value.as_deref().filter(|text| !text.trim().is_empty()) {
                *value = Some(line(field, text, longest)?);
            }
        }
        check_email(self.email.as_deref().unwrap_or_default())?;
        check_locale(self.locale.as_deref().unwrap_or_default())?;
        check_zoneinfo(self.zoneinfo.as_deref().unwrap_or_default())?;
        check_picture(self.picture.as_deref().unwrap_or_default())?;
        self.claims.as_ref().map_or(Ok(()), check_claims)?;
        check_teams(self.teams.as_deref().unwrap_or_default())?;
        let has_password = self.password.is_some() || self.password_hash.is_some();
        let stored = known.and_then(|user| user.password_hash.as_ref());
        let password = checked_password(self.password.take(), self.password_hash.take(), stored)?;
        Ok(CheckedUser {
            input: self,
            sub,
            password,
            has_password,
        })
    }
}

impl UserInput {
    /// Like `check`, for a plan whose changes are discarded: leaves out the password.
    pub fn check_without_password(mut self) -> Result<CheckedUser, AdminError> {
        self.password = None;
        self.check(None)
    }

    /// Checks what [`UserInput::check`] checks, without the costly hash.
    pub fn validate(&self) -> Result<(), AdminError> {
        let mut cheap = self.clone();
        if let Some(password) = cheap.password.take() {
            long_enough(&password)?;
            if self.password_hash.is_some() {
                return Err(both_passwords());
            }
        }
        cheap.check(None).map(drop)
    }
}

fn is_same_email(before: Option<&str>, after: Option<&str>) -> bool {
    before.map(comparison_key) == after.map(comparison_key)
}

fn both_passwords() -> AdminError {
    AdminError::invalid("password_hash", "cannot be combined with password")
}

fn long_enough(password: &Secret) -> Result<(), AdminError> {
    // It cannot be typed: the file or the text had several lines.
    if password.expose().contains(['\n', '\r']) {
        return Err(AdminError::invalid(
            "password",
            "must be one line, without line breaks",
        ));
    }
    if password.expose().chars().count() >= SHORTEST_PASSWORD {
        return Ok(());
    }
    let reason = format!("must have at least {SHORTEST_PASSWORD} characters");
    Err(AdminError::invalid("password", reason))
}

fn checked_password(
    chosen: Option<Secret>,
    hash: Option<Secret>,
    stored: Option<&PasswordHash>,
) -> Result<Option<PasswordHash>, AdminError> {
    match (chosen, hash) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(both_passwords()),
        (None, Some(hash)) if password::is_valid_hash(hash.expose()) => {
            Ok(Some(PasswordHash(hash.expose().to_owned())))
        }
        (None, Some(_)) => Err(AdminError::invalid(
            "password_hash",
            "must be an Argon2id PHC string ($argon2id$v=19$…) of at least 7 MiB",
        )),
        (Some(chosen), None) => {
            long_enough(&chosen)?;
            match stored {
                Some(stored) if password::verify(&chosen, &stored.0) => Ok(Some(stored.clone())),
                _ => Ok(Some(PasswordHash(password::hash(&chosen)))),
            }
        }
    }
}

fn check_email(email: &str) -> Result<(), AdminError> {
    if email.is_empty() || is_address(email) {
        return Ok(());
    }
    Err(AdminError::invalid("email", "must be an email address"))
}

/// OIDC Core §5.1: a language tag (RFC 5646) such as `en-US`; many write `en_US`.
fn check_locale(locale: &str) -> Result<(), AdminError> {
    if locale
        .bytes()
        .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    {
        return Ok(());
    }
    Err(AdminError::invalid(
        "locale",
        "must be a language tag such as nb-NO",
    ))
}

fn check_zoneinfo(zoneinfo: &str) -> Result<(), AdminError> {
    if zoneinfo.is_empty() || TimeZone::parse(zoneinfo).is_some() {
        return Ok(());
    }
    let reason = "must be an IANA time zone such as Europe/Oslo";
    Err(AdminError::invalid("zoneinfo", reason))
}

fn check_picture(picture: &str) -> Result<(), AdminError> {
    let is_web = |url: url::Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    if picture.is_empty() || url::Url::parse(picture).is_ok_and(is_web) {
        return Ok(());
    }
    Err(AdminError::invalid(
        "picture",
        "must be an https or http URL",
    ))
}

/// Names and types of the other standard claims (OIDC Core §5.1).
fn check_claims(claims: &Map<String, Value>) -> Result<(), AdminError> {
    let has_phone_number = claims.contains_key("phone_number");
    for (name, value) in claims {
        if !claims::is_kept_by_name(name) {
            let reason = format!("{name:?} is not a claim that can be set (OIDC Core §5.1)");
            return Err(AdminError::invalid("claims", reason));
        }
        let (right, expected) = match name.as_str() {
            "address" => (value.is_object(), "an object"),
            "phone_number_verified" => (value.is_boolean(), "true or false"),
            _ => (value.is_string(), "a string"),
        };
        if !right {
            let reason = format!("{name} must be {expected}");
            return Err(AdminError::invalid("claims", reason));
        }
        if name == "phone_number_verified" && value == true && !has_phone_number {
            let reason = "phone_number_verified requires phone_number";
            return Err(AdminError::invalid("claims", reason));
        }
    }
    Ok(())
}

fn check_teams(memberships: &[Membership]) -> Result<(), AdminError> {
    for (index, membership) in memberships.iter().enumerate() {
        let same = |other: &Membership| other.team_id == membership.team_id;
        if memberships[..index].iter().any(same) {
            let reason = format!("contains {} twice", membership.team_id);
            return Err(AdminError::invalid("teams", reason));
        }
    }
    Ok(())
}
