//! Which requests the server remembers as traces.

use std::str::FromStr;

/// Which exchanges are remembered, in memory, for an administrator to look at. What is not said is
/// `errors`, and `all` in dev mode: [`crate::config::Live::traces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    Off,
    /// Sign-ins from their beginning, and every refusal.
    Errors,
    /// Also what machines ask for and get.
    All,
}

impl Traces {
    pub const fn as_str(self) -> &'static str {
        match self {
            Traces::Off => "off",
            Traces::Errors => "errors",
            Traces::All => "all",
        }
    }
}

impl FromStr for Traces {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Traces::Off),
            "errors" => Ok(Traces::Errors),
            "all" => Ok(Traces::All),
            _ => Err("must be off, errors or all".into()),
        }
    }
}
