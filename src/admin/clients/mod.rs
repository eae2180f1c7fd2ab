//! Registered clients and their secrets.

mod declaration;
mod input;
mod listing;
mod references;
mod usage;

pub use self::{
    declaration::{Declaration, declaration},
    input::{CheckedClient, ClientInput, ClientView, SecretView},
    listing::{LIST, ListedClient, list},
    references::{check_allowed_resources, missing_references},
    usage::{SecretUsage, Usage},
};
use self::{
    input::{ChosenSecret, check_reset, require_secret_method},
    references::check_references,
};
use crate::{
    admin::{AdminError, Applied, By, Change, Kind, differences, only_moved, record},
    app::App,
    crypto::{hash, random},
    directory::FIRST_PARTY,
    domain::{
        client::{Client, ClientSecret, ClientSecretHash},
        client_registration::ClientRegistration,
        name::ClientId,
        secret::Secret,
        time::Lifetime,
    },
    oauth::delegation::review,
    store::{StoreError, Tx, clients, deleted_objects, revocations},
};

/// How long a secret that was replaced still counts, when nothing else is said.
pub const SECRET_OVERLAP: Lifetime = Lifetime::days(1);
/// Secrets of a client that are valid at a time: each costs a comparison at every sign-in of the client.
pub const MOST_SECRETS: usize = 5;
/// Characters of a secret that stay readable, to know it by: 39 of 43 do not, more than 230 bits.
const TAIL: usize = 4;

/// A client, and the secret that the server has just made for it: the only time it can be shown.
#[derive(Debug)]
pub struct WithSecret {
    pub client: Client,
    pub secret: Option<Secret>,
}

/// Adds a client. It gets a secret if it is to authenticate with one and none was chosen.
pub fn create(tx: &Tx, by: &By, input: CheckedClient) -> Result<Applied<WithSecret>, AdminError> {
    check_allowed_resources(tx, &input, &[])?;
    insert(tx, by, input)
}

fn insert(tx: &Tx, by: &By, input: CheckedClient) -> Result<Applied<WithSecret>, AdminError> {
    let metadata = input.metadata()?;
    let client_id = match &input.client_id {
        Some(id) => id.clone(),
        None => ClientId::trusted(&tx.new_id().simple()),
    };
    if clients::get(tx, client_id.as_str())?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::Client,
            name: client_id.to_string(),
        });
    }
    check_references(tx, &metadata)?;
    let mut client = Client {
        client_id,
        metadata,
        disabled: input.disabled.unwrap_or(false),
        managed_by: by.manager(None),
        created_at: tx.now,
        updated_at: tx.now,
        secrets: Vec::new(),
    };
    clients::put(tx, &client)?;
    let secret = settle_secrets(tx, by, &mut client, input.secret)?;
    let event = by.event("client.created").client(&client.client_id);
    record(tx, event, &[])?;
    Ok(Applied::new(WithSecret { client, secret }, Change::Created))
}

/// Changes what is given; the members of `reset` get their defaults back.
pub fn update(
    tx: &Tx,
    by: &By,
    client_id: &str,
    input: CheckedClient,
    reset: &[String],
) -> Result<Applied<WithSecret>, AdminError> {
    let before = get(tx, client_id)?;
    check_reset(reset)?;
    let new_id = input.client_id.as_ref();
    if new_id.is_some_and(|new| new.as_str() != client_id) {
        return Err(AdminError::invalid("client_id", "cannot be changed"));
    }
    let named = before.metadata.allowed_resources.as_deref();
    check_allowed_resources(tx, &input, named.unwrap_or_default())?;
    let after = Client {
        metadata: input.metadata_over(&before.metadata, reset)?,
        disabled: match reset.iter().any(|name| name == "disabled") {
            true => false,
            false => input.disabled.unwrap_or(before.disabled),
        },
        ..before.clone()
    };
    store(tx, by, before, after, input.secret)
}

/// Registers one more address, under all the rules of a client's metadata.
pub fn add_redirect_uri(
    tx: &Tx,
    by: &By,
    client_id: &str,
    redirect_uri: &str,
) -> Result<Applied<WithSecret>, AdminError> {
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
    update(tx, by, client_id, input.check(Some(&client))?, &[])
}

/// Makes the client what the input says, whether it is there or not. What the input leaves out gets its
/// default. A secret that it names becomes the only one; when it names none, those there are stay, and with them how
/// the client authenticates, unless that is said.
pub fn declare(tx: &Tx, by: &By, input: CheckedClient) -> Result<Applied<WithSecret>, AdminError> {
    let known = match &input.client_id {
        Some(id) => clients::get(tx, id.as_str())?,
        None => return Err(AdminError::invalid("client_id", "is required")),
    };
    let input = match &known {
        _ if input.says_method() => input,
        Some(known) if !known.secrets.is_empty() => {
            input.with_method(known.metadata.token_endpoint_auth_method)
        }
        // A client whose secret was forgotten in the file must not become a public one.
        _ => {
            let reason = "is required: set \"none\" for a public client, or add client_secret";
            return Err(AdminError::invalid("token_endpoint_auth_method", reason));
        }
    };
    let Some(before) = known else {
        return insert(tx, by, input);
    };
    let after = Client {
        metadata: input.metadata()?,
        disabled: input.disabled.unwrap_or(false),
        ..before.clone()
    };
    store(tx, by, before, after, input.secret)
}

