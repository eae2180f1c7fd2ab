//! Trusted issuers: who may vouch for users of this server (RFC 7523 §2.1).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AdminError, Applied, By, Change, Kind, differences, only_moved, record};
use crate::{
    domain::{
        client_registration::{check_key_set, web_address},
        name::ClientId,
        scope::ScopeSet,
        trusted_issuer::{SubjectMatch, TrustedIssuer},
    },
    store::{StoreError, Tx, clients, deleted_objects, revocations, scopes, trusted_issuers},
};

/// What can be said of a trusted issuer. An empty text takes a value out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuerInput {
    pub issuer: Option<String>,
    pub jwks: Option<Value>,
    pub jwks_uri: Option<String>,
    pub audience: Option<String>,
    pub subject_claim: Option<String>,
    /// `sub`, `username` or `email`.
    pub matches: Option<String>,
    pub clients: Option<Vec<String>>,
    pub scope: Option<String>,
}

/// A [`TrustedIssuerInput`] whose every member is good.
#[derive(Clone, Debug)]
pub struct CheckedTrustedIssuer {
    issuer: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    audience: Option<String>,
    subject_claim: Option<String>,
    matches: Option<SubjectMatch>,
    clients: Option<Vec<ClientId>>,
    scope: Option<ScopeSet>,
}

impl TrustedIssuerInput {
    /// Whether this can be all that is said of an issuer: an empty text takes nothing out there.
    pub fn validate(&self) -> Result<(), AdminError> {
        let texts = [
            ("issuer", &self.issuer),
            ("jwks_uri", &self.jwks_uri),
            ("audience", &self.audience),
            ("subject_claim", &self.subject_claim),
        ];
        let mut empty = texts.iter().filter(|(_, text)| text.as_deref() == Some(""));
        match empty.next() {
            Some((field, _)) => Err(AdminError::invalid(
                *field,
                "must not be empty; leave it out instead",
            )),
            None => self.clone().check().map(drop),
        }
    }

    pub fn check(self) -> Result<CheckedTrustedIssuer, AdminError> {
        for (field, text) in [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("subject_claim", &self.subject_claim),
        ] {
            let is_plain =
                |text: &String| text.len() <= 2048 && text.bytes().all(|c| c.is_ascii_graphic());
            if text.as_ref().is_some_and(|text| !is_plain(text)) {
                let reason = "must have at most 2048 printable ASCII characters without spaces";
                return Err(AdminError::invalid(field, reason));
            }
        }
        if let Some(jwks) = &self.jwks {
            check_key_set(jwks)?;
        }
        if let Some(uri) = self.jwks_uri.as_deref().filter(|uri| !uri.is_empty()) {
            web_address("jwks_uri", Some(uri))?;
        }
        let matches = self.matches.as_deref().map(|name| {
            SubjectMatch::parse(name)
                .ok_or_else(|| AdminError::invalid("matches", "must be sub, username or email"))
        });
        let clients = self.clients.map(|ids| {
            let parse = |(i, id): (usize, &String)| {
                ClientId::parse(id).map_err(|error| {
                    AdminError::invalid(format!("clients[{i}]"), error.to_string())
                })
            };
            ids.iter().enumerate().map(parse).collect()
        });
        let scope = self.scope.as_deref().map(ScopeSet::parse).transpose();
        Ok(CheckedTrustedIssuer {
            issuer: self.issuer.filter(|text| !text.is_empty()),
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            audience: self.audience,
            subject_claim: self.subject_claim.filter(|text| !text.is_empty()),
            matches: matches.transpose()?,
            clients: clients.transpose()?,
            scope: scope.map_err(|error| AdminError::invalid("scope", error.to_string()))?,
        })
    }
}

/// Adds an issuer.
pub fn create(
    tx: &Tx,
    by: &By,
    input: CheckedTrustedIssuer,
) -> Result<Applied<TrustedIssuer>, AdminError> {
    let issuer = input
        .issuer
        .clone()
        .ok_or_else(|| AdminError::invalid("issuer", "is required"))?;
    if trusted_issuers::get(tx, &issuer)?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::TrustedIssuer,
            name: issuer,
        });
    }
    let made = input.applied_to(fresh(by, issuer));
    check_together(tx, &made, &ScopeSet::default())?;
    trusted_issuers::put(tx, &made)?;
    let event = by.event("trusted_issuer.created");
    record(tx, event.subject(&made.issuer), &[])?;
    Ok(Applied::new(made, Change::Created))
}

/// Changes what is given.
pub fn update(
    tx: &Tx,
    by: &By,
    issuer: &str,
    input: CheckedTrustedIssuer,
) -> Result<Applied<TrustedIssuer>, AdminError> {
    let before = get(tx, issuer)?;
    if input.issuer.as_ref().is_some_and(|new| new != issuer) {
        return Err(AdminError::invalid("issuer", "cannot be changed"));
    }
    let after = input.applied_to(before.clone());
    store(tx, by, before, after)
}

