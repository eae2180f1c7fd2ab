//! Forms of an authorization request: plain parameters, a request object signed by the client (RFC 9101), or a
//! reference to a pushed request (RFC 9126).

use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    crypto::hash,
    domain::{client::Client, id::Id, pushed_request::REQUEST_URI, token::OpaqueToken},
    oauth::{
        authorize::{Refusal, checks, party, request_object},
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    store::{StoreError, pushed_requests, used_jtis},
    throttle::Network,
    trace::{Reason, Trace},
};

/// Largest authorization request, in bytes of its names and values, as far as anything reads them. Sealed, it
/// fits into the request line that proxies take, which is 8 KB.
pub const LARGEST: usize = 7 * 1024;

/// The parameters of an authorization request, and how they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// Parameters that are read anywhere, at most [`LARGEST`] bytes.
    pub parameters: Vec<(String, String)>,
    /// The pushed request that it is.
    pub pushed: Option<Id>,
    /// Whether the client signed them (RFC 9101).
    pub signed: bool,
}

impl Submission {
    /// Request of a browser to the authorization endpoint.
    pub async fn receive(
        app: &App,
        trace: &Trace,
        params: &Params,
        from: Network,
    ) -> Result<Self, Refusal> {
        let object = params.optional("request");
        let Some(uri) = params.optional("request_uri") else {
            return match object {
                None => trace
                    .part("parameters", Self::plain(params))
                    .map_err(|error| refusal(app, params, error)),
                Some(object) => signed(app, trace, params, object, from).await,
            };
        };
        trace.brings(uri);
        // RFC 9101 §5
        if object.is_some() {
            let error = OAuthError::invalid_request("request and request_uri cannot be combined.");
            return Err(trace.fail("request_uri", refusal(app, params, error)));
        }
        match uri.strip_prefix(REQUEST_URI) {
            Some(token) => {
                let client = trace.check("client_id", party::client(app, params))?;
                trace.check("request_uri", pushed(app, &client, token))
            }
            // OIDC Core §3.1.2.6: nothing is fetched from an address that a request names.
            None => {
                let error = OAuthError::new(
                    ErrorCode::RequestUriNotSupported,
                    "request_uri must come from the pushed authorization request endpoint (RFC 9126).",
                );
                Err(trace.fail("request_uri", refusal(app, params, error)))
            }
        }
    }

    /// The parameters themselves.
    pub fn plain(params: &Params) -> Result<Self, OAuthError> {
        Ok(Self {
            parameters: kept(params)?,
            pushed: None,
            signed: false,
        })
    }

    /// Parameters signed by `client` (RFC 9101). Those outside the request object are ignored (§6.3).
    pub async fn signed(
        app: &App,
        client: &Client,
        object: &str,
        from: Network,
    ) -> Result<Self, OAuthError> {
        Ok(Self {
            parameters: kept(&Params::new(
                request_object::open(app, client, object, from).await?,
            )?)?,
            pushed: None,
            signed: true,
        })
    }

    /// The parameters of a request that anything reads, however they are wrapped.
    pub fn read_of(params: &Params) -> Vec<(String, String)> {
        let is_read =
            |name: &str| checks::is_read(name) || ["request", "request_uri"].contains(&name);
        let read = params.pairs().iter();
        read.filter(|(name, value)| is_read(name) && !value.is_empty())
            .cloned()
            .collect()
    }

    /// Claimed `client_id`, not verified.
    pub fn client_id(&self) -> Option<&str> {
        let mut named = self.parameters.iter();
        let (_, value) = named.find(|(name, _)| name == "client_id")?;
        Some(value)
    }

    /// All parameters of the request.
    pub fn params(&self) -> Result<Params, Refusal> {
        Params::new(self.parameters.clone()).map_err(Refusal::page)
    }

    /// URL that starts the same request again; `None` if the client must push or sign it again.
    pub fn can_be_repeated(&self) -> bool {
        self.pushed.is_none() && !self.signed
    }
}

async fn signed(
    app: &App,
    trace: &Trace,
    params: &Params,
    object: &str,
    from: Network,
) -> Result<Submission, Refusal> {
    let client = trace.check("client_id", party::client(app, params))?;
    let opened = Submission::signed(app, &client, object, from).await;
    let opened = trace.check("request", opened);
    opened.map_err(|error| refusal(app, params, error))
}

/// Error of a request object. It is sent to the client if the parameters outside it verify its redirect URI.
fn refusal(app: &App, params: &Params, error: OAuthError) -> Refusal {
    let proved =
        party::client(app, params).and_then(|client| party::reply_to(app, &client, params));
    match proved {
        Ok(reply_to) => Refusal::Redirect(reply_to, error),
        Err(unproved) if params.optional("redirect_uri").is_some() => unproved,
        Err(_) => Refusal::page(error),
    }
}

/// Request that this client pushed, used once (RFC 9126 §4). Other parameters are ignored. The redirect URI is not
/// verified yet, so every error is shown on a page.
fn pushed(app: &App, client: &Client, token: &str) -> Result<Submission, Refusal> {
    let unknown = || unusable(Reason::RequestUriUnknown);
    let token: OpaqueToken = token.parse().map_err(|_| unknown())?;
    let hash = hash::secret_hash(token.secret.expose());
    let answered = answered_digest(token.id);
    let (found, is_answered) = app
        .store
        .read(|tx| {
            let found = pushed_requests::get(tx, token.id)?;
            Ok::<_, StoreError>((found, used_jtis::is_used(tx, &answered)?))
        })
        .map_err(|error| Refusal::page(error.into()))?;
    if is_answered {
        return Err(unusable(Reason::RequestUriUsed));
    }
    let found = found
        .filter(|found| found.secret_hash.matches(&hash) && found.client_id == client.client_id)
        .ok_or_else(unknown)?;
    if app.now() >= found.expires_at {
        return Err(unusable(Reason::RequestUriExpired));
    }
    Ok(Submission {
        parameters: found.parameters,
        pushed: Some(found.id),
        signed: found.signed,
    })
}

/// Key of a request with a response, which is stored for longer than the request.
pub fn answered_digest(id: Id) -> [u8; 32] {
    hash::sha256(format!("pushed request {id}").as_bytes())
}

/// Parameters of a request that are stored, here and in the pages of a browser.
fn kept(params: &Params) -> Result<Vec<(String, String)>, OAuthError> {
    let kept: Vec<_> = params
        .pairs()
        .iter()
        .filter(|(name, value)| checks::is_read(name) && !value.is_empty())
        .cloned()
        .collect();
    let bytes: usize = kept
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > LARGEST {
        return Err(OAuthError::new(
            ErrorCode::RequestTooLarge,
            format!("The authorization request must be at most {LARGEST} bytes."),
        ));
    }
    Ok(kept)
}

fn unusable(reason: Reason) -> Refusal {
    Refusal::page(reason.into())
}
