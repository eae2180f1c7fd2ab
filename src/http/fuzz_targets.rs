//! Fuzz targets, one function for each parser of untrusted input. Any bytes are allowed, and the assertions on the
//! result must hold. `fuzz/` runs them with libFuzzer; the tests below replay its corpus, and variations by proptest.

#![expect(clippy::panic, reason = "a panic is how a fuzzer is told of a finding")]

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use super::{cookies, forwarded, validation};
use crate::{
    admin::{state_file::StateFile, users::import},
    crypto::{jwt, keys::VerifyingKey},
    domain::{
        redirect_uri::{RedirectUri, is_loopback_host},
        scope::ScopeSet,
    },
    oauth::{
        authorize::claims_parameter,
        client_auth, grants,
        params::{LIMIT, Params, REPEATABLE},
        register::members,
    },
};

/// Runs with any input, and panics if an assertion fails.
pub type Target = fn(&[u8]);

/// The targets by their names, which are those of the folders in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("basic", basic),
    ("claims_parameter", claims_parameter),
    ("client_metadata", client_metadata),
    ("cookies", cookie_header),
    ("csv", csv),
    ("dpop", dpop),
    ("form", form),
    ("forwarded", forwarded_headers),
    ("json", json),
    ("jwks", jwks),
    ("jwt", any_jwt),
    ("redirect_uri", redirect_uri),
    ("scope", scope),
    ("state_file", state_file),
];

/// Runs the target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    match target {
        Some((_, target)) => target(data),
        None => panic!("there is no target {name}"),
    }
}

/// A query or a form body: no repeated names except the allowed ones, and no more than the limit.
fn form(data: &[u8]) {
    let Ok(params) = Params::from_urlencoded(data) else {
        return;
    };
    let pairs = params.pairs();
    assert!(pairs.len() <= LIMIT);
    for (name, value) in pairs {
        let same = pairs.iter().filter(|(other, _)| other == name).count();
        assert!(same == 1 || REPEATABLE.contains(&name.as_str()), "{name}");
        if same == 1 {
            let expected = Some(value.as_str()).filter(|value| !value.is_empty());
            assert_eq!(params.optional(name), expected);
        }
    }
}

/// JSON bodies of the contract: an error names a member and repeats no sent value.
fn json(data: &[u8]) {
    let names = grants::names();
    match validation::parse_object(Some("application/json"), data) {
        Err(errors) => assert!(!errors.0.is_empty()),
        Ok(object) => {
            let asked = validation::token_request(object.clone(), &names);
            if let Err(errors) = &asked {
                assert!(!errors.0.is_empty());
                let size = serde_json::to_vec(errors).map_or(0, |text| text.len());
                assert!(size <= 64 * 1024, "{size}");
            }
            if let Ok(asked) = asked {
                assert!(names.contains(&asked.grant_type.as_str()));
            }
            if let Err(errors) = validation::delegated_token_request(object, &["openid"]) {
                assert!(!errors.0.is_empty());
            }
        }
    }
}

/// A registered redirect URI is safe, survives a round trip, and matches no other URI except itself with another
/// loopback port, as a slow comparison by parts confirms.
fn redirect_uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (registered, requested) = text.split_once('\n').unwrap_or((text, text));
    let Ok(uri) = RedirectUri::parse(registered) else {
        return;
    };
    let Ok(parsed) = Url::parse(registered) else {
        panic!("{registered} is no absolute URI");
    };
    assert!(
        parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none()
    );
    assert!(!matches!(
        parsed.scheme(),
        "javascript" | "data" | "file" | "vbscript" | "blob"
    ));
    let host = parsed.host_str().unwrap_or_default();
    let is_insecure = parsed.scheme() == "http" && !is_loopback_host(host);
    assert_eq!(uri.is_insecure(), is_insecure, "{registered}");
    assert!(uri.matches(registered));
    if uri.matches(requested) && registered != requested {
        let Ok(other) = Url::parse(requested) else {
            panic!("{requested} is no absolute URI");
        };
        assert!(is_loopback_host(host) && parsed.scheme() == "http");
        let parts = |url: &Url| {
            let mut url = url.clone();
            assert!(url.set_port(None).is_ok());
            url.to_string()
        };
        assert_eq!(parts(&parsed), parts(&other));
    }
}

/// Any text as a token: its header is read, and no key verifies it.
fn any_jwt(data: &[u8]) {
    let Ok(token) = std::str::from_utf8(data) else {
        return;
    };
    let _ = jwt::header(token);
    let _ = jwt::unverified_claims::<Value>(token);
    let expected = jwt::Foreign {
        typ: &[None, Some("JWT")],
        algorithm: None,
    };
    assert!(jwt::verify_foreign::<Value>(token, &expected, &[]).is_err());
}

/// A proof with a key of its own. Only one signed with its key passes, which a fuzzer cannot create.
fn dpop(data: &[u8]) {
    if let Ok(token) = std::str::from_utf8(data)
        && let Ok((_, thumbprint)) = jwt::verify_with_own_key::<Value>(token, "dpop+jwt")
    {
        assert_eq!(thumbprint.len(), 43);
    }
}

/// Key set of another party: the keys read from it are limited.
fn jwks(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        let keys = VerifyingKey::of_key_set(&value);
        assert!(keys.len() <= 200, "{}", keys.len());
        assert!(keys.iter().all(|key| !key.kid().is_empty()));
    }
}

