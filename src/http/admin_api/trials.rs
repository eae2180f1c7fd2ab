//! `/trials`: test sign-ins of administrators. The server is the client: it generates `state` and verifier, receives
//! the code at its own callback, and shows the content of the tokens. The tokens themselves are never sent out.

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{self, Answer, id},
    extract::Body,
    guard::Admin,
    problem::Problem,
};
use crate::{
    admin::{
        token_checks,
        traces::{self, RefusedView},
    },
    app::{
        App, SharedApp,
        trials::{CALLBACK, InjectedFault, Run, Stage},
    },
    crypto::{hash, random},
    domain::{audit::AuditEvent, client::AuthMethod, id::Id, secret::Secret},
    http::{respond, trial_client},
    oauth::BASE,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Asked {
    client_id: String,
    #[schemars(extend("enum" = ["authorization_code", "client_credentials", "device_code"]))]
    grant: String,
    client_secret: Option<Secret>,
    scope: Option<String>,
    resource: Option<String>,
    #[serde(rename = "inject")]
    broken: Option<String>,
}

pub async fn begin(app: web::Data<App>, request: HttpRequest, body: Body, admin: Admin) -> Answer {
    let owner = owner(&admin)?;
    let asked: Asked = answer::read(&body)?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let client = app.directory.snapshot().client(&asked.client_id).cloned();
    let client = client
        .filter(|client| !client.disabled)
        .ok_or_else(|| Problem::invalid("client_id", "must be an enabled client"))?;
    if client.metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt {
        return Err(Problem::invalid(
            "client_id",
            "uses private_key_jwt, and Keyfob does not have the private key. Test it from the client itself",
        ));
    }
    let client_secret = asked.client_secret.filter(|secret| !secret.is_empty());
    if !client.is_public() && client_secret.is_none() {
        return Err(Problem::invalid(
            "client_secret",
            "is required. The server stores only a hash of the client secret",
        ));
    }
    let broken = given(asked.broken)
        .map(|text| {
            InjectedFault::parse(&text)
                .ok_or_else(|| Problem::invalid("inject", "is not a known simulated error"))
        })
        .transpose()?;
    let address = respond::address(&request);
    let mut run = Run {
        id: app.new_id(),
        owner,
        begun_at: app.now(),
        client_id: asked.client_id,
        client_secret,
        broken,
        resource: given(asked.resource),
        state: random::secret(),
        verifier: random::secret(),
        stage: Stage::Waiting,
        done: Vec::new(),
        authorize: None,
        device_code: None,
        user_code: None,
        tokens: Vec::new(),
    };
    let scope = given(asked.scope);
    match asked.grant.as_str() {
        "authorization_code" => run.authorize = Some(authorize(&app, &run, scope.as_deref())),
        "client_credentials" => {
            trial_client::client_credentials(&app, &mut run, scope.as_deref(), address).await;
        }
        "device_code" => {
            trial_client::device(&app, &mut run, scope.as_deref(), address).await;
        }
        _ => {
            return Err(Problem::invalid(
                "grant",
                "must be authorization_code, client_credentials or device_code",
            ));
        }
    }
    let actor = admin.signed_in.as_ref().map(|admin| admin.user.sub.clone());
    let mut event = AuditEvent::ok("trial.started").client(&run.client_id);
    event.actor = actor.map(|sub| sub.to_string());
    app.audit(event.address(address)).await?;
    let shown = shown(&app, &run);
    app.trials.begin(run);
    answer::created(&shown)
}

/// A test sign-in belongs to a session, so an access token cannot start one.
fn owner(admin: &Admin) -> Result<Id, Problem> {
    let session = admin.signed_in.as_ref().map(|admin| admin.session.id);
    session
        .ok_or_else(|| Problem::new(400, "no_session", "Test sign-ins require an admin session."))
}

/// Authorization request of the test sign-in.
fn authorize(app: &App, run: &Run, scope: Option<&str>) -> String {
    let callback = format!("{}{CALLBACK}", app.config.issuer);
    let callback = match run.broken {
        Some(InjectedFault::UnregisteredRedirect) => format!("{callback}/elsewhere"),
        _ => callback,
    };
    let challenge = hash::base64url(&hash::sha256(run.verifier.expose().as_bytes()));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", run.client_id.as_str()),
        ("redirect_uri", callback.as_str()),
        ("state", run.state.expose()),
    ]);
    let optional = [("scope", scope), ("resource", run.resource.as_deref())];
    for (name, value) in optional {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    if run.broken != Some(InjectedFault::NoPkce) {
        query.append_pair("code_challenge", &challenge);
        query.append_pair("code_challenge_method", "S256");
    }
    format!("{BASE}/authorize?{}", query.finish())
}

