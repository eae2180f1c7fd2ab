//! Trusted issuers, whose assertions can identify users of this server (RFC 7523 §2.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AdminError,
    commands::{Commands, Flag, Takes},
    listing::{Asked, List, Mark, Rows, is_in},
    object::{Act, Deleted, Described, Managed, members},
};
use crate::{
    domain::{
        client::Client,
        client_registration::{check_key_set, web_address},
        name::ClientId,
        object::Object,
        scope::{Scope, ScopeSet},
        trusted_issuer::{SubjectMatch, TrustedIssuer},
    },
    store::{
        StoreError, Tx, clients,
        objects::{Document, Stored},
        revocations,
    },
};

impl Document for TrustedIssuer {}

/// Members of a trusted issuer, to create or update one. An empty string removes the value.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdminTrustedIssuerInput")]
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

/// A [`TrustedIssuerInput`] with valid members.
#[derive(Clone, Debug)]
pub struct CheckedTrustedIssuer {
    issuer: Option<String>,
    jwks: Option<Option<Value>>,
    jwks_uri: Option<String>,
    audience: Option<String>,
    subject_claim: Option<String>,
    matches: Option<SubjectMatch>,
    clients: Option<Vec<ClientId>>,
    scope: Option<ScopeSet>,
}

impl TrustedIssuerInput {
    /// Checks a complete declaration of an issuer, in which an empty string removes nothing.
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
        if let Some(jwks) = self.jwks.as_ref().filter(|jwks| !is_none(jwks)) {
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
            jwks: self
                .jwks
                .map(|jwks| Some(jwks).filter(|jwks| !is_none(jwks))),
            jwks_uri: self.jwks_uri,
            audience: self.audience,
            subject_claim: self.subject_claim.filter(|text| !text.is_empty()),
            matches: matches.transpose()?,
            clients: clients.transpose()?,
            scope: scope.map_err(|error| AdminError::invalid("scope", error.to_string()))?,
        })
    }
}

/// An empty string means no key set.
fn is_none(jwks: &Value) -> bool {
    jwks.as_str() == Some("")
}

impl Managed for TrustedIssuer {
    const NAME: &'static str = "issuer";

    const DESCRIBED: Described = Described {
        required: Some("issuer"),
        summaries: &[
            (Act::Delete, " and revoke tokens issued for its assertions"),
            (Act::Restore, "; revoked tokens stay revoked"),
        ],
        recent_auth: &[(Act::Create, ""), (Act::Update, ""), (Act::Restore, "")],
    };
    const LIST: List = List {
        name: "trusted-issuers",
        orders: &["issuer"],
    };

    const COMMANDS: Option<Commands<TrustedIssuer>> = Some(Commands {
        command: "trusted-issuer",
        about: "Manage trusted issuers (JWT bearer grant)",
        name: "ISSUER",
        name_help: "Issuer URL: the iss claim of its assertions",
        deletion: " and revoke tokens issued for its assertions",
        flags: &[
            Flag::text(
                "jwks_uri",
                "jwks-uri",
                "URL",
                "URL of its public keys (JWK Set)",
            ),
            Flag::text(
                "jwks",
                "jwks",
                "FILE",
                "File with its public keys (JWK Set, RFC 7517), - for stdin",
            )
            .taking(Takes::Json),
            Flag::text(
                "audience",
                "audience",
                "AUD",
                "Audience: the aud claim of its assertions [default: this server's issuer]",
            ),
            Flag::text(
                "subject_claim",
                "subject-claim",
                "CLAIM",
                "Claim that identifies the user [default: sub]",
            ),
            Flag::text(
                "matches",
                "matches",
                "FIELD",
                "User field that claim is matched with: sub, username or email [default: sub]",
            ),
            Flag::text(
                "clients",
                "client",
                "CLIENT_ID",
                "Client allowed to use its assertions; repeatable",
            )
            .taking(Takes::List),
            Flag::text(
                "scope",
                "scope",
                "SCOPES",
                "Maximum scopes of tokens issued for its assertions, separated by spaces",
            ),
        ],
        columns: &["ISSUER", "SUBJECT", "CLIENTS", "SCOPE", "MANAGED BY"],
        cells: |issuer| {
            let clients: Vec<_> = issuer.clients.iter().map(ClientId::as_str).collect();
            let subject = format!("{} = {}", issuer.subject_claim, issuer.matches.as_str());
            vec![
                Some(issuer.issuer.clone()),
                Some(subject),
                Some(clients.join(" ")),
                Some(issuer.scope.to_string()),
                issuer.managed_by.clone(),
            ]
        },
    });

    type Input = TrustedIssuerInput;
    type Checked = CheckedTrustedIssuer;
    type View = TrustedIssuer;

    /// Tokens do not record their issuer, so those of the same clients by other issuers are revoked, too. The clients
    /// can get new ones.
    fn remove(&self, tx: &Tx) -> Result<(), StoreError> {
        self.delete(tx)?;
        end_tokens(tx, &self.clients)
    }

    fn check(
        input: TrustedIssuerInput,
        _known: Option<&Self>,
    ) -> Result<CheckedTrustedIssuer, AdminError> {
        input.check()
    }

    fn validate(input: &TrustedIssuerInput) -> Result<(), AdminError> {
        input.validate()
    }

    fn name_in(input: &CheckedTrustedIssuer) -> Option<&str> {
        input.issuer.as_deref()
    }