/// Makes the issuer what the input says, whether it is there or not. What the input leaves out gets its
/// default.
pub fn declare(
    tx: &Tx,
    by: &By,
    input: CheckedTrustedIssuer,
) -> Result<Applied<TrustedIssuer>, AdminError> {
    let known = match &input.issuer {
        Some(issuer) => trusted_issuers::get(tx, issuer)?,
        None => None,
    };
    let Some(before) = known else {
        return create(tx, by, input);
    };
    let after = input.applied_to(fresh(by, before.issuer.clone()));
    store(tx, by, before, after)
}

/// Trusts it no more, and ends the tokens that were issued on its word. It is not recorded which issuer
/// vouched for a token, so those of the same clients by other issuers end, too: they ask again.
pub fn delete(tx: &Tx, by: &By, issuer: &str) -> Result<Applied<TrustedIssuer>, AdminError> {
    let gone = get(tx, issuer)?;
    by.may_change(Kind::TrustedIssuer, issuer, gone.managed_by.as_deref())?;
    deleted_objects::keep_trusted_issuer(tx, issuer)?;
    trusted_issuers::delete(tx, issuer)?;
    end_tokens(tx, &gone.clients)?;
    let event = by.event("trusted_issuer.deleted");
    record(tx, event.subject(issuer), &[])?;
    Ok(Applied::new(gone, Change::Deleted))
}

pub fn get(tx: &Tx, issuer: &str) -> Result<TrustedIssuer, AdminError> {
    trusted_issuers::get(tx, issuer)?
        .ok_or_else(|| AdminError::not_found(Kind::TrustedIssuer, issuer))
}

impl CheckedTrustedIssuer {
    fn applied_to(self, mut issuer: TrustedIssuer) -> TrustedIssuer {
        let text = |given: Option<String>, before: Option<String>| match given {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => before,
        };
        // Keys by value take the place of those at an address, and the other way round.
        if self.jwks.is_some() && self.jwks_uri.is_none() {
            issuer.jwks_uri = None;
        }
        if self.jwks_uri.as_ref().is_some_and(|uri| !uri.is_empty()) && self.jwks.is_none() {
            issuer.jwks = None;
        }
        issuer.jwks = self.jwks.or(issuer.jwks);
        issuer.jwks_uri = text(self.jwks_uri, issuer.jwks_uri);
        issuer.audience = text(self.audience, issuer.audience);
        issuer.subject_claim = self.subject_claim.unwrap_or(issuer.subject_claim);
        issuer.matches = self.matches.unwrap_or(issuer.matches);
        issuer.clients = self.clients.unwrap_or(issuer.clients);
        issuer.scope = self.scope.unwrap_or(issuer.scope);
        issuer
    }
}

fn fresh(by: &By, issuer: String) -> TrustedIssuer {
    TrustedIssuer {
        issuer,
        jwks: None,
        jwks_uri: None,
        audience: None,
        subject_claim: "sub".into(),
        matches: SubjectMatch::Sub,
        clients: Vec::new(),
        scope: ScopeSet::default(),
        managed_by: by.manager(None),
    }
}

/// `known` are the scopes that it had: one of them may have been deleted since.
fn check_together(tx: &Tx, issuer: &TrustedIssuer, known: &ScopeSet) -> Result<(), AdminError> {
    if issuer.jwks.is_some() == issuer.jwks_uri.is_some() {
        let reason = "exactly one of jwks and jwks_uri is required";
        return Err(AdminError::invalid("jwks_uri", reason));
    }
    for (i, id) in issuer.clients.iter().enumerate() {
        if clients::get(tx, id.as_str())?.is_none() {
            let reason = format!("client {id} not found. Create it first");
            return Err(AdminError::invalid(format!("clients[{i}]"), reason));
        }
    }
    for name in issuer.scope.iter().map(|name| name.as_str()) {
        if !known.contains(name) && scopes::get(tx, name)?.is_none() {
            let reason = format!("scope {name:?} not found");
            return Err(AdminError::invalid("scope", reason));
        }
    }
    Ok(())
}

fn store(
    tx: &Tx,
    by: &By,
    before: TrustedIssuer,
    mut after: TrustedIssuer,
) -> Result<Applied<TrustedIssuer>, AdminError> {
    let managed_by = before.managed_by.as_deref();
    by.may_change(Kind::TrustedIssuer, &before.issuer, managed_by)?;
    after.managed_by = by.manager(managed_by);
    check_together(tx, &after, &before.scope)?;
    let changed = differences(&before, &after)?;
    if changed.is_empty() {
        return Ok(Applied::new(before, Change::Unchanged));
    }
    trusted_issuers::put(tx, &after)?;
    let mut lost = before.clients.clone();
    // What was issued on its word says more than it may vouch for now.
    if before.scope.first_not_in(&after.scope).is_none() {
        lost.retain(|client| !after.clients.contains(client));
    }
    end_tokens(tx, &lost)?;
    if only_moved(&changed, managed_by, after.managed_by.as_deref()) {
        return Ok(Applied::new(after, Change::Unchanged));
    }
    let event = by.event("trusted_issuer.updated");
    record(tx, event.subject(&after.issuer), &changed)?;
    Ok(Applied::new(after, Change::Updated))
}

fn end_tokens(tx: &Tx, of: &[ClientId]) -> Result<(), StoreError> {
    for client_id in of {
        revocations::revoke_vouched_for(tx, client_id)?;
    }
    Ok(())
}
