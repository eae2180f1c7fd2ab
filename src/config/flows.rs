//! Which requests the server remembers as flows.

use std::str::FromStr;

/// Which exchanges are remembered, in memory, for an administrator to look at. What is not said is
/// `errors`, and `all` in dev mode: [`crate::config::Config::flows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flows {
    Off,
    /// Sign-ins from their beginning, and every refusal.
    Errors,
    /// Also what machines ask for and get.
    All,
}

impl Flows {
    pub const fn as_str(self) -> &'static str {
        match self {
            Flows::Off => "off",
            Flows::Errors => "errors",
            Flows::All => "all",
        }
    }
}

impl FromStr for Flows {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Flows::Off),
            "errors" => Ok(Flows::Errors),
            "all" => Ok(Flows::All),
            _ => Err("must be off, errors or all".into()),
        }
    }
}
