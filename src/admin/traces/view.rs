//! A trace as it is shown. Times are RFC 3339.

use schemars::JsonSchema;
use serde::Serialize;

use super::commands::{curl, httpie};
use crate::{
    app::App,
    domain::{grant_type::GrantType, id::Id},
    trace::{self, CATALOGUE, Explanation, RecordedTrace, Refused, Step, TraceOutcome},
};

/// A trace in the list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminTrace")]
pub struct TraceItem {
    pub id: Id,
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    pub username: Option<String>,
    /// Kind of the trace.
    pub title: &'static str,
    pub outcome: TraceOutcome,
    pub error: Option<&'static str>,
    /// Code of the failure reason.
    pub reason: Option<&'static str>,
    /// Suggested fix.
    pub fix: Option<&'static str>,
    /// Last event, in one sentence.
    pub summary: String,
    pub exchanges: usize,
    /// From the first exchange to the end of the last one.
    pub milliseconds: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminTraceWithSteps")]
pub struct TraceView {
    #[serde(flatten)]
    pub item: TraceItem,
    pub steps: Vec<StepView>,
    /// Number of exchanges in the middle that were not kept.
    pub left_out: u32,
    /// Quick fix, if there is one.
    pub quick_fix: Option<QuickFix>,
}

/// Change of the client with which the request would succeed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminQuickFix")]
pub struct QuickFix {
    pub client_id: String,
    /// `redirect_uris` or `cors_origins`.
    pub member: &'static str,
    pub value: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminTraceStep")]
pub struct StepView {
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub milliseconds: f64,
    #[serde(flatten)]
    pub step: Step,
    pub refused: Option<RefusedView>,
    pub curl: String,
    pub httpie: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdminRefused")]
pub struct RefusedView {
    #[serde(flatten)]
    pub refused: Refused,
    pub standard: Option<&'static str>,
    pub link: Option<String>,
    pub fix: Option<&'static str>,
}

impl TraceItem {
    pub fn of(app: &App, trace: &RecordedTrace) -> Self {
        let refused = trace.refused();
        let last = trace.steps.last();
        let ended = last.map_or(0, |step| step.at.0);
        let began = trace
            .steps
            .first()
            .map_or(0, |step| step.at.0 - millis(step.micros));
        let snapshot = app.directory.snapshot();
        let client = trace
            .client_id
            .as_deref()
            .and_then(|id| snapshot.client(id));
        Self {
            id: trace.id,
            started_at: trace
                .steps
                .first()
                .map_or(trace.id.made_at(), |step| step.at)
                .rfc3339(),
            client_id: trace.client_id.clone(),
            client_name: client.map(|client| client.display_name().to_owned()),
            username: trace.username.clone(),
            title: title(trace),
            outcome: trace.outcome(),
            error: refused.map(|refused| refused.error),
            reason: refused.and_then(|refused| refused.reason),
            fix: refused.and_then(|it| known(it.reason)).map(|row| row.fix),
            summary: match (refused, last) {
                (Some(refused), _) => refused.description.clone(),
                (None, Some(step)) => step.says.clone().unwrap_or_else(|| said(step)),
                (None, None) => String::new(),
            },
            exchanges: trace.steps.len(),
            milliseconds: (ended - began).max(0),
        }
    }
}

fn millis(micros: u64) -> i64 {
    i64::try_from(micros / 1000).unwrap_or(i64::MAX)
}

fn said(step: &Step) -> String {
    match &step.to {
        Some(to) => format!("{} {}: {} to {to}", step.method, step.path, step.status),
        None => format!("{} {}: {}", step.method, step.path, step.status),
    }
}

fn title(trace: &RecordedTrace) -> &'static str {
    let is_cors = |refused: &Refused| refused.reason == Some("origin_not_registered");
    if trace.refused().is_some_and(is_cors) {
        return "Cross-origin request";
    }
    let goes_by = |name: &str| trace.steps.iter().any(|step| step.path.ends_with(name));
    let grant = trace.steps.iter().find_map(|step| step.param("grant_type"));
    if goes_by("/authorize") || goes_by("/par") {
        let pkce = trace
            .steps
            .iter()
            .any(|step| step.param("code_challenge").is_some());
        return if pkce {
            "Sign-in (code with PKCE)"
        } else {
            "Sign-in (code without PKCE)"
        };
    }
    if goes_by("/device_authorization") || goes_by("/device") {
        return "Device sign-in";
    }
    match grant.and_then(GrantType::parse) {
        Some(GrantType::AuthorizationCode) => "Code exchange",
        Some(GrantType::RefreshToken) => "Token refresh",
        Some(GrantType::ClientCredentials) => "Client credentials",
        Some(GrantType::DeviceCode) => "Device sign-in",
        Some(GrantType::TokenExchange) => "Token exchange",
        Some(GrantType::JwtBearer) => "JWT bearer grant",
        None if goes_by("/token") => "Token request",
        None if goes_by("/userinfo") => "UserInfo",
        None if goes_by("/delegated-token") => "Delegated token",
        None if goes_by("/principal-token") => "Principal token",
        None => "Request",
    }
}

impl TraceView {
    pub fn of(app: &App, trace: &RecordedTrace) -> Self {
        let issuer = &app.config.issuer;
        Self {
            item: TraceItem::of(app, trace),
            steps: trace.steps.iter().map(|step| view(issuer, step)).collect(),
            left_out: trace.left_out,
            quick_fix: quick_fix(trace),
        }
    }
}

/// Redirect URI or origin of a known client that was not registered.
fn quick_fix(trace: &RecordedTrace) -> Option<QuickFix> {
    let refused = trace.refused()?;
    let member = match refused.reason? {
        "redirect_uri_not_registered" => "redirect_uris",
        "origin_not_registered" => "cors_origins",
        _ => return None,
    };
    Some(QuickFix {
        client_id: trace.client_id.clone()?,
        member,
        // For a URL with a query, only the names of its parameters are kept.
        value: refused.sent.clone().filter(|sent| !sent.contains('…'))?,
    })
}

fn view(issuer: &str, step: &Step) -> StepView {
    StepView {
        at: step.at.rfc3339(),
        milliseconds: f64::from(u32::try_from(step.micros).unwrap_or(u32::MAX)) / 1000.0,
        step: step.clone(),
        refused: step.refused.as_ref().map(refused),
        curl: curl(issuer, step),
        httpie: httpie(issuer, step),
    }
}

fn known(reason: Option<&str>) -> Option<&'static Explanation> {
    reason.and_then(|reason| CATALOGUE.iter().find(|row| row.code == reason))
}

/// Failure with its entry in the catalogue.
pub fn refused(refused: &Refused) -> RefusedView {
    let known = known(refused.reason);
    RefusedView {
        refused: refused.clone(),
        standard: known.map(|row| row.standard),
        link: known.and_then(|row| trace::link(row.standard)),
        fix: known.map(|row| row.fix),
    }
}