/// A pasted configuration file: parsed, or errors with lines.
fn state_file(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(problems) = StateFile::pasted("import.toml", text)
    {
        assert!(!problems.0.is_empty());
        assert!(
            problems
                .0
                .iter()
                .all(|problem| problem.starts_with("import.toml")),
            "{problems}"
        );
    }
}

/// A list of users.
fn csv(data: &[u8]) {
    let _ = import::File::read(&String::from_utf8_lossy(data));
}

/// An `Authorization` header of the token endpoint.
fn basic(data: &[u8]) {
    if let Some(name) = std::str::from_utf8(data)
        .ok()
        .and_then(client_auth::basic_name)
    {
        assert!(!name.is_empty());
    }
}

/// A `Cookie` header: a value that is found has no separator in it.
fn cookie_header(data: &[u8]) {
    if let Some(headers) = lines(header::COOKIE, data)
        && let Some(found) = cookies::find(&headers, "keyfob_session_8080")
    {
        assert!(!found.is_empty() && !found.contains(';'));
    }
}

/// Headers of proxies.
fn forwarded_headers(data: &[u8]) {
    for name in ["forwarded", "x-forwarded-for"] {
        if let Some(headers) = lines(HeaderName::from_static(name), data) {
            let _ = forwarded::nodes(&headers);
            let _ = forwarded::comes_from_elsewhere(&headers);
        }
    }
}

fn lines(name: HeaderName, data: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        headers.append(name.clone(), HeaderValue::from_bytes(line).ok()?);
    }
    Some(headers)
}

/// A list of scopes: read, written and read again it is the same.
fn scope(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(scopes) = ScopeSet::parse(text)
    {
        assert!(ScopeSet::parse(&scopes.to_string()).is_ok_and(|again| again == scopes));
    }
}

/// The `claims` parameter of an authorization request.
fn claims_parameter(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = claims_parameter::read(text, &ScopeSet::trusted("openid profile email"));
    }
}

/// Registration by a stranger: accepted redirect URIs are safe.
fn client_metadata(data: &[u8]) {
    let Ok(members) = members::object(data) else {
        return;
    };
    let members: Map<String, Value> = members;
    if let Ok(metadata) = members::registration(&members).and_then(|asked| asked.check()) {
        for uri in &metadata.redirect_uris {
            redirect_uri(uri.as_str().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};

    use super::TARGETS;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
    }

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(folder().join(target)).expect("a corpus");
        let mut seeds: Vec<_> = entries
            .map(|entry| fs::read(entry.expect("an entry").path()).expect("a seed"))
            .collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "{target} has no seed");
        seeds
    }

    #[test]
    fn each_target_has_its_corpus_and_no_other_is_there() {
        let mut names: Vec<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        let entries = fs::read_dir(folder()).expect("a folder");
        let mut found: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        found.sort();
        assert_eq!(found, names);
    }

    #[test]
    fn the_corpus_breaks_nothing() {
        for (name, target) in TARGETS {
            corpus(name).iter().for_each(|seed| target(seed));
        }
    }

    /// One change to a seed, as fuzzers make them.
    #[derive(Clone, Debug)]
    enum Change {
        Put(Index, Vec<u8>),
        Remove(Index, usize),
        Repeat(Index, usize),
    }

    fn change() -> impl Strategy<Value = Change> {
        let telling: Vec<&[u8]> = vec![
            b"\"",
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b",",
            b"%",
            b"%00",
            b"&",
            b"=",
            b";",
            b".",
            b"\\",
            b"\\u0000",
            b"\n",
            b"\r\n",
            b"\xff",
            b"\0",
            b"0",
            b"-1",
            b"1e999",
            b"99999999999999999999",
            b"/",
            b"@",
            b"#",
            b"?",
            b"null",
        ];
        let put = prop_oneof![
            vec(any::<u8>(), 0..8),
            proptest::sample::select(telling).prop_map(<[u8]>::to_vec),
        ];
        prop_oneof![
            (any::<Index>(), put).prop_map(|(at, bytes)| Change::Put(at, bytes)),
            (any::<Index>(), 1..32_usize).prop_map(|(at, many)| Change::Remove(at, many)),
            (any::<Index>(), 1..64_usize).prop_map(|(at, many)| Change::Repeat(at, many)),
        ]
    }

    fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
        for change in changes {
            let place = |at: &Index| at.index(bytes.len() + 1);
            match change {
                Change::Put(at, text) => {
                    let at = place(at);
                    bytes.splice(at..at, text.iter().copied());
                }
                Change::Remove(at, many) => {
                    let at = place(at);
                    bytes.drain(at..bytes.len().min(at + many));
                }
                Change::Repeat(at, many) => {
                    let at = place(at);
                    let again = bytes[at..bytes.len().min(at + many)].to_vec();
                    bytes.splice(at..at, again);
                }
            }
        }
        bytes
    }

    #[test]
    fn what_proptest_makes_of_the_corpus_breaks_nothing() {
        for (name, target) in TARGETS {
            let seeds = corpus(name);
            let inputs = (proptest::sample::select(seeds), vec(change(), 1..12));
            let inputs = inputs.prop_map(|(seed, changes)| changed(seed, &changes));
            // The same cases every time: what is found is found by everybody.
            let mut runner = TestRunner::deterministic();
            runner
                .run(&inputs, |input| {
                    target(&input);
                    Ok(())
                })
                .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        }
    }
}
