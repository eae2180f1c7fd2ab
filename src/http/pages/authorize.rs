//! `GET` and `POST /api/v1/oauth/authorize`.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::Cookie,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web,
};

use super::{
    browser::Browser,
    html,
    interaction::{self, Destination, Interaction},
    own_get, reader,
    views::FormPost,
};
use crate::{
    app::{App, SharedApp},
    http::{
        body::{Body, is_form},
        caller::is_cross_origin,
        endpoint::{Endpoint, at},
        openapi::operation::{OAUTH, Operation, operation},
        recording, respond,
    },
    oauth::{
        BASE,
        authorize::{
            Refusal, ReplyTo, ResponseMode,
            decide::{self, Decision, SignedIn},
            request::AuthorizationRequest,
            respond::{self as answers, NotAnswered},
            submission::Submission,
        },
        client_metadata_document,
        error::{ErrorCode, OAuthError},
        forms,
        params::Params,
    },
    throttle::Network,
    trace::Trace,
};

/// The endpoint, at a path under the API's own.
pub fn endpoint() -> Endpoint {
    let shown = operation(
        "authorize_api_v1_oauth_authorize_get",
        OAUTH,
        "Authorization Endpoint",
    )
    .about(
        "Start of a sign-in in the browser: authorization code flow with PKCE (OAuth 2.1, OpenID Connect Core \
         §3.1.2).",
    )
    .query::<forms::AuthorizationRequest>();
    let sent = operation(
        "authorize_api_v1_oauth_authorize_post",
        OAUTH,
        "Authorization Endpoint",
    )
    .about("Same as GET, with the parameters in a form (OpenID Connect Core §3.1.2.1).")
    .form::<forms::AuthorizationRequest>();
    at("/authorize")
        .get(authorize, answered(shown))
        .post(authorize, answered(sent))
}

fn answered(operation: Operation) -> Operation {
    operation
        .page(200, "A page that posts the answer to `redirect_uri` (`response_mode=form_post`).")
        .empty(
            303,
            "Redirects to sign-in or consent, or back to `redirect_uri` with `code`, `state` and `iss`, or with \
             `error`, `error_description`, `state` and `iss` (RFC 6749 §4.1.2, RFC 9207).",
        )
        .location()
        .page(
            400,
            "An error page. Without a valid client and redirect URI the user is not redirected (RFC 6749 §4.1.2.1).",
        )
        .page(413, "The request is too large.")
        .page(429, "Too many requests from one network.")
        .retry_after()
        .page(503, "The server is overloaded or cannot write to its database.")
        .retry_after()
}

async fn authorize(
    app: web::Data<App>,
    request: HttpRequest,
    trace: Trace,
    body: Body,
) -> HttpResponse {
    let params = if request.method() == Method::POST {
        if !is_form(respond::header_text(&request, "content-type").as_deref()) {
            let error =
                OAuthError::invalid_request("The request must be a form (OIDC Core §3.1.2.1).");
            let error = trace.fail("parameters", error);
            return html::error(&app, &request, &error, None);
        }
        body.0.and_then(|body| Params::from_urlencoded(&body))
    } else {
        Params::from_urlencoded(request.query_string().as_bytes())
    };
    let params = match trace.check("parameters", params) {
        Ok(params) => params,
        Err(error) => return html::error(&app, &request, &error, None),
    };
    reader::asks_for(&request, params.optional("ui_locales"));
    // A POST is equivalent to a GET, so it gets the session cookie, also with `prompt=none` (OIDC Core §3.1.2.1).
    if request.method() == Method::POST && is_cross_origin(&app, &request) {
        let title = reader::language(&request).sign_in();
        let fields = Submission::read_of(&params);
        return own_get::repeat(&app, &request, &format!("{BASE}/authorize"), fields, title);
    }
    if let Err(refusal) = ensure_client_loaded(&app, &request, params.optional("client_id")).await {
        return refused(&app, &request, &refusal, Interacted::No, Vec::new());
    }
    let from = Network::of(respond::address(&request));
    let submission = match Submission::receive(&app, &trace, &params, from).await {
        Ok(submission) => submission,
        Err(refusal) => return refused(&app, &request, &refusal, Interacted::No, Vec::new()),
    };
    let interaction = Interaction::new(
        &app,
        recording::id(&app, &request),
        Destination::Authorize(submission),
    );
    let person = match interaction::signed_in(&app, &request).await {
        Ok(person) => person,
        Err(error) => return html::error(&app, &request, &error.into(), None),
    };
    proceed(
        &app,
        &request,
        interaction,
        person,
        Consented::No,
        Vec::new(),
    )
    .await
}

/// Whether the user has acted for this request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interacted {
    No,
    Yes,
}

