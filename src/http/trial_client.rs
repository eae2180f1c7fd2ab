//! Client of a test sign-in. It uses the same functions as any other client, and handles the response at its callback.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    app::{
        App, SharedApp,
        trials::{self, CALLBACK, Done, InjectedFault, Run, Stage},
    },
    crypto::{hash, random},
    domain::{client_address::ClientAddress, id::Id, secret::Secret, token::OpaqueToken},
    http::{
        pages::{html, offer::administrator},
        recording::OwnExchange,
        respond,
    },
    oauth::{
        BASE,
        bearer::{self, Presented, Refused as NotLetIn},
        client_auth,
        delegation::{self, Delegation},
        device,
        error::OAuthError,
        issue::Issued,
        params::Params,
        token::{self, TokenRequest},
        userinfo,
    },
    trace::Refused,
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Response to the authorization request of a test sign-in (RFC 6749 §4.1.2), for the administrator who started it.
pub async fn callback(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = Params::from_urlencoded(request.query_string().as_bytes()).unwrap_or_default();
    let Some(admin) = administrator(&app, &request) else {
        return html::see_other("/admin/trials", Vec::new());
    };
    let state = params.optional("state").unwrap_or_default();
    let Some(mut run) = app.trials.answered(app.now(), admin.session.id, state) else {
        return html::see_other("/admin/trials", Vec::new());
    };
    let address = respond::address(&request);
    match params.optional("code") {
        Some(code) => redeem(&app, &mut run, code, address).await,
        None => {
            run.stage = Stage::Failed;
            let trace = app.traces.of(app.traces.masks.mark(state));
            let remembered = trace.and_then(|id| app.traces.get(app.now(), id));
            let refused = remembered.and_then(|trace| trace.refused().cloned());
            run.done.push(Done {
                title: "Sign-in",
                refused: refused.or_else(|| Some(told(&params))),
                trace,
            });
        }
    }
    let to = format!("/admin/trials/{}", run.id);
    app.trials.put(app.now(), run);
    html::see_other(&to, Vec::new())
}

/// Error in the authorization response.
fn told(params: &Params) -> Refused {
    let text = |name| params.optional(name).unwrap_or_default().to_owned();
    let description: String = text("error_description").chars().take(300).collect();
    Refused {
        error: match params.optional("error") {
            Some("access_denied") => "access_denied",
            Some("login_required") => "login_required",
            Some("invalid_scope") => "invalid_scope",
            Some("invalid_target") => "invalid_target",
            Some("unauthorized_client") => "unauthorized_client",
            _ => "invalid_request",
        },
        description,
        is_routine: false,
        reason: None,
        check: None,
        sent: None,
        expected: Vec::new(),
    }
}

async fn redeem(app: &SharedApp, run: &mut Run, code: &str, address: Option<ClientAddress>) {
    let trace = app.traces.of(app.traces.masks.mark(code));
    run.done.push(Done {
        title: "Sign-in",
        refused: None,
        trace,
    });
    if run.broken == Some(InjectedFault::ExpiredCode)
        && let Ok(code) = code.parse::<OpaqueToken>()
        && let Err(error) = trials::expire_code(&app.store, code.id).await
    {
        tracing::warn!(%error, "test sign-in could not expire its code");
    }
    let wrong = random::secret();
    let challenge = hash::base64url(&hash::sha256(run.verifier.expose().as_bytes()));
    let verifier = match run.broken {
        Some(InjectedFault::WrongVerifier) => wrong.expose(),
        Some(InjectedFault::VerifierIsChallenge) => &challenge,
        _ => run.verifier.expose(),
    }
    .to_owned();
    let callback = match run.broken {
        Some(InjectedFault::WrongRedirect) => format!("{}{CALLBACK}/", app.config.issuer),
        _ => format!("{}{CALLBACK}", app.config.issuer),
    };
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &callback),
    ];
    if run.broken != Some(InjectedFault::NoPkce) {
        fields.push(("code_verifier", &verifier));
    }
    ask(app, run, "Code exchange", &fields, trace, address).await;
    if run.broken == Some(InjectedFault::CodeTwice) {
        ask(app, run, "Code reuse", &fields, trace, address).await;
    }
}

pub async fn client_credentials(
    app: &SharedApp,
    run: &mut Run,
    scope: Option<&str>,
    address: Option<ClientAddress>,
) {
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend(scope.map(|scope| ("scope", scope)));
    ask(app, run, "Client credentials", &fields, None, address).await;
}

/// RFC 8628 §3.1
pub async fn device(
    app: &SharedApp,
    run: &mut Run,
    scope: Option<&str>,
    address: Option<ClientAddress>,
) {
    let mut fields: Vec<_> = scope.map(|scope| ("scope", scope)).into_iter().collect();
    let resource = run.resource.clone();
    fields.extend(resource.as_deref().map(|resource| ("resource", resource)));
    let (params, authorization) = request(run, &fields);
    let authorization = authorization.as_deref();
    let exchange = OwnExchange::begin(app, format!("{BASE}/device_authorization"), None);
    let trace = &exchange.trace;
    let begun = async {
        let client = client_auth::authenticate(app, trace, authorization, &params, address).await?;
        device::begin(app, trace, &client, &params, address).await
    };
    let begun = begun.await;
    let error = begun.as_ref().err();
    let (trace, refused) = exchange.end(&run.client_id, &params, authorization, error);
    if refused.is_some() {
        run.stage = Stage::Failed;
    }
    run.done.push(Done {
        title: "Device authorization",
        refused,
        trace,
    });
    if let Ok(begun) = begun {
        run.user_code = Some(begun.user_code.to_string());
        run.device_code = Some(begun.device_code);
    }
}

