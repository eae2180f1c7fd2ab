//! The pushed authorization request endpoint (RFC 9126).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::SharedApp,
    crypto::{hash, random},
    domain::{
        client_address::ClientAddress,
        pushed_request::{PushedRequest, REQUEST_URI},
        time::Lifetime,
        token::OpaqueToken,
    },
    oauth::{
        authorize::{request::AuthorizationRequest, submission::Submission},
        client_auth, dpop,
        error::OAuthError,
        params::Params,
        refusal::Refusal,
        unproven,
    },
    store::pushed_requests,
    throttle::Network,
    trace::Trace,
};

/// Lifetime of a pushed request (RFC 9126 §2.2). FAPI 2.0 Security Profile §5.3.2.2 requires less than 600 seconds.
const LIFETIME: Lifetime = Lifetime::minutes(5);

/// Reference to the pushed request (RFC 9126 §2.2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PushedAuthorizationResponse")]
pub struct Pushed {
    /// Valid once, for the client that pushed the request.
    pub request_uri: String,
    /// Seconds until it expires.
    pub expires_in: Lifetime,
}

/// Keeps the authorization request of `params`, if it obeys every rule, for the browser that will come
/// with its `request_uri`.
pub async fn push(
    app: &SharedApp,
    trace: &Trace,
    params: &Params,
    authorization: Option<&str>,
    dpop: Option<&dpop::Presented>,
    address: Option<ClientAddress>,
) -> Result<Pushed, OAuthError> {
    let client = client_auth::authenticate(app, trace, authorization, params, address).await?;
    // RFC 9126 §2.1
    if params.optional("request_uri").is_some() {
        let error = OAuthError::invalid_request(
            "request_uri must not be sent to this endpoint (RFC 9126 §2.1).",
        );
        return Err(trace.fail("request_uri", error));
    }
    let mut submission = match params.optional("request") {
        // RFC 9126 §3
        Some(object) => {
            let opened = Submission::signed(app, &client, object, Network::of(address)).await;
            trace.check("request", opened)?
        }
        None => trace.part("parameters", Submission::plain(params))?,
    };
    submission
        .parameters
        .retain(|(name, _)| name != "client_id");
    // The client is the authenticated one, also if only HTTP Basic names it (RFC 9126 §2.1).
    let client_id = client.client_id.to_string();
    submission
        .parameters
        .push(("client_id".to_owned(), client_id));
    let token = OpaqueToken {
        id: app.new_id(),
        secret: random::secret(),
    };
    let parameters = Params::new(submission.parameters.clone())?;
    let request =
        AuthorizationRequest::of(app, trace, &parameters, Some(token.id), submission.signed)
            .map_err(|refusal| refusal.into_error())?;
    let proof = dpop.map(|presented| dpop::check(app, presented, None));
    let proof = trace.check_if(proof.is_some(), "DPoP proof", proof.transpose())?;
    if let Some(proof) = &proof {
        trace.part("DPoP proof", dpop::check_algorithm(&client, proof))?;
        let jkt = dpop::pushed_jkt(request.dpop_jkt.as_deref(), proof);
        let jkt = trace.part("dpop_jkt", jkt)?;
        let added = jkt.map(|jkt| ("dpop_jkt".to_owned(), jkt));
        submission.parameters.extend(added);
    }
    let mut pushed = PushedRequest {
        id: token.id,
        secret_hash: hash::secret_hash(token.secret.expose()),
        client_id: client.client_id.clone(),
        parameters: submission.parameters,
        signed: submission.signed,
        expires_at: app.now() + LIFETIME,
    };
    // Checked last, so that rejected requests are not counted.
    let stranger = trace.part("rate limit", unproven::count(app, &client, address))?;
    let tracing = trace.clone();
    let rows = app.unproven_rows.pushed_requests.clone();
    let room = app
        .store
        .write(move |tx| {
            if let Some(proof) = &proof {
                tracing.check("DPoP proof used once", proof.spend(tx))?;
            }
            let room =
                stranger.map(|site| rows.admit(pushed.id, site, pushed_requests::size(&pushed)));
            if let Some(room) = &room {
                pushed_requests::delete_all(tx, &room.gone())?;
            }
            pushed.expires_at = tx.now + LIFETIME;
            pushed_requests::insert(tx, &pushed)?;
            Ok::<_, Refusal>(room)
        })
        .await
        .map_err(OAuthError::from)?;
    if let Some(room) = room {
        room.is_made();
    }
    let request_uri = format!("{REQUEST_URI}{}", token.to_secret().expose());
    trace.gives(&request_uri);
    Ok(Pushed {
        request_uri,
        expires_in: LIFETIME,
    })
}
