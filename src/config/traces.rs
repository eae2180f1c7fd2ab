//! Requests that the server traces.

use std::str::FromStr;

/// Exchanges that are recorded, in memory, for administrators. Default: `errors`, or `all` in development mode:
/// [`crate::config::Live::traces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    Off,
    /// Sign-ins from their start, and every failed request.
    Errors,
    /// Also successful requests of machines.
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
