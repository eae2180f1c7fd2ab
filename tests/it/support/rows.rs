//! What tests write and read in the database itself, where no request and no command can: objects beside the rules that
//! would refuse them, secrets of a known form, events, and what has expired.

use keyfob::{
    crypto::{hash, password, random},
    domain::{
        audit::{AuditEvent, RecordedEvent},
        client::{ClientSecret, ClientSecretHash},
        name::ClientId,
        secret::Secret,
        user::User,
    },
    store::{
        StoreError, Tx, audit_events, clients,
        objects::Stored,
        purge,
        users::{self, by_username},
    },
};

use super::{START, Server};

impl Server {
    /// Inserts an object or replaces it.
    pub fn put<T: Stored + Send + 'static>(&self, object: T) {
        let put = self.app.store.write_blocking(move |tx| object.put(tx));
        put.unwrap();
    }

    /// Changes an object without the rules of `admin`.
    pub fn alter<T: Stored>(&self, name: &str, change: impl FnOnce(&mut T) + Send + 'static) {
        let name = name.to_owned();
        let altered = self.app.store.write_blocking(move |tx| {
            let mut object = T::get(tx, &name)?.expect("it exists");
            change(&mut object);
            object.put(tx)
        });
        altered.unwrap();
    }

    /// Another secret of a client, made by the server.
    pub fn secret_of(&self, client_id: &str) -> String {
        let secret = random::secret();
        let hash = ClientSecretHash::Sha256(hash::secret_hash(secret.expose()));
        self.add_secret(client_id, hash);
        secret.expose().to_owned()
    }

    /// Another secret of a client, chosen by a person.
    pub fn choose_secret(&self, client_id: &str, secret: &str) {
        let hash = password::hash(&Secret::new(secret));
        self.add_secret(client_id, ClientSecretHash::Argon2id(hash));
    }

    fn add_secret(&self, client_id: &str, hash: ClientSecretHash) {
        let client_id = ClientId::trusted(client_id);
        let secret = ClientSecret {
            id: self.app.new_id(),
            hash,
            created_at: START,
            expires_at: None,
        };
        let add = move |tx: &Tx| clients::add_secret(tx, &client_id, &secret);
        self.app.store.write_blocking(add).unwrap();
    }

    /// Changes a user, found by the name that is signed in with.
    pub fn alter_user(&self, username: &str, change: impl FnOnce(&mut User) + Send + 'static) {
        let username = username.to_owned();
        let altered = self.app.store.write_blocking(move |tx| {
            let mut user = by_username(tx, &username)?.expect("the user exists");
            change(&mut user);
            users::put(tx, &user)
        });
        altered.unwrap();
    }

    /// All users, up to a hundred.
    pub fn users(&self) -> Vec<User> {
        self.app
            .store
            .read(|tx| users::page(tx, None, 100))
            .unwrap()
    }

    /// Writes events to the audit log in one transaction.
    pub fn record(&self, events: Vec<AuditEvent>) {
        let insert = move |tx: &Tx| {
            events
                .iter()
                .try_for_each(|event| audit_events::insert(tx, event))
        };
        self.app.store.write_blocking(insert).unwrap();
    }

    /// The latest thousand events that the filter lets through, the newest first.
    pub fn events(&self, filter: &audit_events::Filter) -> Vec<RecordedEvent> {
        let page = self
            .app
            .store
            .read(|tx| audit_events::page(tx, filter, None, 1000));
        page.unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// [`Self::events`] of this name.
    pub fn events_named(&self, event: &str) -> Vec<RecordedEvent> {
        self.events(&audit_events::Filter {
            event: Some(event.to_owned()),
            ..audit_events::Filter::default()
        })
    }

    /// Deletes what has expired, as the upkeep does; how many rows.
    pub fn purge(&self) -> usize {
        let batch = || {
            self.app
                .store
                .write_blocking(|tx| purge::batch(tx, tx.now, 1000))
        };
        std::iter::from_fn(|| Some(batch().unwrap()).filter(|rows| *rows > 0)).sum()
    }
}
