//! The database as a file that declares it: stable, sorted, without defaults, and never with a secret.

use serde_json::{Map, Value, json};

use crate::{
    admin::{Kind, as_members, object::Managed},
    domain::{
        client::Client,
        grant_type::GrantType,
        scope::{self, Scope},
        team::{Role, Team},
        user::User,
    },
    store::{StoreError, Tx, clients, resources, scopes, teams, trusted_issuers, users},
};

/// Rows that are read at a time.
const PAGE: u32 = 500;

const HEAD: &str = "# Exported by Keyfob. Passwords and client secrets are not included; applying this file keeps the \
existing ones.\n";

/// The whole file, object by object, to `out`.
pub fn export<E: From<StoreError>>(
    tx: &Tx,
    mut out: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    out(HEAD)?;
    for scope in scopes::all(tx)?
        .iter()
        .filter(|scope| !is_as_built_in(scope))
    {
        out(&table(Kind::Scope, &members_of(scope)?)?)?;
    }
    pages(
        |last: Option<&Team>| teams::page(tx, last.map(|team| team.id.as_str()), PAGE),
        |team| out(&table(Kind::Team, &members_of(team)?)?),
    )?;
    pages(
        |last: Option<&User>| users::page(tx, last.map(|user| user.username.as_str()), PAGE),
        |user| out(&table(Kind::User, &user_members(user))?),
    )?;
    pages(
        |last: Option<&Client>| {
            clients::page(tx, last.map(|client| client.client_id.as_str()), PAGE)
        },
        |client| out(&client_table(client)?),
    )?;
    for resource in resources::all(tx)? {
        out(&table(Kind::Resource, &members_of(&resource)?)?)?;
    }
    for issuer in trusted_issuers::all(tx)? {
        out(&table(Kind::TrustedIssuer, &members_of(&issuer)?)?)?;
    }
    Ok(())
}

fn pages<T, E: From<StoreError>>(
    mut read: impl FnMut(Option<&T>) -> Result<Vec<T>, StoreError>,
    mut each: impl FnMut(&T) -> Result<(), E>,
) -> Result<(), E> {
    let mut page = read(None)?;
    while !page.is_empty() {
        page.iter().try_for_each(&mut each)?;
        page = read(page.last())?;
    }
    Ok(())
}

pub type Members = Vec<(String, Value)>;

/// `[[client]]` and its members, a line each.
fn table(kind: Kind, members: &Members) -> Result<String, StoreError> {
    let mut text = format!("\n[[{kind}]]\n");
    for (name, value) in members {
        let value = toml::Value::try_from(without_nulls(value))
            .map_err(|error| StoreError::Internal(format!("{name}: {error}")))?;
        text.push_str(&format!("{name} = {value}\n"));
    }
    Ok(text)
}

/// TOML has no null: a member that is null is as good as none.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(without_nulls)
            .collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        value => value.clone(),
    }
}

fn is_as_built_in(scope: &Scope) -> bool {
    let own = (scope.name.as_str(), scope.description.as_str());
    scope::BUILT_IN.contains(&own)
}

/// The name, and what is not the default.
fn members_of<M: Managed>(object: &M) -> Result<Members, StoreError> {
    let mut shown =
        as_members(&object.shown()).map_err(|error| StoreError::Internal(error.to_string()))?;
    let mut said = vec![(M::NAME.to_owned(), object.name().into())];
    for (name, default) in object.defaults() {
        let value = shown.remove(&name).unwrap_or_default();
        if value != default {
            said.push((name, value));
        }
    }
    Ok(said)
}

fn user_members(user: &User) -> Members {
    let profile = &user.profile;
    let mut members = vec![
        ("username".into(), user.username.as_str().into()),
        ("sub".into(), user.sub.as_str().into()),
    ];
    let mut text = |name: &str, value: &Option<String>| {
        members.extend(
            value
                .as_deref()
                .map(|value| (String::from(name), value.into())),
        );
    };
    text("given_name", &profile.given_name);
    text("family_name", &profile.family_name);
    text("email", &profile.email);
    text("locale", &profile.locale);
    text("zoneinfo", &profile.zoneinfo);
    text("picture", &profile.picture);
    switch(
        &mut members,
        "email_verified",
        profile.email_verified,
        false,
    );
    if !profile.claims.is_empty() {
        members.push(("claims".into(), profile.claims.clone().into()));
    }
    switch(&mut members, "admin", user.admin, false);
    switch(&mut members, "disabled", user.disabled, false);
    switch(
        &mut members,
        "allow_delegation",
        user.allow_delegation,
        true,
    );
    switch(&mut members, "persona", user.persona, false);
    if !user.teams.is_empty() {
        let teams = user.teams.iter().map(|team| {
            let mut members = Map::from_iter([("id".to_owned(), team.team_id.as_str().into())]);
            if team.role != Role::default() {
                members.insert("role".into(), team.role.as_str().into());
            }
            Value::Object(members)
        });
        members.push(("teams".into(), teams.collect()));
    }
    members
}

/// The `[[client]]` of one client.
pub fn client_table(client: &Client) -> Result<String, StoreError> {
    table(Kind::Client, &client_members(client)?)
}

/// What is said of a client, without defaults.
pub fn client_members(client: &Client) -> Result<Members, StoreError> {
    let metadata =
        as_members(&client.metadata).map_err(|error| StoreError::Internal(error.to_string()))?;
    let is_default = |name: &str, value: &Value| match name {
        "grant_types" => *value == json!([GrantType::AuthorizationCode]),
        "scope" => value == "",
        _ => false,
    };
    let mut members = vec![("client_id".into(), client.client_id.as_str().into())];
    members.extend(
        metadata
            .into_iter()
            .filter(|(name, value)| !is_default(name, value)),
    );
    switch(&mut members, "disabled", client.disabled, false);
    Ok(members)
}

fn switch(members: &mut Members, name: &str, on: bool, default: bool) {
    if on != default {
        members.push((name.to_owned(), on.into()));
    }
}
