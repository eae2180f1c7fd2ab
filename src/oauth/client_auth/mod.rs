//! Who is calling the token endpoint (RFC 6749 §2.3). Exactly one method a request.

mod client_secret;

use std::sync::Arc;

use crate::{
    app::SharedApp,
    crypto::hash,
    domain::{
        client::{AuthMethod, Client},
        secret::Secret,
    },
    oauth::{
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    throttle::{Counted, Network},
};

/// The methods the server knows, for discovery and for registration.
pub const METHODS: &[AuthMethod] = &[
    AuthMethod::None,
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
];

/// What a request says of its client, before any of it is believed.
pub struct Credentials {
    client_id: String,
    secret: Option<Secret>,
    /// Whether HTTP Basic was tried: a refusal then carries `WWW-Authenticate` (RFC 6749 §5.2).
    pub basic: bool,
}

/// A failed authentication reads the same whatever was wrong (RFC 6749 §5.2).
fn refused() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "client authentication failed")
}

impl Credentials {
    /// Reads them from the `Authorization` header or the body, never both (RFC 6749 §2.3).
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let in_body = params.optional("client_id");
        let secret = params.secret("client_secret");
        let Some(authorization) = authorization else {
            let client_id = in_body.ok_or_else(|| {
                OAuthError::new(
                    ErrorCode::InvalidClient,
                    "the request names no client: send client_id, or HTTP Basic credentials",
                )
            })?;
            return Ok(Self {
                client_id: client_id.to_owned(),
                secret,
                basic: false,
            });
        };
        if secret.is_some() || params.optional("client_assertion").is_some() {
            return Err(OAuthError::invalid_request(
                "use one client authentication method only (RFC 6749 §2.3)",
            ));
        }
        let (client_id, secret) = parse_basic(authorization)?;
        if in_body.is_some_and(|named| named != client_id) {
            return Err(OAuthError::invalid_request(
                "client_id differs from that of the Authorization header",
            ));
        }
        Ok(Self {
            client_id,
            secret: Some(secret).filter(|secret| !secret.is_empty()),
            basic: true,
        })
    }

    /// The client, if the credentials are right. Unknown, disabled, wrong secret: one answer.
    pub async fn authenticate(
        &self,
        app: &SharedApp,
        address: Option<&str>,
    ) -> Result<Arc<Client>, OAuthError> {
        let from = Network::of(address);
        let counted = [
            Counted::Client(&self.client_id, from),
            Counted::Anything(from),
        ];
        let client = app
            .directory
            .snapshot()
            .client(&self.client_id)
            .cloned()
            .filter(|client| !client.disabled);
        let proved = match (&client, &self.secret) {
            (Some(client), None) => client.is_public(),
            (Some(client), Some(secret)) if !client.is_public() => {
                client_secret::matches(app, client, secret, &counted).await?
            }
            _ => false,
        };
        if let Some(client) = client.filter(|_| proved) {
            return Ok(client);
        }
        let now = app.now();
        if let Some(wait) = app.throttle.wait(now, &counted) {
            return Err(OAuthError::slow_down(wait.0));
        }
        app.throttle.failed(now, &counted);
        Err(refused())
    }
}

/// RFC 7617 with both halves form-encoded first (RFC 6749 §2.3.1, appendix B).
fn parse_basic(authorization: &str) -> Result<(String, Secret), OAuthError> {
    let malformed =
        || OAuthError::invalid_request("the Authorization header is no well-formed HTTP Basic");
    let (scheme, encoded) = authorization.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(OAuthError::invalid_request(
            "the token endpoint takes HTTP Basic in the Authorization header",
        ));
    }
    let decoded = hash::from_base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(malformed)?;
    let (client_id, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    if secret.contains(':') {
        return Err(malformed());
    }
    let client_id = form_decode(client_id)
        .filter(|id| !id.is_empty())
        .ok_or_else(malformed)?;
    Ok((
        client_id,
        Secret::new(form_decode(secret).ok_or_else(malformed)?),
    ))
}

/// Decodes one form-encoded text; a percent sign must begin an escape.
fn form_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded_and_nothing_else_passes() {
        let header = |text: &str| format!("Basic {}", hash::base64(text.as_bytes()));
        let (id, secret) = parse_basic(&header("a%3Ab:s+c%2B")).unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("a:b", "s c+"));
        for bad in [
            "Basic",
            "Bearer x",
            "Basic !!",
            &header("nocolon"),
            &header("a:b:c"),
            &header("%zz:x"),
            &header(":x"),
        ] {
            assert!(parse_basic(bad).is_err(), "{bad}");
        }
    }
}