    fn new(_tx: &Tx, input: &CheckedTrustedIssuer) -> Result<Self, AdminError> {
        let issuer = input.issuer.clone();
        let issuer = issuer.ok_or_else(|| AdminError::invalid("issuer", "is required"))?;
        Ok(fresh(issuer))
    }

    fn reset(&self) -> Self {
        Self {
            managed_by: self.managed_by.clone(),
            ..fresh(self.issuer.clone())
        }
    }

    fn apply(self, input: CheckedTrustedIssuer) -> Result<Self, AdminError> {
        Ok(input.applied_to(self))
    }

    /// Issuers are few: the directory reads them all, too.
    fn list(tx: &Tx, text: Option<&str>, asked: &Asked) -> Result<Rows<Self>, AdminError> {
        let found = TrustedIssuer::all(tx)?.into_iter();
        let found = found.filter(|one| is_in(text, [&one.issuer]));
        Ok(asked.sorted(found, |one| Mark::new("", &one.issuer)))
    }

    fn shown(&self) -> Self {
        self.clone()
    }

    fn defaults(&self) -> Map<String, Value> {
        members([
            ("jwks", Value::Null),
            ("jwks_uri", Value::Null),
            ("audience", Value::Null),
            ("subject_claim", json!("sub")),
            ("matches", json!(SubjectMatch::default())),
            ("clients", json!([])),
            ("scope", json!("")),
        ])
    }

    fn check_references(&self, tx: &Tx, before: Option<&Self>) -> Result<(), AdminError> {
        check_together(tx, self, before)
    }

    fn naming(tx: &Tx) -> Result<Vec<Self>, StoreError> {
        Self::all(tx)
    }

    fn without(&self, deleted: Deleted<'_>) -> Option<Self> {
        let mut after = self.clone();
        match deleted.kind {
            Scope::KIND => after.scope = self.scope.without(deleted.name)?,
            Client::KIND => after.clients.retain(|id| id.as_str() != deleted.name),
            _ => return None,
        }
        (after != *self).then_some(after)
    }

    /// Tokens issued for its assertions can have more than its policy allows now.
    fn revoke_lost(&self, tx: &Tx, before: &Self) -> Result<(), StoreError> {
        let mut lost = before.clients.clone();
        if before.scope.first_not_in(&self.scope).is_none() {
            lost.retain(|client| !self.clients.contains(client));
        }
        end_tokens(tx, &lost)
    }

    /// An issuer that can sign users in is as powerful as their passwords.
    fn needs_recent_auth(act: Act, _input: Option<&Self::Input>, _known: Option<&Self>) -> bool {
        act != Act::Delete
    }
}

impl CheckedTrustedIssuer {
    fn applied_to(self, mut issuer: TrustedIssuer) -> TrustedIssuer {
        let text = |given: Option<String>, before: Option<String>| match given {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => before,
        };
        // Keys by value take the place of those at an address, and the other way round.
        if matches!(self.jwks, Some(Some(_))) && self.jwks_uri.is_none() {
            issuer.jwks_uri = None;
        }
        if self.jwks_uri.as_ref().is_some_and(|uri| !uri.is_empty()) && self.jwks.is_none() {
            issuer.jwks = None;
        }
        issuer.jwks = self.jwks.unwrap_or(issuer.jwks);
        issuer.jwks_uri = text(self.jwks_uri, issuer.jwks_uri);
        issuer.audience = text(self.audience, issuer.audience);
        issuer.subject_claim = self.subject_claim.unwrap_or(issuer.subject_claim);
        issuer.matches = self.matches.unwrap_or(issuer.matches);
        issuer.clients = self.clients.unwrap_or(issuer.clients);
        issuer.scope = self.scope.unwrap_or(issuer.scope);
        issuer
    }
}

fn fresh(issuer: String) -> TrustedIssuer {
    TrustedIssuer {
        issuer,
        jwks: None,
        jwks_uri: None,
        audience: None,
        subject_claim: "sub".into(),
        matches: SubjectMatch::Sub,
        clients: Vec::new(),
        scope: ScopeSet::default(),
        managed_by: None,
    }
}

/// References that it had before can be missing.
fn check_together(
    tx: &Tx,
    issuer: &TrustedIssuer,
    before: Option<&TrustedIssuer>,
) -> Result<(), AdminError> {
    if issuer.jwks.is_some() == issuer.jwks_uri.is_some() {
        let reason = "exactly one of jwks and jwks_uri is required";
        return Err(AdminError::invalid("jwks_uri", reason));
    }
    for (i, id) in issuer.clients.iter().enumerate() {
        let is_known = before.is_some_and(|before| before.clients.contains(id));
        if !is_known && clients::get(tx, id.as_str())?.is_none() {
            let reason = format!("client {id} not found. Create it first");
            return Err(AdminError::invalid(format!("clients[{i}]"), reason));
        }
    }
    for name in issuer.scope.iter().map(|name| name.as_str()) {
        let is_known = before.is_some_and(|before| before.scope.contains(name));
        if !is_known && Scope::get(tx, name)?.is_none() {
            let reason = format!("scope {name:?} not found");
            return Err(AdminError::invalid("scope", reason));
        }
    }
    Ok(())
}

fn end_tokens(tx: &Tx, of: &[ClientId]) -> Result<(), StoreError> {
    for client_id in of {
        revocations::revoke_vouched_for(tx, client_id)?;
    }
    Ok(())
}
