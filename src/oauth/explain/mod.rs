//! Why a request was refused, for the people who have to mend it: the rule, where it stands, and what to
//! do. None of it is told to whoever asked: it goes to the flows, which administrators read.

mod catalogue;
mod order;

pub use self::{
    catalogue::{CATALOGUE, Explanation, Reason, explanation, link},
    order::checks_of,
};
use crate::{domain::id::Id, oauth::error::OAuthError};

/// What a refusal says beside its `error` and its text.
#[derive(Clone, Debug, Default)]
pub struct Why {
    pub reason: Option<Reason>,
    /// The check that did not pass, where the reason alone does not say it.
    pub check: Option<&'static str>,
    /// What was sent, if it is no secret.
    pub sent: Option<String>,
    /// Any of which would have passed.
    pub expected: Vec<String>,
    /// The flow in which it is told, where the audit log names it.
    pub flow: Option<Id>,
}

impl OAuthError {
    /// Names the reason.
    pub fn because(mut self, reason: Reason) -> Self {
        self.why.get_or_insert_default().reason = Some(reason);
        self
    }

    /// Names the check that did not pass.
    pub fn at(mut self, check: &'static str) -> Self {
        self.why.get_or_insert_default().check = Some(check);
        self
    }

    /// Puts what was sent beside what would have passed. Neither may be a secret.
    pub fn comparing(
        mut self,
        sent: Option<&str>,
        expected: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let why = self.why.get_or_insert_default();
        why.sent = Some(sent.unwrap_or_default().to_owned());
        why.expected = expected.into_iter().map(Into::into).collect();
        self
    }

    /// Names the flow in which it is told.
    pub fn in_flow(mut self, flow: Option<Id>) -> Self {
        if flow.is_some() {
            self.why.get_or_insert_default().flow = flow;
        }
        self
    }

    /// The check that did not pass, if it is known.
    pub fn check(&self) -> Option<&'static str> {
        let why = self.why.as_deref()?;
        why.check.or_else(|| Some(explanation(why.reason?)?.check))
    }
}
