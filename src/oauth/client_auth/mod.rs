//! Client authentication (RFC 6749 §2.3). Exactly one method per request.

mod client_secret;
mod credentials;
mod none;
mod private_key_jwt;
mod sent_secret;
mod unproven_secret;

use std::sync::Arc;

pub use self::credentials::Credentials;
use self::credentials::{Presented, Proof};
use crate::{
    app::SharedApp,
    domain::{
        client::{AuthMethod, Client},
        client_address::ClientAddress,
    },
    oauth::{
        client_metadata_document,
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    throttle::Network,
    trace::{Reason, Trace},
};

/// Name of the check in a trace.
pub const CHECK: &str = "client authentication";

/// A client authentication method.
pub struct Method {
    pub name: AuthMethod,
    /// Credentials for this method; `None` if the request does not use it.
    read: fn(&Presented<'_>) -> Result<Option<Credentials>, OAuthError>,
}

/// The methods the server knows, for discovery and for registration.
pub const METHODS: &[Method] = &[
    Method {
        name: AuthMethod::None,
        read: none::read,
    },
    Method {
        name: AuthMethod::ClientSecretBasic,
        read: client_secret::read_basic,
    },
    Method {
        name: AuthMethod::ClientSecretPost,
        read: client_secret::read_post,
    },
    Method {
        name: AuthMethod::PrivateKeyJwt,
        read: private_key_jwt::read,
    },
];

/// Their names, as `token_endpoint_auth_methods_supported` lists them.
pub fn names() -> Vec<&'static str> {
    METHODS.iter().map(|method| method.name.as_str()).collect()
}

/// A failed authentication reads the same whatever was wrong (RFC 6749 §5.2).
fn refused() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed.")
}

/// The name in an `Authorization` header that is well-formed HTTP Basic, for fuzzers.
#[cfg(any(test, fuzzing))]
pub fn basic_name(authorization: &str) -> Option<String> {
    let (client_id, _) = client_secret::parse_basic(authorization).ok()?;
    Some(client_id)
}

/// Claimed `client_id` of a request, even if the request is otherwise invalid.
pub fn named(authorization: Option<&str>, params: &Params) -> Option<String> {
    Credentials::read(authorization, params)
        .ok()
        .map(|credentials| credentials.client_id)
}

/// The client of a request, by the credentials in its `Authorization` header or its body.
pub async fn authenticate(
    app: &SharedApp,
    trace: &Trace,
    authorization: Option<&str>,
    params: &Params,
    address: Option<ClientAddress>,
) -> Result<Arc<Client>, OAuthError> {
    let credentials = trace.part(CHECK, Credentials::read(authorization, params))?;
    trace.check(CHECK, credentials.authenticate(app, address).await)
}

impl Credentials {
    /// Reads them from the `Authorization` header or the body.
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let presented = Presented {
            authorization,
            params,
        };
        let mut found = None;
        for method in METHODS {
            let read = (method.read)(&presented)?;
            // RFC 6749 §2.3: a client must not use more than one method in a request.
            if read.is_some() && found.is_some() {
                return Err(Reason::AuthMethodTwice.into());
            }
            found = found.or(read);
        }
        found.ok_or_else(|| Reason::ClientUnnamed.into())
    }

    /// Claimed client of the request, if it exists: for logging an error.
    pub fn claimed(&self, app: &SharedApp) -> Option<String> {
        let snapshot = app.directory.snapshot();
        let client = snapshot.client(&self.client_id)?;
        Some(client.client_id.to_string())
    }

    /// Authenticates the client. An unknown client, a disabled one and a wrong secret get the same response.
    pub async fn authenticate(
        &self,
        app: &SharedApp,
        address: Option<ClientAddress>,
    ) -> Result<Arc<Client>, OAuthError> {
        let from = Network::of(address);
        let counted = unproven_secret::counted(&self.client_id, from);
        let client = client_metadata_document::find(app, &self.client_id, from).await?;
        let proved = self.prove(app, client.as_deref(), from).await;
        let error = match (proved, client) {
            (Ok(true), Some(client)) => return Ok(client),
            (Err(error), _) if error.code != ErrorCode::InvalidClient => return Err(error),
            (Err(error), _) => error,
            (Ok(_), client) => self.refused(client.as_deref()),
        };
        let now = app.now();
        if let Some(wait) = app.throttle.wait(now, &counted) {
            return Err(OAuthError::slow_down(wait.0));
        }
        app.throttle.failed(now, &counted);
        Err(error)
    }

    /// The same response for every error; the trace has the reason.
    fn refused(&self, client: Option<&Client>) -> OAuthError {
        let Some(client) = client else {
            return Reason::ClientNotHere.into();
        };
        let method = client.metadata.token_endpoint_auth_method;
        let sent = match self.proof {
            Proof::None => AuthMethod::None,
            Proof::Assertion(_) => AuthMethod::PrivateKeyJwt,
            Proof::Secret(_) if self.basic => AuthMethod::ClientSecretBasic,
            Proof::Secret(_) => AuthMethod::ClientSecretPost,
        };
        match (sent.has_secret(), method.has_secret()) {
            (true, true) => Reason::SecretWrong.into(),
            _ if sent == method => refused(),
            _ => OAuthError::from(Reason::AuthMethodWrong)
                .comparing(Some(sent.as_str()), [method.as_str()]),
        }
    }

    /// Whether the request authenticates as the client is registered. For a public client, or one with a key, a secret
    /// is an error, after the same work.
    async fn prove(
        &self,
        app: &SharedApp,
        client: Option<&Client>,
        from: Network,
    ) -> Result<bool, OAuthError> {
        let method = client.map(|client| client.metadata.token_endpoint_auth_method);
        match (&self.proof, client, method) {
            (Proof::None, _, method) => Ok(method == Some(AuthMethod::None)),
            (Proof::Secret(secret), client, method) => {
                let client = client.filter(|_| method.is_some_and(AuthMethod::has_secret));
                client_secret::matches(app, client, secret, (&self.client_id, from)).await
            }
            (Proof::Assertion(assertion), Some(client), Some(AuthMethod::PrivateKeyJwt)) => {
                private_key_jwt::prove(app, client, assertion, from).await
            }
            (Proof::Assertion(_), ..) => Ok(false),
        }
    }
}
