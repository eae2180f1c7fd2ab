//! The shape of `src`: folders are layers, each technology has one home, and the house rules that a
//! program can see. Every finding names file and line.

mod circles;
mod source;

use source::{Source, sources};

/// Where an outside technology may be named: a crate, and the folder or file that is its home.
const HOMES: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("r2d2", "store"),
    ("actix_web", "http"),
    ("actix_http", "http"),
    ("actix_server", "http"),
    ("actix_service", "http"),
    ("tokio_rustls", "http"),
    ("socket2", "http"),
    ("rlimit", "http"),
    ("rust_embed", "http"),
    ("askama", "http"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("rpassword", "cli"),
    ("tracing_subscriber", "cli"),
    ("ring", "crypto"),
    ("jsonwebtoken", "crypto"),
    ("argon2", "crypto"),
    ("ureq", "outbound"),
    ("webpki_root_certs", "outbound"),
    ("crypto_bigint", "crypto"),
    ("crypto_primes", "crypto"),
    ("mimalloc", "main"),
];

/// What stands in no file, or only in one home: the text, its home, and why.
const BANNED: &[(&str, Option<&str>, &str)] = &[
    (
        "SystemTime::now",
        Some("clock"),
        "time comes from Clock, inside a transaction from tx.now",
    ),
    (
        "OffsetDateTime::now_utc",
        Some("clock"),
        "time comes from Clock",
    ),
    ("\"SELECT ", Some("store"), "SQL lives in the store"),
    ("\"INSERT ", Some("store"), "SQL lives in the store"),
    ("\"UPDATE ", Some("store"), "SQL lives in the store"),
    ("\"DELETE ", Some("store"), "SQL lives in the store"),
    (
        "body: web::Bytes",
        None,
        "a body is not waited for without end: take a Body",
    ),
    (
        "refresh_directory",
        Some("app"),
        "what is in memory follows every write by itself: App::keep_up",
    ),
    (
        "directory.reload",
        Some("app"),
        "what is in memory follows every write by itself: App::keep_up",
    ),
    (
        "web::Query<",
        None,
        "its refusals have no shape: take Params",
    ),
];

const LONGEST_FILE: usize = 400;

/// Tests that name the store beside `support`, and why no request, command or helper of `support/rows.rs` will do.
const TESTS_OF_THE_STORE: &[(&str, &[&str])] = &[
    (
        "another process opens the file",
        &[
            "admin_api/client_page",
            "admin_api/settings",
            "cli/backups",
            "cli/beside",
            "cli/mod",
            "cli_serve",
            "config",
            "id_tokens",
            "live_settings",
            "logs",
        ],
    ),
    (
        "a change is any function on a transaction",
        &[
            "account",
            "admin",
            "admin_api/guard",
            "changes",
            "codes",
            "jwt_bearer",
            "keys",
            "token_cookie",
            "token_exchange/by_id_token",
            "token_exchange/lifetime",
        ],
    ),
    (
        "rows that only a fault, a clock or thousands of requests would leave",
        &[
            "admin_api/issued",
            "admin_api/lists",
            "admin_api/overview",
            "admin_api/resources",
            "admin_api/sign_in_names",
            "backchannel",
            "client_auth",
            "counters",
            "long_requests",
            "registration/management",
            "resources",
            "upkeep",
        ],
    ),
    (
        "what is stored, or must not be, is the point",
        &["answers", "par", "unproven"],
    ),
    (
        "the store itself: backups, and what happens when it fails",
        &[
            "admin_api/backup",
            "admin_api/foreign_backup",
            "faults",
            "turns",
        ],
    ),
];

/// The code map of `lib.rs`, in its order.
fn layers(lib: &str) -> Vec<String> {
    let entry = |line: &str| Some(line.strip_prefix("//! - [`")?.split_once('`')?.0.to_owned());
    lib.lines().filter_map(entry).collect()
}

