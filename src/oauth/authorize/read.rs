//! Reads an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC 7636 §4.3).

use super::{
    Refusal,
    checks::CHECKS,
    party,
    request::{AuthorizationRequest, Prompt},
    submission::Submission,
};
use crate::{
    app::{App, trials::CALLBACK},
    domain::{claims_request::ClaimsRequest, id::Id, scope::ScopeSet},
    oauth::params::Params,
    trace::Trace,
};

impl AuthorizationRequest {
    /// Verifies the client and its redirect URI first: until then, nothing is redirected. Then runs [`CHECKS`].
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
        let client = trace.check("client_id", party::client(app, params))?;
        trace.sign_in(client.client_id.as_str());
        let reply_to = trace.check("redirect_uri", party::reply_to(app, &client, params))?;
        // A test sign-in finds its trace by `state`.
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
}
