//! Reads an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC 7636 §4.3).

use std::sync::Arc;

use crate::{
    app::{App, tries::CALLBACK},
    domain::{
        claims_request::ClaimsRequest,
        client::{Client, RedirectUriRefusal},
        id::Id,
        pkce::CodeChallenge,
        scope::ScopeSet,
    },
    oauth::{
        authorize::{Refusal, ReplyTo, ResponseMode, checks::CHECKS, submission::Submission},
        claims::{CLAIMS, Claim},
        client_metadata_document,
        error::OAuthError,
        params::Params,
    },
    trace::{Reason, Trace},
};

/// An authorization request that keeps every rule.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub client: Arc<Client>,
    /// The pushed request that it is (RFC 9126).
    pub pushed: Option<Id>,
    /// Whether the client has signed it (RFC 9101).
    pub signed: bool,
    pub reply_to: ReplyTo,
    /// As it was sent; `None` if the client's only one was meant.
    pub redirect_uri: Option<String>,
    pub scope: ScopeSet,
    /// The resources it is for (RFC 8707 §2.1).
    pub resources: Vec<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    /// The key to which its code is to be bound (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    pub prompt: Prompt,
    /// In seconds; the client's `default_max_age` where the request names none.
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// The user who must be the one signed in.
    pub expected_sub: Option<String>,
    /// Asked for one by one (OIDC Core §5.5).
    pub claims: ClaimsRequest,
    /// The only values of `acr` that will do; empty if any will.
    pub essential_acr: Vec<String>,
}

/// `prompt`, OIDC Core §3.1.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

/// The parameters that are read beside those of [`CHECKS`]: here, and by the pages that a request leads to.
const READ_BESIDE: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_mode",
    "state",
    "nonce",
    "login_hint",
    "ui_locales",
];

/// Whether anything reads this parameter of an authorization request.
pub fn is_read(name: &str) -> bool {
    let mut checked = CHECKS.iter().flat_map(|check| check.reads);
    READ_BESIDE.contains(&name) || checked.any(|read| *read == name)
}

impl AuthorizationRequest {
    /// First who asks and where the answer goes: until both are proved nothing is redirected. Then
    /// every rule of [`CHECKS`].
    pub fn read(app: &App, trace: &Trace, submission: &Submission) -> Result<Self, Refusal> {
        let params = trace.part("parameters", submission.params())?;
        Self::of(app, trace, &params, submission.pushed, submission.signed)
    }

    /// [`AuthorizationRequest::read`] where the parameters are at hand.
    pub fn of(
        app: &App,
        trace: &Trace,
        params: &Params,
        pushed: Option<Id>,
        signed: bool,
    ) -> Result<Self, Refusal> {
        let client = trace.check("client_id", client(app, params))?;
        trace.sign_in(client.client_id.as_str());
        let reply_to = trace.check("redirect_uri", reply_to(&client, params))?;
        // By its state a trial run finds the trace of its sign-in.
        if let Some(state) = &reply_to.state
            && reply_to.redirect_uri.as_str().ends_with(CALLBACK)
        {
            trace.gives(state);
        }
        let text = |name| params.optional(name).map(str::to_owned);
        let mut request = Self {
            client,
            pushed,
            signed,
            reply_to,
            redirect_uri: text("redirect_uri"),
            scope: ScopeSet::default(),
            resources: Vec::new(),
            nonce: text("nonce"),
            code_challenge: None,
            dpop_jkt: None,
            prompt: Prompt::default(),
            max_age: None,
            login_hint: text("login_hint"),
            expected_sub: None,
            claims: ClaimsRequest::default(),
            essential_acr: Vec::new(),
        };
        for check in CHECKS {
            let result = (check.run)(app, params, &mut request);
            trace
                .check_if(check.has_subject(params), check.name, result)
                .map_err(|error| Refusal::Redirect(request.reply_to.clone(), error))?;
        }
        Ok(request)
    }

    /// The claims that it asks for and that none of its scopes releases.
    pub fn claims_alone(&self) -> impl Iterator<Item = &'static Claim> {
        CLAIMS.iter().filter(|claim| {
            let name = claim.name;
            let asked = self.claims.userinfo.contains(name) || self.claims.id_token.contains(name);
            asked && !self.scope.contains(claim.scope)
        })
    }
}

/// The client that asks.
pub fn client(app: &App, params: &Params) -> Result<Arc<Client>, Refusal> {
    let refusal = |reason: Reason| Refusal::page(reason.into());
    let client_id = params.optional("client_id");
    let client_id = client_id.ok_or_else(|| refusal(Reason::ClientMissing))?;
    let client = client_metadata_document::known(app, client_id);
    let client = client.ok_or_else(|| refusal(Reason::ClientUnknown))?;
    Ok(app.tries.with_callback(
        app.now(),
        &app.config.issuer,
        client,
        params.optional("redirect_uri"),
        params.optional("state"),
    ))
}

/// Where the answer goes: an address that is registered for the client.
pub fn reply_to(client: &Client, params: &Params) -> Result<ReplyTo, Refusal> {
    let redirect_uri = params.optional("redirect_uri");
    Ok(ReplyTo {
        client_id: client.client_id.clone(),
        redirect_uri: client
            .verify_redirect_uri(redirect_uri)
            .map_err(|refusal| bad_address(client, redirect_uri, refusal))?,
        response_mode: match params.optional("response_mode") {
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        },
        state: params.optional("state").map(str::to_owned),
    })
}

fn bad_address(client: &Client, sent: Option<&str>, refusal: RedirectUriRefusal) -> Refusal {
    let reason = match refusal {
        RedirectUriRefusal::NotRegistered => Reason::RedirectUriNotRegistered,
        RedirectUriRefusal::Missing => Reason::RedirectUriMissing,
    };
    let registered = client.redirect_uris_beside(sent.unwrap_or_default());
    let error = OAuthError::from(reason).comparing(sent, registered.clone());
    Refusal::Page {
        error,
        sent: sent.map(str::to_owned),
        registered,
    }
}