/// Everything that is wrong with one file.
fn findings(source: &Source, layers: &[String]) -> Vec<String> {
    let place = |name: &str| layers.iter().position(|layer| layer == name);
    let mut found = Vec::new();
    let own = source.layer();
    if own != "main" && own != "lib" {
        match place(own) {
            None => found.push(format!(
                "{}:1: {own} is not in the code map of src/lib.rs",
                source.path
            )),
            Some(own_place) => {
                for (at, name) in source.imports() {
                    if place(&name).is_none_or(|other| other > own_place) {
                        found.push(source.finding(at, &format!(
                            "{own} imports from {name}, which is not above it in the list of src/lib.rs"
                        )));
                    }
                }
            }
        }
    }
    for (technology, home) in HOMES.iter().filter(|(_, home)| *home != own) {
        for at in source.roots(technology) {
            let after = source.code[at + technology.len()..].chars().next();
            if matches!(after, Some(':' | ';' | ' ')) {
                let what = format!("{technology} outside of its home, {home}");
                found.push(source.finding(at, &what));
            }
        }
    }
    for (text, home, why) in BANNED {
        if home.is_some_and(|home| home == own) {
            continue;
        }
        let word = text.trim_start_matches(['.', '#', '"']);
        let lead = text.len() - word.len();
        let places: Vec<_> = match lead {
            0 => source.words(text).collect(),
            _ => source.places(text).collect(),
        };
        for at in places {
            found.push(source.finding(at, &format!("{text}: {why}")));
        }
    }
    if !source.text.starts_with("//! ") {
        let what = "a file begins with a //! that says what it is";
        found.push(format!("{}:1: {what}", source.path));
    }
    if own == "http" {
        for (at, module) in source.modules_of("store") {
            if module != "backup" {
                let what = format!(
                    "a table, store::{module}: what is stored is read and written by admin, login or oauth"
                );
                found.push(source.finding(at, &what));
            }
        }
    }
    let length = source.text.lines().count();
    if length > LONGEST_FILE {
        let what = format!("{length} lines, of at most {LONGEST_FILE}: one file, one concept");
        found.push(format!("{}:{LONGEST_FILE}: {what}", source.path));
    }
    for (number, line) in source.text.lines().enumerate() {
        if line.trim_start().starts_with("//")
            && ["TODO", "FIXME", "XXX"]
                .iter()
                .any(|word| line.contains(word))
        {
            found.push(format!("{}:{}: a bare reminder", source.path, number + 1));
        }
    }
    found
}

fn code_map() -> Vec<String> {
    layers(include_str!("../../src/lib.rs"))
}

