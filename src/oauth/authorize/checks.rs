//! The rules an authorization request must keep, one function each, in the order in which they are held
//! against it. Adding one is a function and a line in [`CHECKS`].
//!
//! When these run, the client and its redirect URI are verified, so that every error is sent to the client (RFC 6749
//! §4.1.2.1).

use crate::{
    app::App,
    crypto::jwt,
    domain::{
        acr, code_protection::CodeProtection, grant_type::GrantType, pkce::CodeChallenge, scope,
    },
    oauth::{
        authorize::{
            claims_parameter,
            request::{AuthorizationRequest, Prompt},
        },
        dpop,
        error::{ErrorCode, OAuthError},
        forms::RESPONSE_MODES,
        issue::ID_TOKEN_TYPE,
        params::Params,
        requested_access,
    },
    trace::Reason,
};

/// A check: reads its parameters and stores the result in the request.
pub struct Check {
    /// Name in a trace.
    pub name: &'static str,
    /// Parameters that it reads; all others are dropped when a request is stored.
    pub reads: &'static [&'static str],
    subject: Subject,
    pub run: Rule,
}

type Rule = fn(&App, &Params, &mut AuthorizationRequest) -> Result<(), OAuthError>;

/// Input of a check.
enum Subject {
    /// The request itself, or what a missing parameter defaults to.
    Always,
    /// Its parameters, which are optional.
    OfParameters,
}

impl Check {
    /// Whether the request has parameters for the check. Without any, it can still fail if a required one is missing.
    pub fn has_subject(&self, params: &Params) -> bool {
        match self.subject {
            Subject::Always => true,
            Subject::OfParameters => self
                .reads
                .iter()
                .any(|name| params.optional(name).is_some()),
        }
    }
}

const fn row(
    name: &'static str,
    reads: &'static [&'static str],
    subject: Subject,
    run: Rule,
) -> Check {
    Check {
        name,
        reads,
        subject,
        run,
    }
}

#[rustfmt::skip]
pub const CHECKS: &[Check] = &[
    row("response_mode", &["response_mode"], Subject::OfParameters, response_mode),
    row("registration", &["registration"], Subject::OfParameters, registration),
    row("push requirement", &[], Subject::Always, pushed),
    row("signature requirement", &[], Subject::Always, signed),
    row("response_type", &["response_type"], Subject::Always, response_type),
    row("client's grant types", &[], Subject::Always, grant),
    row("state and nonce", LIMITED, Subject::OfParameters, lengths),
    row("scope", &["scope"], Subject::Always, requested_scope),
    row("resource and scope", &["resource"], Subject::Always, target),
    row("code_challenge", &["code_challenge", "code_challenge_method"], Subject::OfParameters, code_challenge),
    row("dpop_jkt", &["dpop_jkt"], Subject::OfParameters, dpop_jkt),
    row("prompt", &["prompt"], Subject::OfParameters, prompt),
    row("max_age", &["max_age"], Subject::OfParameters, max_age),
    row("id_token_hint", &["id_token_hint"], Subject::OfParameters, id_token_hint),
    row("claims", &["claims"], Subject::OfParameters, claims),
];

const LIMITED: &[&str] = &["state", "nonce"];

/// Parameters that are read in addition to those of [`CHECKS`]: here, and by the pages of a request.
const READ_BESIDE: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_mode",
    "state",
    "nonce",
    "login_hint",
    "ui_locales",
];

/// Whether this parameter of an authorization request is read anywhere.
pub fn is_read(name: &str) -> bool {
    let mut checked = CHECKS.iter().flat_map(|check| check.reads);
    READ_BESIDE.contains(&name) || checked.any(|read| *read == name)
}

/// Longest `state` or `nonce` taken, in bytes.
const LONGEST_VALUE: usize = 4096;

/// OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode §2.
fn response_mode(_: &App, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    match params.optional("response_mode") {
        None => Ok(()),
        Some(mode) if RESPONSE_MODES.contains(&mode) => Ok(()),
        Some(_) => Err(Reason::ResponseModeUnknown.into()),
    }
}

/// OIDC Core §7.2.1: only self-issued providers take it; §3.1.2.6 has its error.
fn registration(_: &App, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    match params.optional("registration") {
        None => Ok(()),
        Some(_) => Err(OAuthError::new(
            ErrorCode::RegistrationNotSupported,
            "The parameter registration is not supported.",
        )),
    }
}

/// RFC 9126 §6; FAPI 2.0 Security Profile §5.3.2.2.
fn pushed(_: &App, _: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if request.client.metadata.must_push_requests() && request.pushed.is_none() {
        return Err(Reason::PushRequired.into());
    }
    // FAPI 2.0 Security Profile §5.3.2.2
    if request.client.metadata.is_fapi2() && request.redirect_uri.is_none() {
        return Err(OAuthError::invalid_request(
            "redirect_uri is required (FAPI 2.0 §5.3.2.2).",
        ));
    }
    Ok(())
}

/// RFC 9101 §10.5
fn signed(_: &App, _: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if request.client.metadata.require_signed_request_object && !request.signed {
        return Err(Reason::SignatureRequired.into());
    }
    Ok(())
}

/// RFC 6749 §3.1.1; the implicit and hybrid flows stay out (OAuth 2.1 §10.1).
fn response_type(_: &App, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    let response_type = params.required("response_type")?;
    if response_type == "code" {
        return Ok(());
    }
    Err(OAuthError::from(Reason::ResponseTypeNotCode).comparing(Some(response_type), ["code"]))
}

