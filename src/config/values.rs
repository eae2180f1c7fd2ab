//! Values of all settings, with their sources.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Config, InvalidConfig, Live, Mode, Start, Traces, given::Origin, text_file};

/// Values and sources.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub config: Config,
    pub live: Live,
    pub start: Start,
    /// Sources by the setting's key; a missing one is the default.
    pub origins: BTreeMap<&'static str, Origin>,
}

impl Settings {
    /// Checks every value against the others. Whatever passes needs no check later.
    pub fn check(self) -> Result<Self, InvalidConfig> {
        if self.start.admin_username.is_some() && self.start.admin_password.is_none() {
            return Err(InvalidConfig {
                key: "admin_username",
                reason: "requires admin_password".into(),
            });
        }
        self.live.check()?;
        let ca_file = self.live.outbound_ca_file.as_deref();
        if let Some(reason) = ca_file.and_then(no_certificates) {
            return Err(InvalidConfig {
                key: "outbound_ca_file",
                reason,
            });
        }
        Ok(Self {
            config: self.config.check()?,
            ..self
        })
    }

    /// Source of this setting.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or_default()
    }

    /// Internal networks allowed for outbound requests.
    pub fn reachable_networks(&self) -> Vec<IpNet> {
        let mut networks = self.live.outbound_allow.clone();
        if self.config.is_dev() {
            networks.push(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into());
            networks.push(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into());
        }
        networks
    }

    /// Whether browsers are redirected to `http` URIs on private networks.
    pub fn allows_insecure_redirects(&self) -> bool {
        self.live.allow_insecure_redirects || self.config.is_dev()
    }

    /// Exchanges that are traced.
    pub fn traces(&self) -> Traces {
        self.live.traces.unwrap_or(match self.config.mode {
            Mode::Server => Traces::Errors,
            Mode::Dev => Traces::All,
        })
    }
}

/// Reason why a file has no certificates, if any.
fn no_certificates(path: &Path) -> Option<String> {
    match text_file::read(path) {
        Ok(pem) if pem.contains("-----BEGIN CERTIFICATE-----") => None,
        Ok(_) => Some(format!("{} contains no PEM certificate", path.display())),
        Err(reason) => Some(reason),
    }
}
