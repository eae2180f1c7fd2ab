//! Registered clients and their secrets.

mod declaration;
mod input;
mod listing;
mod managed;
mod references;
mod usage;

use self::input::{ChosenSecret, require_secret_method};
pub use self::{
    declaration::{Declaration, declaration},
    input::{CheckedClient, ClientInput, ClientView, CreatedClient, SecretView, check_unset},
    listing::{LIST, ListedClient, list},
    usage::{SecretUsage, Usage},
};
use crate::{
    admin::{AdminError, Applied, By, Change, object, record},
    app::App,
    crypto::{hash, random},
    domain::{
        client::{Client, ClientSecret, ClientSecretHash},
        client_registration::ClientRegistration,
        name::ClientId,
        secret::Secret,
        time::Lifetime,
    },
    store::{StoreError, Tx, clients},
};

/// Default time that a replaced secret stays valid.
pub const SECRET_OVERLAP: Lifetime = Lifetime::days(1);
/// Secrets of a client that are valid at a time: each costs a comparison at every sign-in of the client.
pub const MOST_SECRETS: usize = 5;
/// Characters of a secret that stay readable, to know it by: 39 of 43 do not, more than 230 bits.
const TAIL: usize = 4;

/// Registers one more address, under all the rules of a client's metadata.
pub fn add_redirect_uri(
    tx: &Tx,
    by: &By,
    client_id: &str,
    redirect_uri: &str,
) -> Result<Applied<Client>, AdminError> {
    let client = get(tx, client_id)?;
    let registered = client.metadata.redirect_uris.iter();
    let mut uris: Vec<_> = registered.map(|uri| uri.as_str().to_owned()).collect();
    uris.push(redirect_uri.to_owned());
    let input = ClientInput {
        registration: ClientRegistration {
            redirect_uris: Some(uris),
            ..ClientRegistration::default()
        },
        ..ClientInput::default()
    };
    object::update(tx, by, client_id, input.check(Some(&client))?)
}

/// Gives the client a new secret. Each of its secrets stays valid for `overlap`, or until it expires if that is
/// earlier: a second rotation does not shorten the overlap of the first. Allowed for a client that a configuration file
/// declares, unless the file declares the secret, too: the next reload would undo it.
pub fn rotate_secret(
    tx: &Tx,
    by: &By,
    client_id: &str,
    overlap: Lifetime,
) -> Result<Applied<Client>, AdminError> {
    let mut client = get(tx, client_id)?;
    let method = client.metadata.token_endpoint_auth_method;
    if !method.has_secret() {
        let reason = format!("{client_id} uses {method}, so it has no secret");
        return Err(AdminError::Conflict(reason));
    }
    if let Some(place) = clients::secret_declaration(tx, &client.client_id)? {
        return Err(AdminError::DeclaredSecret {
            client_id: client_id.to_owned(),
            place,
        });
    }
    let (stored, secret) = make_secret(tx);
    add_made_secret(tx, &client.client_id, &stored, &secret)?;
    clients::expire_other_secrets(tx, &client.client_id, stored.id, tx.now + overlap)?;
    client = get(tx, client_id)?;
    if client.secrets.len() > MOST_SECRETS {
        let reason = format!(
            "{client_id} has {MOST_SECRETS} valid secrets, which is the limit. Wait until one expires, or rotate with an \
             overlap of 0, which revokes them"
        );
        return Err(AdminError::Conflict(reason));
    }
    record(tx, by.event("client.secret_rotated").client(client_id), &[])?;
    Ok(Applied::new(client, Change::Updated).with_secret(Some(secret)))
}

/// Makes a secret that the server generated earlier the only one of the client.
pub fn reinstate_secret(
    tx: &Tx,
    by: &By,
    client_id: &str,
    secret: &Secret,
) -> Result<Applied<Client>, AdminError> {
    let mut client = get(tx, client_id)?;
    let hash = hash::secret_hash(secret.expose());
    let is_it = |stored: &&ClientSecret| match &stored.hash {
        ClientSecretHash::Sha256(stored) => stored.matches(&hash),
        ClientSecretHash::Argon2id(_) => false,
    };
    let known = client.secrets.iter().find(is_it).map(|stored| stored.id);
    if let (Some(_), 1) = (known, client.secrets.len()) {
        return Ok(Applied::new(client, Change::Unchanged));
    }
    let id = match known {
        Some(id) => id,
        None => {
            let stored = new_secret(tx, ClientSecretHash::Sha256(hash));
            clients::add_secret(tx, &client.client_id, &stored)?;
            stored.id
        }
    };
    clients::keep_only_secret(tx, &client.client_id, id)?;
    client = get(tx, client_id)?;
    record(tx, by.event("client.secret_rotated").client(client_id), &[])?;
    Ok(Applied::new(client, Change::Updated))
}

pub fn get(tx: &Tx, client_id: &str) -> Result<Client, AdminError> {
    object::get(tx, client_id)
}

/// Adapts the secrets to the client's authentication method, and generates one if it needs one.
fn settle_secrets(
    tx: &Tx,
    by: &By,
    client: &mut Client,
    chosen: Option<&ChosenSecret>,
) -> Result<Option<Secret>, AdminError> {
    let client_id = client.client_id.clone();
    let method = client.metadata.token_endpoint_auth_method;
    if chosen.is_some() {
        require_secret_method(method)?;
    }
    let mut made = None;
    let declared_in = chosen.and_then(|_| by.declared_secret());
    clients::set_secret_declaration(tx, &client_id, declared_in)?;
    match chosen {
        Some(ChosenSecret::Known(id)) => clients::keep_only_secret(tx, &client_id, *id)?,
        Some(ChosenSecret::New(hash)) => {
            let stored = new_secret(tx, hash.clone());
            clients::add_secret(tx, &client_id, &stored)?;
            clients::keep_only_secret(tx, &client_id, stored.id)?;
        }
        None if !method.has_secret() => clients::delete_secrets(tx, &client_id)?,
        None if client.secrets.is_empty() => {
            let (stored, secret) = make_secret(tx);
            add_made_secret(tx, &client_id, &stored, &secret)?;
            made = Some(secret);
        }
        None => {}
    }
    client.secrets = clients::secrets(tx, client_id.as_str())?;
    Ok(made)
}

fn make_secret(tx: &Tx) -> (ClientSecret, Secret) {
    let secret = random::secret();
    let hash = ClientSecretHash::Sha256(hash::secret_hash(secret.expose()));
    (new_secret(tx, hash), secret)
}

fn add_made_secret(
    tx: &Tx,
    client_id: &ClientId,
    stored: &ClientSecret,
    secret: &Secret,
) -> Result<(), StoreError> {
    clients::add_secret(tx, client_id, stored)?;
    let text = secret.expose();
    clients::keep_tail(tx, stored.id, &text[text.len() - TAIL..])
}

fn new_secret(tx: &Tx, hash: ClientSecretHash) -> ClientSecret {
    ClientSecret {
        id: tx.new_id(),
        hash,
        created_at: tx.now,
        expires_at: None,
    }
}

/// Use of the client, with the time of the last token.
pub fn usage(app: &App, tx: &Tx, client_id: &str) -> Result<Usage, AdminError> {
    get(tx, client_id)?;
    usage::usage(app, tx, client_id)
}