impl Interacted {
    /// A interaction is sealed for its browser: nobody else can say that its person has signed in.
    pub(super) fn in_interaction(interaction: &Interaction) -> Self {
        match interaction.signed_in {
            Some(_) => Interacted::Yes,
            None => Interacted::No,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Consented {
    No,
    Yes,
}

/// Continues until the user must do something. The request is parsed again every time.
pub async fn proceed(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: Interaction,
    person: Option<SignedIn>,
    consented: Consented,
    mut cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    let interacted = match consented {
        Consented::Yes => Interacted::Yes,
        Consented::No => Interacted::in_interaction(&interaction),
    };
    let asked = match read(app, request, &interaction).await {
        Ok(asked) => asked,
        Err(refusal) => return refused(app, request, &refusal, interacted, cookies),
    };
    let trace = recording::trace(request);
    let done = interaction.done(person.as_ref(), consented == Consented::Yes);
    let decision = match decide::decide(app, &trace, &asked, person.as_ref(), done) {
        Ok(decision) => decision,
        Err(error) => return html::error(app, request, &error, None),
    };
    let browser = Browser::of(app, request);
    match (decision, person) {
        (Decision::Issue, Some(person)) => {
            let address = respond::address(request);
            let consented = consented == Consented::Yes;
            // A request that led to no page has used nothing.
            let single_use =
                (consented || interaction.signed_in.is_some()).then(|| interaction.single_use());
            let answer =
                answers::issue(app, &trace, &asked, &person, consented, single_use, address);
            match answer.await {
                Ok(parameters) => reply(app, request, &asked.reply_to, &parameters, cookies),
                Err(NotAnswered::Already) => {
                    html::already_answered(app, request, interaction.start_again(), cookies)
                }
                Err(NotAnswered::Refused(error)) => refused(
                    app,
                    request,
                    &Refusal::Redirect(asked.reply_to.clone(), error),
                    interacted,
                    cookies,
                ),
            }
        }
        (Decision::Refuse(error), _) => refused(
            app,
            request,
            &Refusal::Redirect(asked.reply_to.clone(), error),
            interacted,
            cookies,
        ),
        (Decision::Consent(_), Some(_)) => {
            cookies.extend(browser.cookie(app));
            let sealed = browser.seal(app, &interaction);
            html::lead_to(app, request, "/consent", &sealed, cookies)
        }
        (Decision::Login | Decision::Issue | Decision::Consent(_), _) => {
            cookies.extend(browser.cookie(app));
            let sealed = browser.seal(app, &interaction);
            html::lead_to(app, request, "/login", &sealed, cookies)
        }
    }
}

/// The user cancels the sign-in (OIDC Core §3.1.2.6). No event is written, since the user is unknown.
pub(super) async fn decline(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: &Interaction,
) -> HttpResponse {
    let refusal = match read(app, request, interaction).await {
        Ok(asked) => {
            let error = recording::trace(request).fail("sign-in", answers::denied());
            Refusal::Redirect(asked.reply_to, error)
        }
        Err(refusal) => refusal,
    };
    refused(app, request, &refusal, Interacted::Yes, Vec::new())
}

pub(super) async fn read(
    app: &SharedApp,
    request: &HttpRequest,
    interaction: &Interaction,
) -> Result<AuthorizationRequest, Refusal> {
    let Destination::Authorize(submission) = &interaction.to else {
        return Err(Refusal::page(OAuthError::invalid_request(
            "No authorization request for this page.",
        )));
    };
    ensure_client_loaded(app, request, submission.client_id()).await?;
    AuthorizationRequest::read(app, &recording::trace(request), submission)
}

/// Loads a client with a metadata document. Until then, there is no redirect URI for an error.
async fn ensure_client_loaded(
    app: &SharedApp,
    request: &HttpRequest,
    client_id: Option<&str>,
) -> Result<(), Refusal> {
    let from = Network::of(respond::address(request));
    let Some(client_id) = client_id else {
        return Ok(());
    };
    let found = client_metadata_document::find(app, client_id, from).await;
    let found = recording::trace(request).part("client_id", found);
    found.map(drop).map_err(|error| {
        Refusal::page(match error.code {
            ErrorCode::InvalidClient => OAuthError::invalid_request(error.description),
            _ => error,
        })
    })
}

/// The request of a interaction, for the pages that show it.
pub fn shown(app: &App, interaction: &Interaction) -> Option<AuthorizationRequest> {
    match &interaction.to {
        Destination::Authorize(submission) => {
            AuthorizationRequest::read(app, &Trace::off(), submission).ok()
        }
        _ => None,
    }
}

pub(super) fn refused(
    app: &SharedApp,
    request: &HttpRequest,
    refusal: &Refusal,
    interacted: Interacted,
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    let (Refusal::Redirect(_, error) | Refusal::Page { error, .. }) = refusal;
    app.counters.refused("authorize", error.code.as_str());
    match refusal {
        // RFC 9700 §4.11.2: otherwise a link to this server would lead anywhere.
        Refusal::Redirect(reply_to, error)
            if interacted == Interacted::No && !reply_to.is_trusted(app) =>
        {
            html::not_sent_on(app, request, error)
        }
        Refusal::Redirect(reply_to, error) => {
            let told = answers::error(app, reply_to, error);
            respond::with_refusal(reply(app, request, reply_to, &told, cookies), error)
        }
        Refusal::Page {
            error,
            sent,
            registered,
        } => html::error(
            app,
            request,
            error,
            sent.clone().map(|sent| (sent, registered.clone())),
        ),
    }
}

pub(super) fn reply(
    app: &SharedApp,
    request: &HttpRequest,
    reply_to: &ReplyTo,
    parameters: &[(String, String)],
    cookies: Vec<Cookie<'static>>,
) -> HttpResponse {
    match reply_to.response_mode {
        mode @ (ResponseMode::Query | ResponseMode::Fragment) => {
            let pairs: Vec<_> = parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let to = match mode {
                ResponseMode::Fragment => reply_to.redirect_uri.with_fragment(&pairs),
                _ => reply_to.redirect_uri.with_query(&pairs),
            };
            html::send_to(app, request, to, cookies)
        }
        ResponseMode::FormPost => {
            let page = html::page(app, request);
            let view = FormPost {
                title: page.lang.back_to_the_app(),
                page,
                action: reply_to.redirect_uri.as_str().to_owned(),
                fields: parameters.to_vec(),
            };
            let mut page = html::html(200, &view, cookies);
            // So that the origin of the post is the issuer, not `null`.
            let origin_only = HeaderValue::from_static("strict-origin");
            page.headers_mut()
                .insert(header::REFERRER_POLICY, origin_only);
            page
        }
    }
}
