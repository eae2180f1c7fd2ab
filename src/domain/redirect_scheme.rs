//! Allowed redirect URIs without https: schemes of apps, and private hosts.

use url::Host;

/// Whether the host is this machine, or is not on the Internet: private and link-local addresses (RFC 1918, RFC 3927,
/// RFC 4193), names for tests (RFC 6761 §6.2, §6.3), and Docker's name for this machine.
pub(super) fn is_near(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            matches!(*name, "localhost" | "host.docker.internal")
                || name.ends_with(".localhost")
                || name.ends_with(".test")
        }
        Host::Ipv4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Host::Ipv6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Schemes that browsers and systems have a meaning for: none of them leads to an app.
const TAKEN_SCHEMES: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "jar",
    "mailto",
    "resource",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Whether an app can have this scheme for itself (RFC 8252 §7.1). A single letter is the drive of a Windows path.
pub fn is_private_use(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    let (first, rest) = scheme.split_at_checked(1).unwrap_or_default();
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"+-.".contains(&c);
    first.bytes().all(|c| c.is_ascii_alphabetic())
        && !rest.is_empty()
        && rest.bytes().all(is_name)
        && !["http", "https"].contains(&scheme.as_str())
        && !TAKEN_SCHEMES.contains(&scheme.as_str())
}
