//! The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.5).

use crate::{
    app::App,
    crypto::hash,
    domain::{
        authorization_code::{AuthorizationCode, Redemption},
        client::Client,
        pkce::CodeVerifier,
        time_zone::TimeZone,
        token::{OpaqueToken, Origin},
    },
    oauth::{
        dpop,
        error::OAuthError,
        grants::{Commit, Exchange, Outcome, Refusal},
        issue::{self, UserGrant},
        target,
    },
    store::{Tx, authorization_codes, grants, revocations, sessions, users},
    trace::Reason,
};

/// One text for a code that is unknown, someone else's or spoilt: it tells a thief nothing.
const BAD_CODE: &str = "the code is unknown, expired, already used, or was given to another client";

/// What the request brings to prove that the code is its own.
struct Proof {
    code: OpaqueToken,
    redirect_uri: Option<String>,
    verifier: Option<String>,
    tz: Option<TimeZone>,
    resources: Vec<String>,
    dpop_jkt: Option<String>,
}

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let params = exchange.params;
    let code = params.required("code")?;
    let verifier = params.optional("code_verifier");
    if verifier.is_some_and(|verifier| CodeVerifier::parse(verifier).is_none()) {
        return Err(OAuthError::invalid_request(
            "code_verifier must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 §4.1)",
        )
        .because(Reason::VerifierMalformed));
    }
    let proof = Proof {
        code: code
            .parse()
            .map_err(|_| OAuthError::invalid_grant(BAD_CODE).because(Reason::CodeUnknown))?,
        redirect_uri: params.optional("redirect_uri").map(str::to_owned),
        verifier: verifier.map(str::to_owned),
        tz: exchange.tz.or(exchange.default_tz),
        resources: target::requested(exchange.app, exchange.client, params)?,
        dpop_jkt: exchange.dpop_jkt.map(str::to_owned),
    };
    let client = exchange.client.clone();
    Ok(Box::new(move |app, tx| redeem(app, tx, &client, &proof)))
}

fn redeem(app: &App, tx: &Tx, client: &Client, proof: &Proof) -> Result<Outcome, Refusal> {
    let Some(code) = authorization_codes::get(tx, proof.code.id)? else {
        return Ok(Outcome::unknown(BAD_CODE).because(Reason::CodeUnknown));
    };
    if !code
        .secret_hash
        .matches(&hash::secret_hash(proof.code.secret.expose()))
    {
        return Ok(Outcome::unknown(BAD_CODE).because(Reason::CodeUnknown));
    }
    if code.client_id != client.client_id {
        return Ok(Outcome::unknown(BAD_CODE).because(Reason::CodeOfAnotherClient));
    }
    check_proof(client, &code, proof)?;
    let grant = grants::get(tx, code.grant_id)?;
    if let Some(grant) = &grant {
        dpop::check_binding(grant, proof.dpop_jkt.as_deref())?;
    }
    // RFC 6749 §4.1.2: a second use by its owner ends what came of the first, however late it comes.
    if !authorization_codes::consume(tx, code.id)? {
        let revoked = revocations::revoke_grant(tx, code.grant_id)?;
        let subject = grant.map(|grant| grant.sub.to_string());
        return Ok(Outcome {
            redemption: Redemption::Replayed,
            revoked,
            subject,
        });
    }
    if tx.now >= code.expires_at {
        return Ok(Outcome::refused("the code has expired").because(Reason::CodeExpired));
    }
    let Some(grant) = grant.filter(|grant| grant.is_alive(tx.now)) else {
        return Ok(
            Outcome::refused("the permission has been revoked").because(Reason::PermissionEnded)
        );
    };
    let session_ended = match grant.session_id {
        Some(id) => sessions::get(tx, id)?.is_none_or(|session| session.ended_at.is_some()),
        None => false,
    };
    let user = users::get(tx, grant.sub.as_str())?.filter(|user| !user.disabled && !session_ended);
    let Some(user) = user else {
        return Ok(
            Outcome::refused("the user has signed out or is disabled").because(Reason::UserGone)
        );
    };
    let target = target::within(app, client, &grant.target(), None, proof.resources.clone())
        .map_err(|error| error.at("resource and scope"))?;
    let sub = grant.sub.clone();
    let issue = issue::for_user_grant(
        app,
        tx,
        UserGrant {
            client,
            grant,
            user: &user,
            target,
            tz: proof.tz,
            dpop_jkt: proof.dpop_jkt.as_deref(),
            refresh_token: None,
            origin: Origin::AuthorizationCode,
        },
    )?;
    Ok(Outcome::issued(issue, Some(&sub)))
}

fn check_proof(client: &Client, code: &AuthorizationCode, proof: &Proof) -> Result<(), OAuthError> {
    let meant = |sent: &String| match &code.redirect_uri {
        Some(asked) => sent == asked,
        // A request that named none meant the client's only one.
        None => client
            .verify_redirect_uri(None)
            .is_ok_and(|only| only.as_str() == sent),
    };
    // OAuth 2.1 §4.1.3 dropped redirect_uri here; a caller that sends it must send the same one.
    match (&proof.redirect_uri, &code.redirect_uri) {
        (Some(sent), _) if !meant(sent) => {
            return Err(OAuthError::invalid_grant(
                "redirect_uri differs from that of the authorization request",
            )
            .because(Reason::RedirectUriDiffers)
            .comparing(Some(sent), code.redirect_uri.clone()));
        }
        // RFC 6749 §4.1.3, where no PKCE does its work.
        (None, Some(_)) if code.code_challenge.is_none() => {
            return Err(OAuthError::invalid_request(
                "the parameter redirect_uri is missing",
            ));
        }
        _ => {}
    }
    match (&proof.verifier, &code.code_challenge) {
        // RFC 7636 §4.6
        (Some(verifier), Some(challenge)) => {
            let computed = hash::base64url(&hash::sha256(verifier.as_bytes()));
            if hash::constant_time_eq(computed.as_bytes(), challenge.as_str().as_bytes()) {
                Ok(())
            } else {
                let error = OAuthError::invalid_grant(
                    "code_verifier does not match the code_challenge (RFC 7636 §4.6)",
                );
                let reason = match verifier == challenge.as_str() {
                    true => Reason::VerifierIsChallenge,
                    false => Reason::VerifierWrong,
                };
                // The challenge was sent in the open, and a hash of a verifier is no verifier.
                Err(error
                    .because(reason)
                    .comparing(Some(&computed), [challenge.as_str()]))
            }
        }
        (None, Some(_)) => Err(OAuthError::invalid_grant(
            "the parameter code_verifier is missing (RFC 7636 §4.5)",
        )
        .because(Reason::VerifierMissing)),
        // RFC 9700 §2.1.1: a verifier without a challenge is a downgrade.
        (Some(_), None) => Err(OAuthError::invalid_grant(
            "code_verifier was sent though no code_challenge was",
        )
        .because(Reason::VerifierUnasked)),
        (None, None) => Ok(()),
    }
}
