//! Reads an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC 7636 §4.3).

use std::sync::Arc;

use crate::{
    app::App,
    domain::{
        client::{Client, RedirectUriRefusal},
        grant_type::GrantType,
        pkce::CodeChallenge,
        scope::ScopeSet,
    },
    oauth::{
        authorize::{Refusal, ReplyTo, ResponseMode},
        error::{ErrorCode, OAuthError},
        params::Params,
    },
};

/// An authorization request that keeps every rule.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub client: Arc<Client>,
    pub reply_to: ReplyTo,
    /// As it was sent; `None` if the client's only one was meant.
    pub redirect_uri: Option<String>,
    pub scope: ScopeSet,
    pub nonce: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    pub prompt: Prompt,
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// An ID token of this server whose user is expected.
    pub id_token_hint: Option<String>,
}

/// `prompt`, OIDC Core §3.1.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

/// Longest `state` or `nonce` taken, in bytes.
const LONGEST_VALUE: usize = 4096;

impl AuthorizationRequest {
    pub fn read(app: &App, params: &Params) -> Result<Self, Refusal> {
        // First who asks and where the answer goes: until both are proved nothing is redirected.
        let client = client(app, params)?;
        let redirect_uri = params.optional("redirect_uri");
        let verified = client
            .verify_redirect_uri(redirect_uri)
            .map_err(|refusal| bad_address(&client, redirect_uri, refusal))?;
        let state = params.optional("state").map(str::to_owned);
        let reply_to = ReplyTo {
            redirect_uri: verified,
            response_mode: ResponseMode::Query,
            state,
        };
        let (response_mode, bad_mode) = match params.optional("response_mode") {
            None | Some("query") => (ResponseMode::Query, false),
            Some("form_post") => (ResponseMode::FormPost, false),
            Some(_) => (ResponseMode::Query, true),
        };
        let reply_to = ReplyTo {
            response_mode,
            ..reply_to
        };
        let refuse = |error| Refusal::Redirect(reply_to.clone(), error);
        if bad_mode {
            return Err(refuse(OAuthError::invalid_request(
                "response_mode must be query or form_post",
            )));
        }
        check_rest(params, &client).map_err(&refuse)?;
        let scope = scope(app, params, &client).map_err(&refuse)?;
        let code_challenge = code_challenge(params, &client).map_err(&refuse)?;
        let prompt = prompt(params).map_err(&refuse)?;
        let max_age = max_age(params).map_err(&refuse)?;
        Ok(Self {
            redirect_uri: redirect_uri.map(str::to_owned),
            scope,
            nonce: params.optional("nonce").map(str::to_owned),
            code_challenge,
            prompt,
            max_age,
            login_hint: params.optional("login_hint").map(str::to_owned),
            id_token_hint: params.optional("id_token_hint").map(str::to_owned),
            client,
            reply_to,
        })
    }
}

fn page(error: OAuthError) -> Refusal {
    Refusal::Page {
        error,
        sent: None,
        registered: Vec::new(),
    }
}

fn client(app: &App, params: &Params) -> Result<Arc<Client>, Refusal> {
    let client_id = params.required("client_id").map_err(page)?;
    let snapshot = app.directory.snapshot();
    let client = snapshot
        .client(client_id)
        .cloned()
        .filter(|client| !client.disabled);
    client.ok_or_else(|| {
        page(OAuthError::invalid_request(
            "client_id names no client of this server",
        ))
    })
}

fn bad_address(client: &Client, sent: Option<&str>, refusal: RedirectUriRefusal) -> Refusal {
    let error = OAuthError::invalid_request(match refusal {
        RedirectUriRefusal::NotRegistered => "redirect_uri is not registered for this client",
        RedirectUriRefusal::Missing => {
            "redirect_uri is missing and the client has not exactly one registered"
        }
    });
    let registered = client
        .metadata
        .redirect_uris
        .iter()
        .map(|uri| uri.as_str().to_owned())
        .collect();
    Refusal::Page {
        error,
        sent: sent.map(str::to_owned),
        registered,
    }
}

/// The rules that need no value of the request kept.
fn check_rest(params: &Params, client: &Client) -> Result<(), OAuthError> {
    // OIDC Core §3.1.2.6: what is not supported has errors of its own.
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.optional(name).is_some() {
            return Err(OAuthError::new(
                code,
                format!("the parameter {name} is not supported"),
            ));
        }
    }
    if params.required("response_type")? != "code" {
        return Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "response_type must be code",
        ));
    }
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for the grant authorization_code",
        ));
    }
    for name in ["state", "nonce"] {
        if params
            .optional(name)
            .is_some_and(|value| value.len() > LONGEST_VALUE)
        {
            return Err(OAuthError::invalid_request(format!(
                "{name} is longer than {LONGEST_VALUE} bytes"
            )));
        }
    }
    Ok(())
}

/// Scopes that are not registered, or not the client's, are left out (RFC 6749 §3.3); the token answer
/// says which are in.
fn scope(app: &App, params: &Params, client: &Client) -> Result<ScopeSet, OAuthError> {
    let asked = match params.optional("scope") {
        Some(text) => ScopeSet::parse(text)
            .map_err(|error| OAuthError::new(ErrorCode::InvalidScope, error.to_string()))?,
        None => client.metadata.scope.clone(),
    };
    let snapshot = app.directory.snapshot();
    let may_have =
        |name: &str| snapshot.scope(name).is_some() && client.metadata.scope.contains(name);
    let scope = asked.filter(|name| may_have(name.as_str()));
    if scope.is_empty() && !asked.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "the client may have none of these scopes",
        ));
    }
    Ok(scope)
}

/// RFC 7636 §4.3, S256 only (OAuth 2.1 §4.1.1).
fn code_challenge(params: &Params, client: &Client) -> Result<Option<CodeChallenge>, OAuthError> {
    let method = params.optional("code_challenge_method");
    let Some(challenge) = params.optional("code_challenge") else {
        if method.is_some() {
            return Err(OAuthError::invalid_request(
                "code_challenge_method was sent without code_challenge",
            ));
        }
        // OAuth 2.1 §4.1.1: required, save of a confidential client registered without it.
        if client.metadata.require_pkce || client.is_public() {
            return Err(OAuthError::invalid_request(
                "code_challenge is missing: PKCE with S256 is required",
            ));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(OAuthError::invalid_request(
            "code_challenge_method must be S256",
        ));
    }
    let challenge = CodeChallenge::parse(challenge);
    challenge.map(Some).ok_or_else(|| {
        OAuthError::invalid_request(
            "code_challenge must be 43 characters of base64url (RFC 7636 §4.2)",
        )
    })
}

fn prompt(params: &Params) -> Result<Prompt, OAuthError> {
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
                return Err(OAuthError::invalid_request(
                    "prompt holds a word that is not known",
                ));
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(OAuthError::invalid_request(
            "prompt none stands alone (OIDC Core §3.1.2.1)",
        ));
    }
    Ok(prompt)
}

fn max_age(params: &Params) -> Result<Option<i64>, OAuthError> {
    let parse = |text: &str| text.parse::<u32>().map(i64::from);
    let max_age = params.optional("max_age").map(parse).transpose();
    max_age.map_err(|_| OAuthError::invalid_request("max_age must be a number of seconds"))
}