/// RFC 6749 §4.1.2.1: `unauthorized_client`.
fn grant(_: &App, _: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if request.client.may_use(GrantType::AuthorizationCode) {
        return Ok(());
    }
    Err(Reason::GrantNotRegistered.into())
}

fn lengths(_: &App, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    for name in LIMITED {
        if params
            .optional(name)
            .is_some_and(|value| value.len() > LONGEST_VALUE)
        {
            return Err(OAuthError::invalid_request(format!(
                "{name} must be at most {LONGEST_VALUE} bytes."
            )));
        }
    }
    Ok(())
}

fn requested_scope(
    app: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    request.scope = requested_access::scope(&app.directory, params, &request.client)?;
    Ok(())
}

fn target(
    app: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    let target = requested_access::target(&app.directory, params, &request.client, &request.scope)?;
    (request.scope, request.resources) = (target.scope, target.resources);
    Ok(())
}

/// RFC 7636 §4.3, S256 only (OAuth 2.1 §4.1.1).
fn code_challenge(
    _: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    let method = params.optional("code_challenge_method");
    let Some(challenge) = params.optional("code_challenge") else {
        if method.is_some() {
            return Err(OAuthError::invalid_request(
                "code_challenge_method requires code_challenge.",
            ));
        }
        return without_challenge(request);
    };
    // RFC 7636 §4.3: without a method, `plain` is meant.
    if method != Some("S256") {
        return Err(OAuthError::from(Reason::PkceNotS256).comparing(method, ["S256"]));
    }
    let challenge =
        CodeChallenge::parse(challenge).ok_or_else(|| OAuthError::from(Reason::PkceMalformed))?;
    request.code_challenge = Some(challenge);
    Ok(())
}

/// OAuth 2.1 §7.5.1: `nonce` protects the code of a confidential client, too.
fn without_challenge(request: &AuthorizationRequest) -> Result<(), OAuthError> {
    let has_nonce = request.scope.contains(scope::OPENID) && request.nonce.is_some();
    match request.client.metadata.code_protection() {
        CodeProtection::Unchecked => Ok(()),
        CodeProtection::PkceOrNonce if has_nonce => Ok(()),
        CodeProtection::PkceOrNonce => Err(OAuthError::from(Reason::PkceMissing).saying(
            "code_challenge (PKCE with S256) is required, or nonce with the scope openid.",
        )),
        CodeProtection::Pkce => Err(Reason::PkceMissing.into()),
    }
}

fn dpop_jkt(
    _: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    request.dpop_jkt = dpop::requested_jkt(params)?;
    Ok(())
}

/// OIDC Core §3.1.2.1
fn prompt(_: &App, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    let mut prompt = Prompt::default();
    for word in params
        .optional("prompt")
        .unwrap_or_default()
        .split_whitespace()
    {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => {
                return Err(Reason::PromptUnknown.into());
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(Reason::PromptNoneNotAlone.into());
    }
    request.prompt = prompt;
    Ok(())
}

/// OIDC Core §3.1.2.1, and the client's `default_max_age` (OIDC Registration §2).
fn max_age(_: &App, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    let default = request.client.metadata.default_max_age;
    let asked = params.optional("max_age").map(str::parse::<u32>);
    let asked = asked
        .transpose()
        .map_err(|_| OAuthError::from(Reason::MaxAgeMalformed))?;
    request.max_age = asked.or(default).map(i64::from);
    Ok(())
}

/// An ID token of this server, expired or not (OIDC Core §3.1.2.1). Its user is compared with the signed-in user later.
fn id_token_hint(
    app: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    let Some(hint) = params.optional("id_token_hint") else {
        return Ok(());
    };
    let sub =
        hinted_subject(app, hint).ok_or_else(|| OAuthError::from(Reason::IdTokenHintUnusable))?;
    request.expected_sub = Some(sub);
    Ok(())
}

/// OIDC Core §5.5
fn claims(
    app: &App,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    let Some(text) = params.optional("claims") else {
        return Ok(());
    };
    let asked = claims_parameter::read(text, &request.client.metadata.scope)?;
    // §5.5.1.1: what no sign-in here can reach need not be tried.
    let reachable = acr::supported(app.config.is_dev());
    let can_be_met = |acr: &String| reachable.contains(&acr.as_str());
    if !asked.essential_acr.is_empty() && !asked.essential_acr.iter().any(can_be_met) {
        return Err(unmet_acr());
    }
    // §5.5.1: as with id_token_hint.
    if let Some(sub) = asked.sub {
        if request
            .expected_sub
            .as_ref()
            .is_some_and(|hinted| *hinted != sub)
        {
            return Err(OAuthError::invalid_request(
                "claims and id_token_hint identify different users.",
            ));
        }
        request.expected_sub = Some(sub);
    }
    request.claims = asked.claims;
    request.essential_acr = asked.essential_acr;
    Ok(())
}

pub(super) fn unmet_acr() -> OAuthError {
    OAuthError::new(
        ErrorCode::UnmetAuthenticationRequirements,
        "The essential acr values are not supported.",
    )
}

fn hinted_subject(app: &App, hint: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Hint {
        iss: String,
        sub: String,
    }
    let keys = app.directory.snapshot().verifying_keys(app.now());
    let hint: Hint = jwt::verify(hint, &[ID_TOKEN_TYPE], &keys).ok()?;
    (hint.iss == app.config.issuer).then_some(hint.sub)
}
