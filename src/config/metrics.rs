//! Who may read the server's counters.

use std::str::FromStr;

/// Who may read `/metrics`. It tells how much a server is used, and of what it refuses: nothing for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    /// There is no such address.
    #[default]
    Off,
    /// This machine, without a proxy between, and whoever may use the admin API.
    Loopback,
    /// Whoever may use the admin API.
    Admin,
}

impl Metrics {
    pub const fn as_str(self) -> &'static str {
        match self {
            Metrics::Off => "off",
            Metrics::Loopback => "loopback",
            Metrics::Admin => "admin",
        }
    }
}

impl FromStr for Metrics {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Metrics::Off),
            "loopback" => Ok(Metrics::Loopback),
            "admin" => Ok(Metrics::Admin),
            _ => Err("must be off, loopback or admin".into()),
        }
    }
}
