//! The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.5).

use crate::{
    app::App,
    crypto::hash,
    domain::{
        authorization_code::AuthorizationCode,
        client::Client,
        grant::Grant,
        pkce::CodeVerifier,
        time_zone::TimeZone,
        token::{OpaqueToken, Origin},
        user::User,
    },
    oauth::{
        dpop,
        error::OAuthError,
        grants::{Abort, Commit, Exchange, Outcome},
        issue::{self, UserGrant},
        target,
    },
    store::{Tx, authorization_codes, grants, revocations, sessions, users},
    trace::{Reason, Trace},
};

/// Values that prove that the code belongs to the request.
struct Proof {
    code: OpaqueToken,
    redirect_uri: Option<String>,
    verifier: Option<String>,
    tz: Option<TimeZone>,
    resources: Vec<String>,
    dpop_jkt: Option<String>,
}

pub(super) fn prepare(exchange: &Exchange) -> Result<Commit, OAuthError> {
    let (params, trace) = (exchange.params, exchange.trace);
    let code = trace.part("code", params.required("code"))?;
    let verifier = params.optional("code_verifier");
    trace.part("code_verifier", check_form(verifier))?;
    let proof = Proof {
        code: trace.part("code", parse(code))?,
        redirect_uri: params.optional("redirect_uri").map(str::to_owned),
        verifier: verifier.map(str::to_owned),
        tz: exchange.tz.or(exchange.default_tz),
        resources: exchange.resources()?,
        dpop_jkt: exchange.dpop_jkt.map(str::to_owned),
    };
    let client = exchange.client.clone();
    Ok(Box::new(move |app, tx, trace| {
        redeem(app, tx, trace, &client, &proof)
    }))
}

fn parse(code: &str) -> Result<OpaqueToken, OAuthError> {
    code.parse()
        .map_err(|_| OAuthError::from(Reason::CodeUnknown))
}

/// RFC 7636 §4.1
fn check_form(verifier: Option<&str>) -> Result<(), OAuthError> {
    if verifier.is_some_and(|verifier| CodeVerifier::parse(verifier).is_none()) {
        return Err(Reason::VerifierMalformed.into());
    }
    Ok(())
}

fn redeem(
    app: &App,
    tx: &Tx,
    trace: &Trace,
    client: &Client,
    proof: &Proof,
) -> Result<Outcome, Abort> {
    let code = trace.check("code", find(tx, client, proof))?;
    let names_uri = proof.redirect_uri.is_some();
    let result = check_redirect_uri(client, &code, proof);
    trace.check_if(names_uri, "redirect_uri", result)?;
    let has_challenge = code.code_challenge.is_some();
    trace.check_if(has_challenge, "code_verifier", check_verifier(&code, proof))?;
    let grant = grants::get(tx, code.grant_id)?;
    if let Some(grant) = &grant {
        let result = dpop::check_binding(grant, proof.dpop_jkt.as_deref());
        trace.check_if(grant.dpop_jkt.is_some(), "DPoP key", result)?;
    }
    trace.check("single use", consume(tx, &code, grant.as_ref()))?;
    let lifetime = match tx.now < code.expires_at {
        true => Ok(()),
        false => Err(Outcome::refused(Reason::CodeExpired)),
    };
    trace.check("code lifetime", lifetime)?;
    let grant = trace.check("grant", active(tx, grant))?;
    let user = trace.check("user", find_user(tx, &grant))?;
    let target = target::within(
        &app.directory,
        client,
        &grant.target(),
        None,
        proof.resources.clone(),
    );
    let target = trace.check("resource and scope", target)?;
    let sub = grant.sub.clone();
    let issue = issue::for_user_grant(
        &app.directory,
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

fn find(tx: &Tx, client: &Client, proof: &Proof) -> Result<AuthorizationCode, Abort> {
    let hash = hash::secret_hash(proof.code.secret.expose());
    let code = authorization_codes::get(tx, proof.code.id)?
        .filter(|code| code.secret_hash.matches(&hash))
        .ok_or_else(|| Outcome::unknown(Reason::CodeUnknown))?;
    if code.client_id != client.client_id {
        return Err(Outcome::unknown(Reason::CodeOfAnotherClient).into());
    }
    Ok(code)
}

/// A second use by its client revokes everything issued from the first, however late it is (RFC 6749 §4.1.2).
fn consume(tx: &Tx, code: &AuthorizationCode, grant: Option<&Grant>) -> Result<(), Abort> {
    if authorization_codes::consume(tx, code.id)? {
        return Ok(());
    }
    revocations::revoke_grant(tx, code.grant_id)?;
    Err(Outcome::replayed(grant.map(|grant| &grant.sub)).into())
}

fn active(tx: &Tx, grant: Option<Grant>) -> Result<Grant, Abort> {
    let active = grant.filter(|grant| grant.is_alive(tx.now));
    active.ok_or_else(|| Outcome::refused(Reason::PermissionEnded).into())
}

fn find_user(tx: &Tx, grant: &Grant) -> Result<User, Abort> {
    let session_ended = match grant.session_id {
        Some(id) => sessions::get(tx, id)?.is_none_or(|session| session.ended_at.is_some()),
        None => false,
    };
    let user = users::get(tx, grant.sub.as_str())?.filter(|user| !user.disabled && !session_ended);
    user.ok_or_else(|| {
        let gone = OAuthError::from(Reason::UserGone);
        Outcome::refused(gone.saying("The user has signed out or is disabled.")).into()
    })
}

fn check_redirect_uri(
    client: &Client,
    code: &AuthorizationCode,
    proof: &Proof,
) -> Result<(), OAuthError> {
    let meant = |sent: &String| match &code.redirect_uri {
        Some(asked) => sent == asked,
        // A request that named none meant the client's only one.
        None => client
            .verify_redirect_uri(None)
            .is_ok_and(|only| only.as_str() == sent),
    };
    // OAuth 2.1 §4.1.3 dropped redirect_uri here; a caller that sends it must send the same one.
    match (&proof.redirect_uri, &code.redirect_uri) {
        (Some(sent), _) if !meant(sent) => Err(OAuthError::from(Reason::RedirectUriDiffers)
            .comparing(Some(sent), code.redirect_uri.clone())),
        // RFC 6749 §4.1.3, where no PKCE does its work.
        (None, Some(_)) if code.code_challenge.is_none() => Err(OAuthError::invalid_request(
            "redirect_uri is required because the authorization request had no code_challenge.",
        )),
        _ => Ok(()),
    }
}

fn check_verifier(code: &AuthorizationCode, proof: &Proof) -> Result<(), OAuthError> {
    match (&proof.verifier, &code.code_challenge) {
        // RFC 7636 §4.6
        (Some(verifier), Some(challenge)) => {
            let computed = hash::base64url(&hash::sha256(verifier.as_bytes()));
            if hash::constant_time_eq(computed.as_bytes(), challenge.as_str().as_bytes()) {
                Ok(())
            } else {
                let reason = match verifier == challenge.as_str() {
                    true => Reason::VerifierIsChallenge,
                    false => Reason::VerifierWrong,
                };
                // The challenge is public, and a hash of a verifier is not a verifier.
                Err(OAuthError::from(reason).comparing(Some(&computed), [challenge.as_str()]))
            }
        }
        (None, Some(_)) => Err(Reason::VerifierMissing.into()),
        // RFC 9700 §2.1.1: a verifier without a challenge is a downgrade.
        (Some(_), None) => Err(Reason::VerifierUnasked.into()),
        (None, None) => Ok(()),
    }
}
