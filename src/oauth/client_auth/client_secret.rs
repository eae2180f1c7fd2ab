//! `client_secret_basic` and `client_secret_post`: the same proof, told in two ways. A client registered
//! for either may use both (RFC 6749 §2.3.1 lets the server take both).

use super::{Credentials, Presented, Proof};
use crate::{
    app::SharedApp,
    crypto::{hash, password},
    domain::{
        client::{Client, ClientSecretHash},
        secret::Secret,
    },
    oauth::error::OAuthError,
    store::StoreError,
    throttle::Counted,
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
            "client_id differs from that of the Authorization header",
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
    // With the name in the Authorization header alone the method is used twice, which is found there.
    let client_id = presented.params.optional("client_id").unwrap_or_default();
    Ok(Some(Credentials {
        client_id: client_id.to_owned(),
        proof: Proof::Secret(secret),
        basic: false,
    }))
}

/// Whether this is one of the client's secrets that have not expired.
///
/// A secret that the server made cannot be guessed and costs nothing to check, so nobody who has it is
/// ever held up. One that a person chose can be guessed, so `counted` comes first.
pub(super) async fn matches(
    app: &SharedApp,
    client: &Client,
    secret: &Secret,
    counted: &[Counted<'_>],
) -> Result<bool, OAuthError> {
    let now = app.now();
    let hash = hash::secret_hash(secret.expose());
    let alive = client
        .secrets
        .iter()
        .filter(|stored| stored.expires_at.is_none_or(|at| now < at));
    let mut chosen = Vec::new();
    for stored in alive {
        match &stored.hash {
            ClientSecretHash::Sha256(sha256) if sha256.matches(&hash) => {
                app.secret_use.used(stored.id, now);
                return Ok(true);
            }
            ClientSecretHash::Sha256(_) => {}
            ClientSecretHash::Argon2id(phc) => chosen.push((stored.id, phc)),
        }
    }
    for (id, phc) in chosen {
        if chosen_secret_matches(app, phc, secret, counted).await? {
            app.secret_use.used(id, now);
            return Ok(true);
        }
    }
    Ok(false)
}

/// A secret that a person chose costs Argon2id once; then it is remembered under a keyed hash.
async fn chosen_secret_matches(
    app: &SharedApp,
    phc: &str,
    secret: &Secret,
    counted: &[Counted<'_>],
) -> Result<bool, OAuthError> {
    let may_try = || match app.throttle.wait(app.now(), counted) {
        Some(wait) => Err(OAuthError::slow_down(wait.0)),
        None => Ok(()),
    };
    may_try()?;
    let known = app.mac.mac(
        "known client secret",
        &[phc.as_bytes(), secret.expose().as_bytes()],
    );
    if app.known_secrets.get(&known).is_some() {
        return Ok(true);
    }
    let _permit = app.password_permit().await?;
    // Once more: of many who came at once, those before may have used up what is free.
    may_try()?;
    let (phc, secret) = (phc.to_owned(), secret.clone());
    let right = tokio::task::spawn_blocking(move || password::verify(&secret, &phc))
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    if right {
        app.known_secrets.insert(known, ());
    }
    Ok(right)
}

/// Spends the time of a chosen secret on one that was wrong otherwise, or is of a client that is not there,
/// so that an answer's delay tells neither which clients there are nor what kind of secret they have
/// (RFC 6819 §5.1.4.2.3). Whoever has failed too often spends nothing, and is told to wait.
pub(super) async fn spend(
    app: &SharedApp,
    client: Option<&Client>,
    secret: &Secret,
    counted: &[Counted<'_>],
) -> Result<(), OAuthError> {
    let now = app.now();
    let has_spent = client.is_some_and(|client| {
        client.secrets.iter().any(|stored| {
            matches!(stored.hash, ClientSecretHash::Argon2id(_))
                && stored.expires_at.is_none_or(|at| now < at)
        })
    });
    if has_spent || app.throttle.wait(now, counted).is_some() {
        return Ok(());
    }
    let _permit = app.password_permit().await?;
    let secret = secret.clone();
    tokio::task::spawn_blocking(move || password::verify_unknown(&secret))
        .await
        .map_err(|error| StoreError::Failed(error.to_string()).into())
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
