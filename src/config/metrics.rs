//! Access to the server's counters.

use std::str::FromStr;

/// Access to `/metrics`. It shows the use and the failures of a server, so it is not public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    /// The endpoint does not exist.
    #[default]
    Off,
    /// This machine, without a proxy, and callers with access to the admin API.
    Loopback,
    /// Callers with access to the admin API.
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
