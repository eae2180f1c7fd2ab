//! Passwords: Argon2id, stored as PHC strings.
//!
//! Every function but [`is_valid_hash`] takes about 30 ms and 19 MiB: call them off the worker
//! threads and behind a bound. A password is an OpaqueString (RFC 8265 §4.2): one that is typed on another keyboard
//! or system is the same. Nothing is trimmed, and case matters.

use std::{borrow::Cow, hint::black_box};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::crypto::random;
use crate::domain::secret::Secret;

/// The second recommendation of the OWASP cheat sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash with the parameters above, of a text that was thrown away.
const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ItJXUiiClIJuaGXD+p/RZw$yi12wgAInyy2nSsLA+19bOhMou0jhHJtOn08k8n95fk";

/// The PHC string of `password`, with a new salt of 128 bits.
pub fn hash(password: &Secret) -> String {
    let salt: [u8; 16] = random::bytes();
    hasher()
        .hash_password_with_salt(opaque_string(password.expose()).as_bytes(), &salt)
        .expect("the salt and the parameters are within Argon2's limits")
        .to_string()
}

/// Result of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// The hash is of another encoding of the same password: it was created elsewhere, or before passwords were
    /// normalized. It must be replaced.
    RightAndOutdated,
    Wrong,
}

/// Whether `phc` is the hash of `password`. A string that is not valid for [`is_valid_hash`] matches no password.
pub fn verify(password: &Secret, phc: &str) -> bool {
    check(password, phc) != Verdict::Wrong
}

/// [`verify`], and whether the hash is to be replaced. A password beyond ASCII is tried as RFC 8265 has it, as
/// it was typed, and decomposed: old hashes are of either.
pub fn check(password: &Secret, phc: &str) -> Verdict {
    let Some(hash) = parse(phc) else {
        return Verdict::Wrong;
    };
    let is_hash_of = |text: &str| hasher().verify_password(text.as_bytes(), &hash).is_ok();
    let typed = password.expose();
    let opaque = opaque_string(typed);
    if is_hash_of(&opaque) {
        return Verdict::Right;
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(typed);
    let others = [typed, decomposed.as_ref()];
    let mut others = others.into_iter().filter(|text| *text != opaque);
    let is_outdated = match (others.next(), others.next()) {
        (Some(one), Some(other)) if one != other => is_hash_of(one) || is_hash_of(other),
        (Some(one), _) => is_hash_of(one),
        (None, _) => false,
    };
    match is_outdated {
        true => Verdict::RightAndOutdated,
        false => Verdict::Wrong,
    }
}

/// RFC 8265 §4.2.2: any space is U+0020, and the whole is in NFC.
fn opaque_string(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    // Zs, the separators that are spaces (RFC 8264 §9.14).
    let is_space = |c: char| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    let spaced = text.replace(is_space, " ");
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    Cow::Owned(nfc.normalize(&spaced).into_owned())
}

/// Takes the time of [`verify`] for an account that does not exist, so that the delay does not show which accounts
/// exist.
pub fn verify_unknown(password: &Secret) {
    black_box(verify(password, OF_NOBODY));
}

/// Whether `phc` is an Argon2id PHC string that [`verify`] accepts: version 19, with parameters that are neither too
/// weak nor too expensive to check at each sign-in.
pub fn is_valid_hash(phc: &str) -> bool {
    parse(phc).is_some()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn parse(phc: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(phc).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let sane = hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        // From the minimum memory of OWASP to what a small machine can spare.
        && (7 * 1024..=256 * 1024).contains(&params.m_cost())
        && (1..=16).contains(&params.t_cost())
        && (1..=16).contains(&params.p_cost())
        // RFC 9106 §3.1: a salt has at least 8 bytes. A tag of 16 can still not be guessed.
        && hash.salt.as_ref().is_some_and(|salt| salt.len() >= 8)
        && hash.hash.as_ref().is_some_and(|tag| tag.len() >= 16);
    sane.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_against_its_own_hash_alone() {
        let password = Secret::new("correct horse");
        let phc = hash(&password);
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify(&password, &phc));
        for other in ["", "correct horse ", "Correct horse"] {
            assert!(!verify(&Secret::new(other), &phc), "{other:?}");
        }
        assert_ne!(hash(&password), phc);
    }

    // RFC 8265 §4.2.2
    #[test]
    fn a_password_is_the_same_however_it_is_encoded() {
        let (composed, decomposed) = (
            "bl\u{e5}b\u{e6}r syltet\u{f8}y",
            "bla\u{30a}b\u{e6}r syltet\u{f8}y",
        );
        let phc = hash(&Secret::new(decomposed));
        for typed in [composed, decomposed, "bl\u{e5}b\u{e6}r\u{a0}syltet\u{f8}y"] {
            assert_eq!(
                check(&Secret::new(typed), &phc),
                Verdict::Right,
                "{typed:?}"
            );
        }
        for other in [
            "blab\u{e6}r syltet\u{f8}y",
            "BL\u{c5}B\u{e6}r syltet\u{f8}y",
        ] {
            assert_eq!(
                check(&Secret::new(other), &phc),
                Verdict::Wrong,
                "{other:?}"
            );
        }
        // A hash of the bytes as they were typed once, wherever that was.
        let old = |text: &str| {
            let made = hasher().hash_password_with_salt(text.as_bytes(), b"0123456789abcdef");
            made.unwrap().to_string()
        };
        for typed in [composed, decomposed] {
            let verdict = check(&Secret::new(typed), &old(decomposed));
            assert_eq!(verdict, Verdict::RightAndOutdated, "{typed:?}");
            assert_eq!(check(&Secret::new(typed), &old(composed)), Verdict::Right);
        }
    }

    #[test]
    fn a_hash_made_by_openssl_is_verified() {
        let phc = "$argon2id$v=19$m=19456,t=2,p=1$MOtiYjs5a2naUjl7prx+sA$gJUDnhE8+26e+ICcqgyvBUFNukoz+uBZhTvwCGB+peI";
        assert!(verify(&Secret::new("correct horse"), phc));
    }

    #[test]
    fn the_hash_of_nobody_costs_what_a_hash_costs() {
        assert!(is_valid_hash(OF_NOBODY));
        assert!(OF_NOBODY.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        verify_unknown(&Secret::new("any"));
    }

    #[test]
    fn only_sane_argon2id_hashes_are_valid() {
        let rest = "c29tZXNhbHRzb21lc2FsdA$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A";
        assert!(is_valid_hash(&format!(
            "$argon2id$v=19$m=65536,t=3,p=4${rest}"
        )));
        for refused in [
            String::new(),
            "correct horse".to_owned(),
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
            format!("$argon2i$v=19$m=65536,t=3,p=4${rest}"),
            format!("$argon2d$v=19$m=65536,t=3,p=4${rest}"),
            format!("$argon2id$v=16$m=65536,t=3,p=4${rest}"),
            format!("$argon2id$m=65536,t=3,p=4${rest}"),
            format!("$argon2id$v=19$m=64,t=3,p=4${rest}"),
            format!("$argon2id$v=19$m=4194304,t=3,p=4${rest}"),
            format!("$argon2id$v=19$m=65536,t=4294967295,p=4${rest}"),
            format!("$argon2id$v=19$m=65536,t=3,p=255${rest}"),
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA".to_owned(),
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$aWh06vD8".to_owned(),
        ] {
            assert!(!is_valid_hash(&refused), "{refused}");
            assert!(
                !verify(&Secret::new("correct horse"), &refused),
                "{refused}"
            );
        }
    }
}
