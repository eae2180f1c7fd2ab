//! One-time link for the first administrator, and creating that user.

use crate::{
    app::SharedApp,
    crypto::{hash, random},
    domain::{
        audit::AuditEvent,
        client_address::ClientAddress,
        name::Subject,
        precis::require_username,
        secret::{Secret, SecretHash},
        time::Lifetime,
        user::{Profile, User},
    },
    login::password,
    store::{
        Store, StoreError, Tx, audit_events, setup_tokens,
        sign_in_names::{self, SignInName},
        users,
    },
    throttle::{Counted, Network},
};

/// Lifetime of a link.
pub const LINK_LIFETIME: Lifetime = Lifetime::minutes(60);
/// Minimum length of a password, in characters (NIST SP 800-63B §3.1.1.2 in revision 3).
pub const SHORTEST_PASSWORD: usize = 8;

/// Party of a password hash before there is an account.
const SETUP: &str = "setup";

/// Creates a new link, which replaces any other. The token is in the fragment, so that it is in no log, proxy or
/// Referer header.
pub fn new_link(store: &Store, issuer: &str) -> Result<String, StoreError> {
    // 160 bits.
    let token = random::text(20);
    let hash = hash::secret_hash(&token);
    store.write_blocking(move |tx| setup_tokens::replace(tx, hash, LINK_LIFETIME))?;
    Ok(format!("{issuer}/setup#t={token}"))
}

/// Reason why no administrator was created.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("This link has expired or has been used. Run keyfob setup-url to create a new one.")]
    Link,
    #[error("This server already has an administrator. Sign in instead.")]
    HasAdmin,
    #[error("Enter a username.")]
    NoUsername,
    #[error("Use at least 8 characters.")]
    ShortPassword,
    #[error("This username is already taken.")]
    UsernameTaken,
    #[error("This email address is taken.")]
    EmailTaken,
    #[error("Too many failed attempts. Try again in {} seconds.", .0.0)]
    Wait(Lifetime),
    #[error("{}", .0.public_text())]
    Store(#[from] StoreError),
}

/// Input of the setup page.
pub struct Claim {
    /// The one-time code.
    pub token: Secret,
    pub username: String,
    pub email: Option<String>,
    pub password: Secret,
    /// The network address it came from.
    pub address: Option<ClientAddress>,
}

/// Creates the first administrator. In one transaction: of two simultaneous attempts, one succeeds.
pub async fn claim(app: &SharedApp, claim: Claim) -> Result<User, Refused> {
    let address = claim.address;
    let username = claim.username.trim().to_owned();
    if username.len() > 255 || require_username(&username).is_err() {
        return Err(Refused::NoUsername);
    }
    if claim.password.expose().chars().count() < SHORTEST_PASSWORD {
        return Err(Refused::ShortPassword);
    }
    let from = Network::of(address);
    let counted = [Counted::Setup(from), Counted::Anything(from)];
    let token = hash::secret_hash(claim.token.expose().trim());
    // Looked at before the costly hash of the password; what decides is the transaction below.
    match app.store.read(|tx| check(tx, token)) {
        // The code is too long to be guessed, so a valid one is never delayed by wrong codes of others.
        Err(Refused::Link) => {
            if let Some(wait) = app.throttle.wait(app.now(), &counted) {
                return Err(Refused::Wait(wait));
            }
            app.throttle.failed(app.now(), &counted);
            let event = AuditEvent::failed("setup.failed", Refused::Link.to_string());
            app.audit_unproven(event, address).await?;
            return Err(Refused::Link);
        }
        checked => checked?,
    }
    let hashed = password::hash(app, SETUP, claim.password).await?;
    let email = claim
        .email
        .map(|email| email.trim().to_owned())
        .filter(|email| !email.is_empty());
    let user = app
        .store
        .write(move |tx| {
            check(tx, token)?;
            if !setup_tokens::consume(tx, token)? {
                return Err(Refused::Link);
            }
            let sub = Subject::trusted(&tx.new_id().to_string());
            let clash = sign_in_names::clash(tx, sub.as_str(), &username, email.as_deref())?;
            match clash.map(|clash| clash.name) {
                Some(SignInName::Email) => return Err(Refused::EmailTaken),
                Some(_) => return Err(Refused::UsernameTaken),
                None => {}
            }
            let user = User {
                sub,
                username,
                profile: Profile {
                    email,
                    ..Profile::default()
                },
                password_hash: Some(hashed),
                admin: true,
                disabled: false,
                allow_delegation: true,
                persona: false,
                managed_by: None,
                registered_at: tx.now_ms,
                updated_at: tx.now,
                teams: Vec::new(),
            };
            users::put(tx, &user)?;
            let event = AuditEvent::ok("setup.completed")
                .actor(&user.sub)
                .subject(&user.sub);
            audit_events::insert(tx, &event.address(address))?;
            Ok(user)
        })
        .await?;
    Ok(user)
}

/// Whether an administrator can still be created with this link.
fn check(tx: &Tx, token: SecretHash) -> Result<(), Refused> {
    if users::has_admin(tx)? {
        return Err(Refused::HasAdmin);
    }
    match setup_tokens::is_good(tx, token)? {
        true => Ok(()),
        false => Err(Refused::Link),
    }
}
