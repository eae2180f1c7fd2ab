//! Error of a member.

/// A member that cannot be. `member` is its name, with an index where it is a list:
/// `redirect_uris[1]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {reason}")]
pub struct InvalidMember {
    pub member: String,
    pub reason: String,
}

impl InvalidMember {
    pub fn new(member: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            member: member.into(),
            reason: reason.into(),
        }
    }
}
