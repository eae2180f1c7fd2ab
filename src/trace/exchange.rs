//! One exchange, and the exchanges of one sign-in.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    checks::Check,
    mask::{Mark, Sent},
};
use crate::domain::{
    id::Id,
    time::{UnixMillis, UnixSeconds},
};

/// Where the parameters were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Encoding {
    #[default]
    Query,
    Form,
    Json,
}

/// Failure of a request, without secrets of the caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// The value of `error`.
    pub error: &'static str,
    pub description: String,
    /// Whether it only tells the client to retry.
    #[serde(skip)]
    pub is_routine: bool,
    /// The catalogue's code for the reason, if it has one.
    pub reason: Option<&'static str>,
    /// The check that did not pass, if it is known.
    pub check: Option<&'static str>,
    pub sent: Option<String>,
    pub expected: Vec<String>,
}

/// A request and its response. Its JSON is shown to administrators, with additions by a view: times, and the catalogue
/// entry of a failure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    #[serde(skip)]
    pub at: UnixMillis,
    #[serde(skip)]
    pub micros: u64,
    pub method: String,
    pub path: String,
    pub encoding: Encoding,
    pub sent: Vec<Sent>,
    /// The `Authorization` header: the scheme as its name, masked.
    pub authorization: Option<Sent>,
    /// Origin of the page that sent it.
    pub origin: Option<String>,
    pub status: u16,
    /// Redirect target of the response, without its query.
    pub to: Option<String>,
    /// Result, in a few words.
    pub says: Option<String>,
    /// The checks that ran, in their order.
    pub checks: Vec<Check>,
    #[serde(skip)]
    pub refused: Option<Refused>,
    /// Whether the request has succeeded.
    #[serde(skip)]
    pub yields: bool,
    /// Number of identical requests with the same response.
    pub times: u32,
}

impl Step {
    /// The value of a parameter that is not masked.
    pub fn param(&self, name: &str) -> Option<&str> {
        let sent = self.sent.iter().find(|sent| sent.name == name)?;
        sent.value.as_deref()
    }

    /// Whether it repeats the previous one, as when a device polls or a client uses its tokens.
    pub(super) fn repeats(&self, earlier: &Step) -> bool {
        let error = |step: &Step| step.refused.as_ref().map(|refused| refused.error);
        let is_routine = match &self.refused {
            Some(refused) => refused.is_routine,
            None => self.method == "GET" || self.param("grant_type") == Some("refresh_token"),
        };
        is_routine
            && error(self) == error(earlier)
            && self.method == earlier.method
            && self.path == earlier.path
            && self.status == earlier.status
            && self.param("grant_type") == earlier.param("grant_type")
    }

    /// Approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let refused = self.refused.as_ref().map_or(0, |refused| {
            refused.description.len()
                + text(&refused.sent)
                + refused.expected.iter().map(String::len).sum::<usize>()
        });
        let sent = self.sent.iter().chain(&self.authorization);
        size_of::<Self>()
            + self.path.len()
            + text(&self.origin)
            + text(&self.to)
            + text(&self.says)
            + refused
            + size_of_val(self.checks.as_slice())
            + sent.map(Sent::bytes).sum::<usize>()
    }
}

/// Outcome of a trace so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum TraceOutcome {
    Ok,
    Failed,
    /// Waiting for the next step.
    Open,
}

impl TraceOutcome {
    pub const ALL: [(TraceOutcome, &'static str); 3] = [
        (TraceOutcome::Failed, "failed"),
        (TraceOutcome::Ok, "ok"),
        (TraceOutcome::Open, "open"),
    ];

    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, name)| *name == text).map(|(one, _)| one)
    }
}

/// Exchanges of one sign-in, or one separate request.
#[derive(Clone, Debug)]
pub struct RecordedTrace {
    pub id: Id,
    pub client_id: Option<String>,
    pub username: Option<String>,
    pub steps: Vec<Step>,
    /// Exchanges that were left out since there were too many.
    pub left_out: u32,
    pub last_at: UnixSeconds,
    pub(super) marks: Vec<Mark>,
    pub(super) bytes: usize,
}

impl RecordedTrace {
    /// Size of its names in bytes.
    pub(super) fn name_bytes(&self) -> usize {
        let names = self.client_id.iter().chain(&self.username);
        names.map(String::len).sum()
    }

    /// Outcome of the last decisive step.
    pub fn outcome(&self) -> TraceOutcome {
        for step in self.steps.iter().rev() {
            match &step.refused {
                Some(refused) if refused.is_routine => return TraceOutcome::Open,
                Some(_) => return TraceOutcome::Failed,
                None if step.yields => return TraceOutcome::Ok,
                None => {}
            }
        }
        TraceOutcome::Open
    }

    /// Latest failure.
    pub fn refused(&self) -> Option<&Refused> {
        let refused = self
            .steps
            .iter()
            .rev()
            .find_map(|step| step.refused.as_ref());
        refused.filter(|_| self.outcome() == TraceOutcome::Failed)
    }
}

/// An exchange for tests.
#[cfg(test)]
pub(super) fn sample() -> Step {
    Step {
        at: UnixMillis(0),
        micros: 1,
        method: "GET".into(),
        path: "/x".repeat(500),
        encoding: Encoding::Query,
        sent: Vec::new(),
        authorization: None,
        origin: None,
        status: 200,
        to: None,
        says: None,
        checks: Vec::new(),
        refused: None,
        yields: false,
        times: 1,
    }
}