/// Takes the client out and ends everything that was issued to it.
pub fn delete(tx: &Tx, by: &By, client_id: &str) -> Result<Applied<Client>, AdminError> {
    let client = get(tx, client_id)?;
    by.may_change(Kind::Client, client_id, client.managed_by.as_deref())?;
    revocations::revoke_client(tx, &client.client_id)?;
    deleted_objects::keep_client(tx, client_id)?;
    clients::delete(tx, client_id)?;
    record(tx, by.event("client.deleted").client(client_id), &[])?;
    Ok(Applied::new(client, Change::Deleted))
}

/// Undoes a deletion, as [`super::object::restore`].
pub fn restore(tx: &Tx, by: &By, client_id: &str) -> Result<Applied<Client>, AdminError> {
    if clients::get(tx, client_id)?.is_some() {
        return Err(AdminError::Exists {
            kind: Kind::Client,
            name: client_id.to_owned(),
        });
    }
    if !deleted_objects::restore_client(tx, client_id)? {
        return Err(AdminError::not_found(Kind::Client, client_id));
    }
    record(tx, by.event("client.restored").client(client_id), &[])?;
    Ok(Applied::new(get(tx, client_id)?, Change::Created))
}

/// Gives the client a new secret. Each secret that it had stays valid for `overlap`, or until it would have expired
/// anyway: a second rotation ends nothing that a first one has promised. Allowed for a client that a
/// configuration file declares, unless the file declares the secret, too: the next reload would undo it.
pub fn rotate_secret(
    tx: &Tx,
    by: &By,
    client_id: &str,
    overlap: Lifetime,
) -> Result<Applied<WithSecret>, AdminError> {
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
    Ok(Applied::new(
        WithSecret {
            client,
            secret: Some(secret),
        },
        Change::Updated,
    ))
}

/// Makes a secret that the server made once the only one of the client.
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
    if client_id == FIRST_PARTY {
        let reason = format!("{FIRST_PARTY} is Keyfob's built-in client and cannot be changed");
        return Err(AdminError::Conflict(reason));
    }
    clients::get(tx, client_id)?.ok_or_else(|| AdminError::not_found(Kind::Client, client_id))
}

/// Writes a change. A client that is disabled loses everything that was issued to it.
fn store(
    tx: &Tx,
    by: &By,
    before: Client,
    mut after: Client,
    chosen: Option<ChosenSecret>,
) -> Result<Applied<WithSecret>, AdminError> {
    let client_id = before.client_id.clone();
    by.may_change(
        Kind::Client,
        client_id.as_str(),
        before.managed_by.as_deref(),
    )?;
    check_references(tx, &after.metadata)?;
    after.managed_by = by.manager(before.managed_by.as_deref());
    let secret = settle_secrets(tx, by, &mut after, chosen)?;
    let changed = differences(&ClientView::from(&before), &ClientView::from(&after))?;
    if changed.is_empty() {
        let value = WithSecret {
            client: before,
            secret: None,
        };
        return Ok(Applied::new(value, Change::Unchanged));
    }
    let (old, new) = (before.managed_by.as_deref(), after.managed_by.as_deref());
    if only_moved(&changed, old, new) {
        clients::put(tx, &after)?;
        let value = WithSecret {
            client: after,
            secret: None,
        };
        return Ok(Applied::new(value, Change::Unchanged));
    }
    after.updated_at = tx.now;
    clients::put(tx, &after)?;
    let event = match (before.disabled, after.disabled) {
        (false, true) => "client.disabled",
        (true, false) => "client.enabled",
        _ => "client.updated",
    };
    record(tx, by.event(event).client(&client_id), &changed)?;
    match event {
        "client.disabled" => revocations::revoke_client(tx, &client_id)?,
        _ => review::client_changed(tx, &before, &after)?,
    }
    let value = WithSecret {
        client: after,
        secret,
    };
    Ok(Applied::new(value, Change::Updated))
}

/// Brings the secrets in line with how the client authenticates, and makes one if it needs one.
fn settle_secrets(
    tx: &Tx,
    by: &By,
    client: &mut Client,
    chosen: Option<ChosenSecret>,
) -> Result<Option<Secret>, AdminError> {
    let client_id = client.client_id.clone();
    let method = client.metadata.token_endpoint_auth_method;
    if chosen.is_some() {
        require_secret_method(method)?;
    }
    let mut made = None;
    let declared_in = chosen.as_ref().and_then(|_| by.declared_secret());
    clients::set_secret_declaration(tx, &client_id, declared_in)?;
    match chosen {
        Some(ChosenSecret::Known(id)) => clients::keep_only_secret(tx, &client_id, id)?,
        Some(ChosenSecret::New(hash)) => {
            let stored = new_secret(tx, hash);
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

/// Whether the client is in use, and how lately.
pub fn usage(app: &App, tx: &Tx, client_id: &str) -> Result<Usage, AdminError> {
    get(tx, client_id)?;
    usage::usage(app, tx, client_id)
}
