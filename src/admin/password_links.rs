//! One-time links with which users set a password: an invitation if they have none, otherwise a reset. Rules for
//! creating and using them.
//!
//! The code is 160 random bits in the link's fragment, so that it is in no log, proxy or Referer header. Only its
//! SHA-256 is stored. Keyfob does not send email: the administrator passes the link on.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{AdminError, Applied, By, Change, record, users};
use crate::{
    app::SharedApp,
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        client_address::ClientAddress,
        object::Object,
        password_link::{PasswordLink, Purpose},
        secret::{Secret, SecretHash},
        time::Lifetime,
        user::User,
    },
    login::{password, setup::SHORTEST_PASSWORD},
    store::{StoreError, Tx, audit_events, password_links, users as stored_users},
    throttle::{Counted, Network},
};

/// A password link, returned only once. It opens an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminNewPasswordLink")]
pub struct NewLink {
    pub url: String,
    pub purpose: Purpose,
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

/// Creates a link for the user with this username or `sub`. It replaces the user's previous link.
pub fn make(tx: &Tx, by: &By, name: &str, issuer: &str) -> Result<Applied<NewLink>, AdminError> {
    let user = users::find(tx, name)?;
    let purpose = match user.password_hash {
        // The configuration file can declare users without a password.
        None => Purpose::Invite,
        Some(_) => {
            by.may_change(User::KIND, &user.username, user.managed_by.as_deref())?;
            Purpose::Reset
        }
    };
    if user.disabled {
        let reason = format!("User {} is disabled. Enable the user first.", user.username);
        return Err(AdminError::Conflict(reason));
    }
    // 160 bits.
    let code = random::text(20);
    let link = PasswordLink {
        sub: user.sub,
        purpose,
        made_by: by.actor.clone(),
        expires_at: tx.now + purpose.lifetime(),
    };
    password_links::replace(tx, &link, hash::secret_hash(&code))?;
    let view = users::LinkView::from(&link);
    let event = by.event("password_link.created").subject(&link.sub);
    audit_events::insert(tx, &event.detail(json!(view)))?;
    let made = NewLink {
        url: format!("{issuer}/password#t={code}"),
        purpose,
        expires_at: view.expires_at,
    };
    Ok(Applied::new(made, Change::Created))
}

/// Revokes a user's link.
pub fn withdraw(tx: &Tx, by: &By, name: &str) -> Result<Applied<User>, AdminError> {
    let user = users::find(tx, name)?;
    if !password_links::withdraw(tx, &user.sub)? {
        let reason = format!("No active link for {}.", user.username);
        return Err(AdminError::Conflict(reason));
    }
    let event = by.event("password_link.revoked").subject(&user.sub);
    record(tx, event, &[])?;
    Ok(Applied::new(user, Change::Deleted))
}

/// Reason why no password was set.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The same response for all of them, so that nobody learns which codes existed.
    #[error(
        "This link is no longer valid. It has expired, been used or been replaced. Ask for a new link."
    )]
    Link,
    #[error("Use at least 8 characters.")]
    ShortPassword,
    #[error("Too many failed attempts. Try again in {} seconds.", .0.0)]
    Wait(Lifetime),
    #[error("{}", .0.public_text())]
    Store(#[from] StoreError),
}

impl From<AdminError> for Refused {
    fn from(error: AdminError) -> Self {
        Refused::Store(match error {
            AdminError::Store(error) => error,
            other => StoreError::Internal(other.to_string()),
        })
    }
}

/// User whose password the code sets. Does not use up the link.
pub async fn prove(
    app: &SharedApp,
    code: &Secret,
    address: Option<ClientAddress>,
) -> Result<User, Refused> {
    let hash = hash_of(code);
    let (link, user) = app.store.read(|tx| {
        let link = password_links::by_hash(tx, hash)?;
        let sub = link.as_ref().map_or("", |link| link.sub.as_str());
        let user = stored_users::get(tx, sub)?;
        Ok::<_, StoreError>((link, user))
    })?;
    match (&link, user) {
        (Some(link), Some(user)) if link.expires_at > app.now() => Ok(user),
        _ => Err(refuse(app, link.as_ref(), address).await?),
    }
}

/// Sets the password, and revokes what a new password revokes. One statement decides: if two use a link at the same
/// time, one succeeds.
pub async fn spend(
    app: &SharedApp,
    code: &Secret,
    chosen: Secret,
    address: Option<ClientAddress>,
) -> Result<User, Refused> {
    // Looked at before the costly hash; what decides is the transaction below.
    let user = prove(app, code, address).await?;
    if chosen.expose().chars().count() < SHORTEST_PASSWORD {
        return Err(Refused::ShortPassword);
    }
    let chosen = password::hash(app, user.sub.as_str(), chosen).await?;
    let hash = hash_of(code);
    let spent = app.store.write(move |tx| {
        let link = password_links::consume(tx, hash)?.ok_or(Refused::Link)?;
        let by = By::person(&link.sub, address);
        let event = by.event("password_link.used").subject(&link.sub);
        audit_events::insert(tx, &event.detail(about(&link)))?;
        Ok(users::choose_password(tx, &by, &link.sub, chosen)?)
    });
    let applied = match spent.await {
        Err(Refused::Link) => return Err(refuse(app, None, address).await?),
        spent => spent?,
    };
    Ok(applied.value)
}

fn hash_of(code: &Secret) -> SecretHash {
    hash::secret_hash(code.expose().trim())
}

/// Counts a failed code for the rate limit and logs it, with the user if the link is known. A code is too long to be
/// guessed, so a valid one is never delayed by wrong codes of others.
async fn refuse(
    app: &SharedApp,
    link: Option<&PasswordLink>,
    address: Option<ClientAddress>,
) -> Result<Refused, StoreError> {
    let from = Network::of(address);
    let counted = [Counted::PasswordLink(from), Counted::Anything(from)];
    if let Some(wait) = app.throttle.wait(app.now(), &counted) {
        return Ok(Refused::Wait(wait));
    }
    app.throttle.failed(app.now(), &counted);
    let event = AuditEvent::failed("password_link.rejected", Refused::Link.to_string());
    let event = match link {
        Some(link) => event.subject(&link.sub).detail(about(link)),
        None => event,
    };
    app.audit_unproven(event, address).await?;
    Ok(Refused::Link)
}

/// Details of a link in the audit log.
fn about(link: &PasswordLink) -> serde_json::Value {
    json!({ "purpose": link.purpose, "made_by": link.made_by })
}