#[test]
fn src_keeps_its_layers_and_the_house_rules() {
    let layers = code_map();
    let found: Vec<_> = sources("src")
        .iter()
        .flat_map(|source| findings(source, &layers))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_code_map_lists_every_module() {
    let lib = include_str!("../../src/lib.rs");
    let mut modules: Vec<_> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut map = code_map();
    map.sort();
    modules.sort_unstable();
    assert_eq!(map, modules);
}

#[test]
fn tests_are_short_enough_and_say_what_they_are() {
    let mut found = Vec::new();
    for source in sources("tests") {
        if !source.text.starts_with("//! ") {
            found.push(format!("{}:1: no //!", source.path));
        }
        // A table of rules may be long; a file of 800 lines holds more than one area.
        if source.text.lines().count() > 2 * LONGEST_FILE {
            found.push(format!("{}: more than one area", source.path));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn tests_name_the_store_only_where_no_client_would_see_it() {
    let beside_support = |path: &&String| {
        !["tests/it/support/", "tests/it/architecture"]
            .iter()
            .any(|place| path.starts_with(place))
    };
    let sources = sources("tests/it");
    let naming = sources
        .iter()
        .filter(|source| source.words("store::").next().is_some())
        .map(|source| &source.path);
    let mut naming: Vec<_> = naming.filter(beside_support).cloned().collect();
    let listed = TESTS_OF_THE_STORE.iter().flat_map(|(_, files)| *files);
    let mut listed: Vec<_> = listed.map(|file| format!("tests/it/{file}.rs")).collect();
    naming.sort();
    listed.sort();
    assert_eq!(naming, listed);
}

/// A rule that finds nothing proves nothing: each finds what it forbids, at its line, and only that.
#[test]
fn each_rule_finds_what_it_forbids() {
    let layers: Vec<_> = ["domain", "store", "app", "oauth", "http", "cli"]
        .map(str::to_owned)
        .to_vec();
    let rows: &[(&str, &str, &[usize])] = &[
        // An import of a layer below, alone, in a group, in the middle of code, and through super.
        ("src/domain/a.rs", "use crate::store::Tx;", &[2]),
        (
            "src/oauth/a.rs",
            "use crate::{\n    app::App,\n    http::{a, b},\n};",
            &[2],
        ),
        ("src/oauth/a.rs", "fn f() -> crate::cli::Args {}", &[2]),
        ("src/app.rs", "use super::oauth::token;", &[2]),
        ("src/store/a.rs", "use super::super::app::App;", &[2]),
        (
            "src/oauth/grants/mod.rs",
            "use super::super::http::respond;",
            &[2],
        ),
        ("src/unknown/a.rs", "fn f() {}", &[1]),
        // What is above, or beside in the same folder, may be named.
        (
            "src/oauth/a.rs",
            "use crate::{\n    app::App,\n    store::{Tx, users},\n};",
            &[],
        ),
        ("src/oauth/grants/a.rs", "use super::super::issue;", &[]),
        (
            "src/app.rs",
            "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}",
            &[],
        ),
        (
            "src/oauth/a.rs",
            "/// Not [`crate::http::server`].\nfn f() {}",
            &[],
        ),
        // The tables of the store in http; its types may be named.
        (
            "src/http/a.rs",
            "use crate::{\n    app::App,\n    store::{StoreError, Tx, users as stored},\n};",
            &[4],
        ),
        (
            "src/http/a.rs",
            "fn f() { crate::store::grants::get() }\nuse crate::store::{Tx, teams::{self, Sort}};",
            &[2, 3],
        ),
        ("src/oauth/a.rs", "use crate::store::{Tx, users};", &[]),
        // A technology away from home.
        (
            "src/oauth/a.rs",
            "use actix_web::web;\nuse rusqlite::{Row};",
            &[2, 3],
        ),
        ("src/http/a.rs", "let x = ring::digest::SHA256;", &[2]),
        (
            "src/http/a.rs",
            "use actix_web::web;\nlet string = spring::x();",
            &[],
        ),
        // Time, SQL, and the house rules.
        (
            "src/oauth/a.rs",
            "let now = std::time::SystemTime::now();",
            &[2],
        ),
        (
            "src/oauth/a.rs",
            "use std::time::SystemTime;\nlet now = SystemTime::now();",
            &[3],
        ),
        ("src/oauth/a.rs", "tx.query(\"SELECT 1\");", &[2]),
        ("src/store/a.rs", "tx.query(\"SELECT 1\");", &[]),
        ("src/oauth/a.rs", "fn f() {}\n// TODO: more\n", &[3]),
    ];
    for (path, code, lines) in rows {
        let found = findings(
            &Source::new(path, &format!("//! Says it.\n{code}")),
            &layers,
        );
        let expected: Vec<_> = lines.iter().map(|line| format!("{path}:{line}:")).collect();
        assert_eq!(found.len(), expected.len(), "{path} {code}: {found:?}");
        for start in expected {
            assert!(
                found.iter().any(|finding| finding.starts_with(&start)),
                "{path} {code}: {found:?}"
            );
        }
    }
    let long = "//! Says it.\n".to_owned() + &"fn f() {}\n".repeat(LONGEST_FILE);
    assert_eq!(
        findings(&Source::new("src/app.rs", &long), &layers).len(),
        1
    );
    assert_eq!(
        findings(&Source::new("src/app.rs", "fn f() {}"), &layers).len(),
        1
    );
}