fn find(app: &App, admin: &Admin, path: &str) -> Result<Run, Problem> {
    let run = app.trials.get(app.now(), owner(admin)?, id(path)?);
    run.ok_or_else(|| Problem::not_found("This test sign-in is finished. Start a new one."))
}

pub async fn get(app: web::Data<App>, path: web::Path<String>, admin: Admin) -> Answer {
    answer::json(&shown(&app, &find(&app, &admin, &path)?))
}

/// Steps available with the tokens of the test sign-in: `refresh`, `userinfo`, `token_exchange` and `delegated`, or
/// `poll` while the device is pending.
pub async fn step(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    admin: Admin,
) -> Answer {
    let (path, step) = path.into_inner();
    let mut run = find(&app, &admin, &path)?;
    let address = respond::address(&request);
    if !next(&run).contains(&step.as_str()) {
        return Err(Problem::new(
            409,
            "conflict",
            "This step is not available for this test sign-in. Use one of the steps in `next`.",
        ));
    }
    trial_client::step(&app, &mut run, &step, address).await;
    app.trials.put(app.now(), run.clone());
    answer::json(&shown(&app, &run))
}

fn next(run: &Run) -> Vec<&'static str> {
    if run.stage == Stage::Waiting && run.device_code.is_some() {
        return vec!["poll"];
    }
    let has = |name: &str| run.token(name).is_some();
    let steps = [
        ("userinfo", has("access_token")),
        ("refresh", has("refresh_token")),
        ("token_exchange", has("access_token")),
        ("delegated", has("access_token")),
    ];
    steps
        .into_iter()
        .filter_map(|(step, can)| can.then_some(step))
        .collect()
}

/// A test sign-in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminTrial")]
pub struct Trial {
    id: Id,
    client_id: String,
    #[schemars(extend("enum" = ["waiting", "done", "failed"]))]
    stage: &'static str,
    /// URL at which the browser starts.
    authorize: Option<String>,
    user_code: Option<String>,
    verification_uri: Option<String>,
    done: Vec<TrialStep>,
    tokens: Vec<TrialToken>,
    /// Available next steps.
    next: Vec<&'static str>,
}

/// Result of a step of a test sign-in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminTrialStep")]
struct TrialStep {
    title: &'static str,
    refused: Option<RefusedView>,
    /// ID of its trace.
    trace_id: Option<Id>,
}

/// A token of a test sign-in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminTrialToken")]
struct TrialToken {
    name: &'static str,
    token: Option<token_checks::Inspection>,
    checks: Vec<token_checks::Check>,
}

fn shown(app: &SharedApp, run: &Run) -> Trial {
    let done = run.done.iter().map(|done| TrialStep {
        title: done.title,
        refused: done.refused.as_ref().map(traces::refused),
        trace_id: done.trace,
    });
    let tokens = run.tokens.iter().map(|(name, token)| TrialToken {
        name,
        token: token_checks::inspect(token.expose()).ok(),
        checks: token_checks::verify(app, token.expose(), None).unwrap_or_default(),
    });
    let code = run.user_code.as_ref();
    Trial {
        id: run.id,
        client_id: run.client_id.clone(),
        stage: match run.stage {
            Stage::Waiting => "waiting",
            Stage::Done => "done",
            Stage::Failed => "failed",
        },
        authorize: run
            .authorize
            .clone()
            .filter(|_| run.stage == Stage::Waiting),
        user_code: code.map(ToString::to_string),
        verification_uri: code.map(|code| format!("/device?user_code={code}")),
        done: done.collect(),
        tokens: tokens.collect(),
        next: next(run),
    }
}
