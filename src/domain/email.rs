//! Email addresses (RFC 5321 §4.1.2), also international ones (RFC 6531 §3.3).

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Host;

use super::precis::is_invisible;

/// RFC 5321 §4.5.3.1.1, in octets.
const LONGEST_LOCAL_PART: usize = 64;
/// RFC 5321 §4.5.3.1.2, in octets.
const LONGEST_DOMAIN: usize = 255;
/// RFC 1035 §2.3.4, in octets.
const LONGEST_LABEL: usize = 63;

/// Whether the text is a single address.
pub fn is_address(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

/// The text with the domain after its last `@` in lower case and in A-labels (RFC 5890 §2.3.2.1), if it is one with
/// other letters than those of ASCII.
pub fn with_a_labels(text: String) -> String {
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    match a_labels(domain).filter(|_| !domain.is_ascii()) {
        Some(domain) => format!("{local}@{domain}"),
        None => text,
    }
}

/// `Local-part = Dot-string / Quoted-string`. A quoted one without spaces, which no address needs.
fn is_local_part(text: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_atom_text);
    text.len() <= LONGEST_LOCAL_PART && (text.split('.').all(is_atom) || is_quoted(text))
}

/// `atext` (RFC 5322 §3.2.3).
fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_international(c)
}

fn is_international(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !is_invisible(c)
}

fn is_quoted(text: &str) -> bool {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner else {
        return false;
    };
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let is_allowed = match c {
            '"' => false,
            '\\' => chars.next().is_some_and(|next| next.is_ascii_graphic()),
            c => c.is_ascii_graphic() || is_international(c),
        };
        if !is_allowed {
            return false;
        }
    }
    true
}

/// `Domain / address-literal`.
fn is_domain(text: &str) -> bool {
    let literal = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match literal {
        Some(literal) => match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        },
        None => a_labels(text).is_some(),
    }
}

/// The domain, each label as DNS has it; `None` if it is none.
fn a_labels(domain: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.') || !c.is_ascii();
    // The next check is slower than linear in the length.
    if domain.len() > LONGEST_DOMAIN || !domain.chars().all(is_allowed) {
        return None;
    }
    let Ok(Host::Domain(name)) = Host::parse(domain) else {
        return None;
    };
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(is_label).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 5321 §4.1.2, RFC 6531 §3.3
    #[test]
    fn an_address_is_one_address() {
        let (long, longer) = ("x".repeat(64), "x".repeat(65));
        let good = [
            "ola@example.com",
            "o.l+a@example.com",
            "ola@localhost",
            "ola@[127.0.0.1]",
            "ola@[IPv6:::1]",
            "ö@exämple.com",
            "ö@xn--exmple-cua.com",
            "\"a@b\"@example.com",
            &format!("{long}@example.com"),
        ];
        for good in good {
            assert!(is_address(good), "{good}");
        }
        let bad = [
            "",
            "ola",
            "@example.com",
            "ola@",
            "a@b.c,d@e.f",
            "a@b@c",
            "a@b.c;x",
            "a b@example.com",
            "<a@b.c>",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a@example..com",
            "a@example.com.",
            "a@-example.com",
            "a@exam_ple.com",
            "a@127.0.0.1",
            "a@[127.0.0.1",
            "a@xn--a.com",
            "a@ex%61mple.com",
            "\"a\"b\"@example.com",
            "\"a b\"@example.com",
            "a\u{200b}b@example.com",
            &format!("{longer}@example.com"),
            &format!("a@{longer}.com"),
        ];
        for bad in bad {
            assert!(!is_address(bad), "{bad}");
        }
    }

    // RFC 5890 §2.3.2.1
    #[test]
    fn a_domain_is_compared_in_its_a_labels() {
        let same = "ö@xn--exmple-cua.com";
        assert_eq!(with_a_labels("ö@exämple.com".into()), same);
        assert_eq!(with_a_labels(same.into()), same);
        for other in ["ola", "exämple.com", "ola@example.com", "a@ä ö", "@"] {
            assert_eq!(with_a_labels(other.into()), other);
        }
    }
}