/// Next step with the tokens of the test sign-in.
pub async fn step(app: &SharedApp, run: &mut Run, step: &str, address: Option<ClientAddress>) {
    let trace = run.done.iter().rev().find_map(|done| done.trace);
    let token = |name: &str| {
        let token = run.token(name).map(|token| token.expose().to_owned());
        token.unwrap_or_default()
    };
    let (access, refresh) = (token("access_token"), token("refresh_token"));
    match step {
        "poll" => {
            let code = run.device_code.as_ref();
            let code = code
                .map(|code| code.expose().to_owned())
                .unwrap_or_default();
            let fields = [("grant_type", DEVICE), ("device_code", &code)];
            ask(app, run, "Device token", &fields, trace, address).await;
        }
        "refresh" => {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
            ask(app, run, "Refresh", &fields, trace, address).await;
        }
        "token_exchange" => {
            let fields = [
                ("grant_type", EXCHANGE),
                ("subject_token", access.as_str()),
                ("subject_token_type", ACCESS_TOKEN),
            ];
            ask(app, run, "Token exchange", &fields, trace, address).await;
        }
        _ => with_token(app, run, step, &access, trace, address).await,
    }
}

/// Requests with the access token: UserInfo, and a token that acts for its own user.
async fn with_token(
    app: &SharedApp,
    run: &mut Run,
    step: &str,
    access: &str,
    trace: Option<Id>,
    address: Option<ClientAddress>,
) {
    let authorization = format!("Bearer {access}");
    let presented = Presented {
        refreshed: None,
        authorization: Some(authorization.clone()),
        cookie: None,
        dpop: None,
    };
    let (title, endpoint) = match step {
        "userinfo" => ("UserInfo", "userinfo"),
        _ => ("Delegated token", "delegated-token"),
    };
    let exchange = OwnExchange::begin(app, format!("{BASE}/{endpoint}"), trace);
    let trace = &exchange.trace;
    let caller = bearer::authenticate(app, trace, &presented).map_err(|refused| match refused {
        NotLetIn::NoCredentials => OAuthError::invalid_token("An access token is required."),
        NotLetIn::Error(_, error) => error,
    });
    let result = match (step, caller) {
        ("userinfo", Ok((caller, _))) => {
            userinfo::userinfo(app, trace, &caller.claims).map(|_| None)
        }
        (_, Ok((caller, proof))) => {
            let asked = Delegation {
                sub: caller.claims.sub.to_string(),
                scopes: None,
                team_id: None,
            };
            let issued = delegation::delegate(app, trace, &caller, proof, asked, address).await;
            issued.map(Some)
        }
        (_, Err(error)) => Err(error),
    };
    let (params, error) = (Params::default(), result.as_ref().err());
    let (trace, refused) = exchange.end(&run.client_id, &params, Some(&authorization), error);
    run.done.push(Done {
        title,
        refused,
        trace,
    });
    if let Ok(Some(issued)) = result {
        keep(run, "delegated_token", issued.access_token);
    }
}

/// Sends a token request as the client, and stores the result.
async fn ask(
    app: &SharedApp,
    run: &mut Run,
    title: &'static str,
    fields: &[(&str, &str)],
    trace: Option<Id>,
    address: Option<ClientAddress>,
) {
    let mut fields = fields.to_vec();
    let resource = run.resource.clone();
    fields.extend(resource.as_deref().map(|resource| ("resource", resource)));
    let (params, authorization) = request(run, &fields);
    let exchange = OwnExchange::begin(app, format!("{BASE}/token"), trace);
    let asked = TokenRequest {
        params,
        authorization,
        dpop: None,
        tz: None,
        default_tz: None,
        address,
        trace: exchange.trace.clone(),
    };
    let issued = token::exchange(app, &asked).await;
    let authorization = asked.authorization.as_deref();
    let error = issued.as_ref().err();
    let (trace, refused) = exchange.end(&run.client_id, &asked.params, authorization, error);
    run.stage = match &issued {
        Ok(_) => Stage::Done,
        Err(error) if error.code.is_routine() => Stage::Waiting,
        Err(_) => Stage::Failed,
    };
    run.done.push(Done {
        title,
        refused,
        trace,
    });
    if let Ok(issued) = issued {
        take(run, title, issued);
    }
}

fn take(run: &mut Run, title: &str, issued: Issued) {
    let name = match title {
        "Token exchange" => "exchanged_token",
        _ => "access_token",
    };
    keep(run, name, issued.access_token);
    for (name, token) in [
        ("refresh_token", issued.refresh_token),
        ("id_token", issued.id_token),
    ] {
        if let Some(token) = token {
            keep(run, name, token);
        }
    }
}

fn keep(run: &mut Run, name: &'static str, token: Secret) {
    run.tokens.retain(|(known, _)| *known != name);
    run.tokens.push((name, token));
}

/// The parameters and the `Authorization` header of the run's client.
fn request(run: &Run, fields: &[(&str, &str)]) -> (Params, Option<String>) {
    let secret = run.client_secret.as_ref().map(|secret| {
        let wrong = run.broken == Some(InjectedFault::WrongSecret);
        let suffix = if wrong { "-wrong" } else { "" };
        format!("{}{suffix}", secret.expose())
    });
    let mut pairs: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let encode =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let authorization = secret.map(|secret| {
        let pair = format!("{}:{}", encode(&run.client_id), encode(&secret));
        format!("Basic {}", hash::base64(pair.as_bytes()))
    });
    if authorization.is_none() {
        pairs.push(("client_id".to_owned(), run.client_id.clone()));
    }
    (Params::new(pairs).unwrap_or_default(), authorization)
}
