//! Network addresses allowed for outbound requests to URLs of other parties.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that is meant: an IPv4 address in IPv6 clothes is undressed (RFC 4291 §2.5.5.2,
/// RFC 6052 §2.1).
pub(super) fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let mapped = v6.to_ipv4_mapped();
    let translated = || {
        let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = v6.segments() else {
            return None;
        };
        Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
    };
    mapped.or_else(translated).map_or(address, IpAddr::V4)
}

/// Whether an address is on the public Internet. All others are close to this server and may trust it: loopback,
/// private, link-local (metadata services of clouds), shared, multicast, reserved (RFC 6890 and its registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match meant(address) {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(a == 0                                     // this network, RFC 791 §3.2
        || v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || (a == 100 && (64..128).contains(&b))  // carrier-grade NAT, RFC 6598
        || (a == 192 && b == 0 && c == 0)        // protocol assignments, RFC 6890 §2.1
        || (a == 192 && b == 88 && c == 99)      // 6to4 relays, RFC 7526
        || (a == 198 && (b & 0xfe) == 18)        // benchmarks, RFC 2544
        || v4.is_documentation()
        || a >= 224                              // multicast, reserved, broadcast
        || v4 == Ipv4Addr::new(168, 63, 129, 16)) // Azure's host, public by its number only
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, ..] = v6.segments();
    // RFC 4291 §2.4: global unicast is 2000::/3 so far. Within it lie tunnels that lead anywhere
    // (6to4, Teredo) and what never leaves a book.
    (a & 0xe000) == 0x2000
        && a != 0x2002
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0db8)
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6890, and rule P36.
    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for internal in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(internal.parse().unwrap()), "{internal}");
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
