//! Network address that a request came from, in one canonical form: for trust, log, throttle and audit.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// IP address without port and zone. An IPv4 address that a dual-stack listener shows as IPv6
/// (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// Reads one node of `Forwarded` (RFC 7239 §6) or one entry of `X-Forwarded-For`: an address, with a port
    /// or a zone where the proxy adds them. `None` for `unknown`, an obfuscated identifier or anything else.
    pub fn parse_node(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, rest) = bracketed.split_once(']')?;
            let is_complete = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            return v6(address).filter(|_| is_complete);
        }
        match text.split_once(':') {
            // One colon separates IPv4 address and port; an IPv6 address without brackets has more.
            Some((address, port)) if !port.contains(':') => {
                let address: IpAddr = address.parse().ok()?;
                Some(Self::new(address)).filter(|_| is_port(port))
            }
            Some(_) => v6(text),
            None => text.parse().ok().map(Self::new),
        }
    }

    pub fn ip(self) -> IpAddr {
        self.0
    }

    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The zone after `%` names a link of this machine, not an address (RFC 4007 §11.2).
fn v6(text: &str) -> Option<ClientAddress> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    let address: Ipv6Addr = address.parse().ok()?;
    Some(ClientAddress::new(address.into())).filter(|_| !zone.is_empty())
}

/// RFC 7239 §6: up to five digits, or an obfuscated port.
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(name) => !name.is_empty(),
        None => (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7239 §6, and what proxies write into X-Forwarded-For.
    #[test]
    fn a_node_is_an_address_however_a_proxy_writes_it() {
        for (text, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1\t", "192.0.2.1"),
            ("192.0.2.1:47011", "192.0.2.1"),
            ("192.0.2.1:_secret", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%2]:80", "fe80::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]:80", "192.0.2.1"),
        ] {
            let parsed = ClientAddress::parse_node(text).map(|address| address.to_string());
            assert_eq!(parsed.as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "unknown",
            "_hidden",
            "_SEVKISEK",
            "localhost",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:port",
            "192.0.2.1:123456",
            "192.0.2.1%eth0",
            "[192.0.2.1]:80",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "fe80::1%",
            "\"192.0.2.1\"",
        ] {
            assert_eq!(ClientAddress::parse_node(text), None, "{text}");
        }
    }
}
