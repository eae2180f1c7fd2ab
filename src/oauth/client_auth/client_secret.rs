//! `client_secret_basic` and `client_secret_post`: the same secret, sent in two ways. A client registered for either
//! can use both (allowed by RFC 6749 §2.3.1).

use super::{
    credentials::{Credentials, Presented, Proof},
    sent_secret::{SentSecret, form_decode},
    unproven_secret::{Guess, Stored},
};
use crate::{
    app::SharedApp,
    crypto::hash,
    domain::client::{Client, ClientSecret, ClientSecretHash},
    oauth::error::OAuthError,
    throttle::Network,
};

/// `client_secret_basic`: an `Authorization` header here is always HTTP Basic.
pub(super) fn read_basic(presented: &Presented<'_>) -> Result<Option<Credentials>, OAuthError> {
    let Some(authorization) = presented.authorization else {
        return Ok(None);
    };
    let (client_id, secret) = parse_basic(authorization)?;
    let in_body = presented.params.optional("client_id");
    if in_body.is_some_and(|named| named != client_id) {
        return Err(OAuthError::invalid_request(
            "client_id does not match the Authorization header.",
        ));
    }
    // Some libraries send a public client's id this way, with an empty password.
    let proof = match secret.is_empty() {
        true => Proof::None,
        false => Proof::Secret(secret),
    };
    Ok(Some(Credentials {
        client_id,
        proof,
        basic: true,
    }))
}

/// `client_secret_post`
pub(super) fn read_post(presented: &Presented<'_>) -> Result<Option<Credentials>, OAuthError> {
    let Some(secret) = presented.params.secret("client_secret") else {
        return Ok(None);
    };
    // A client ID in the Authorization header with a secret in the body is two methods, which is detected there.
    let client_id = presented.params.optional("client_id").unwrap_or_default();
    Ok(Some(Credentials {
        client_id: client_id.to_owned(),
        proof: Proof::Secret(SentSecret::exact(secret)),
        basic: false,
    }))
}

/// Whether this is an unexpired secret of the client, if the client exists and can have secrets.
///
/// A generated secret cannot be guessed and is cheap to check, so its owner is never delayed. Any other is checked like
/// a chosen one.
pub(super) async fn matches(
    app: &SharedApp,
    client: Option<&Client>,
    sent: &SentSecret,
    (client_id, from): (&str, Network),
) -> Result<bool, OAuthError> {
    let now = app.now();
    let active = || {
        let stored = client.iter().flat_map(|client| &client.secrets);
        stored.filter(|stored| stored.expires_at.is_none_or(|at| now < at))
    };
    let is_made = |stored: &ClientSecret| matches!(stored.hash, ClientSecretHash::Sha256(_));
    if active().any(is_made) {
        for secret in sent.readings() {
            let sent = hash::secret_hash(secret.expose());
            let is_it = |stored: &&ClientSecret| match &stored.hash {
                ClientSecretHash::Sha256(sha256) => sha256.matches(&sent),
                ClientSecretHash::Argon2id(_) => false,
            };
            if let Some(stored) = active().find(is_it) {
                app.secret_use.used(stored.id, now);
                return Ok(true);
            }
        }
    }
    let chosen = active().filter_map(|stored| match &stored.hash {
        ClientSecretHash::Sha256(_) => None,
        ClientSecretHash::Argon2id(phc) => Some(Stored { id: stored.id, phc }),
    });
    let guess = Guess {
        client_id,
        from,
        readings: sent.readings().collect(),
        stored: chosen.collect(),
    };
    let found = guess.check(app).await?;
    if let Some(id) = found {
        app.secret_use.used(id, now);
    }
    Ok(found.is_some())
}

/// HTTP Basic (RFC 7617 §2), with both parts form-encoded (RFC 6749 §2.3.1, appendix B). The first colon ends the name;
/// the password can contain more.
pub(super) fn parse_basic(authorization: &str) -> Result<(String, SentSecret), OAuthError> {
    // RFC 9110 §5.3, §11.6.2: no scheme's credentials hold a comma, so a comma means that several were sent.
    let malformed = || {
        OAuthError::invalid_request(match authorization.contains(',') {
            true => "Send only one Authorization header.",
            false => "The Authorization header is not valid HTTP Basic.",
        })
    };
    let (scheme, encoded) = authorization.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(OAuthError::invalid_request(
            "Client authentication in the Authorization header must use HTTP Basic.",
        ));
    }
    let decoded = hash::from_base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(malformed)?;
    let (client_id, password) = decoded.split_once(':').ok_or_else(malformed)?;
    let client_id = form_decode(client_id)
        .filter(|id| !id.is_empty())
        .ok_or_else(malformed)?;
    Ok((client_id, SentSecret::of_basic(password)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    fn header(text: &str) -> String {
        format!("Basic {}", hash::base64(text.as_bytes()))
    }

    // RFC 6749 §2.3.1, appendix B; RFC 7617 §2: what the password can be read as, in this order.
    #[test]
    fn a_password_is_read_as_encoded_and_as_it_was_sent() {
        for (sent, client_id, readings) in [
            ("a%3Ab:s+c%2B", "a:b", &["s c+", "s+c%2B"][..]),
            ("web:plain", "web", &["plain"]),
            ("web:a:b", "web", &["a:b"]),
            ("web:100%", "web", &["100%"]),
            ("web:%+f", "web", &["%+f"]),
            ("web:%zz+", "web", &["%zz+"]),
            ("web:a/b=", "web", &["a/b="]),
            ("web:%ff", "web", &["%ff"]),
            ("web:", "web", &[""]),
        ] {
            let (id, secret) = parse_basic(&header(sent)).unwrap();
            assert_eq!(id, client_id, "{sent}");
            let found: Vec<_> = secret.readings().map(Secret::expose).collect();
            assert_eq!(found, readings, "{sent}");
        }
    }

    #[test]
    fn what_is_not_http_basic_is_refused() {
        for bad in [
            "Basic",
            "Bearer x",
            "Basic !!",
            &header("nocolon"),
            &header("%zz:x"),
            &header("%+f:x"),
            &header(":x"),
        ] {
            assert!(parse_basic(bad).is_err(), "{bad}");
        }
    }
}
