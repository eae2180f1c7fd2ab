//! The audit log, filtered: every way into it finds the same as looking at each entry.

use keyfob::domain::{
    audit::{AuditEvent, Outcome},
    id::Id,
    time::Lifetime,
};
use serde_json::{Value, json};

use super::Console;

const NAMES: [&str; 6] = [
    "token",
    "token-x.refused",
    "token.issued",
    "token.request_failed",
    "tokens.refused",
    "user.created",
];

/// Two hundred events of few names, people and clients, a second apart.
fn filled() -> Console {
    let console = Console::start();
    for n in 0_usize..200 {
        let event = AuditEvent {
            outcome: match n % 3 {
                0 => Outcome::Failed,
                _ => Outcome::Ok,
            },
            actor: (n % 5 > 0).then(|| format!("a{}", n % 4)),
            subject: (n % 7 > 0).then(|| format!("s{}", n % 3)),
            client_id: (n % 2 > 0).then(|| format!("c{}", n % 6)),
            ..AuditEvent::ok(NAMES[(n * 7 + n / 11) % NAMES.len()])
        };
        console.server.record(vec![event]);
        console.server.clock.advance(Lifetime(1));
    }
    console
}

/// All pages of a list.
fn all(console: &Console, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = console
            .get(&format!("/events?limit=7{query}{cursor}"))
            .json();
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[test]
fn every_filter_finds_what_looking_at_each_entry_finds() {
    let console = filled();
    let everything = all(&console, "");
    let now = console.server.app.now().0;
    let matches = |event: &Value, query: &str| {
        query
            .split('&')
            .filter(|part| !part.is_empty())
            .all(|part| {
                let (name, value) = part.split_once('=').unwrap();
                let at = |text: &str| text.parse::<i64>().unwrap();
                let made = event["id"].as_str().unwrap().parse::<Id>().unwrap();
                let made = made.made_at().seconds().0;
                match name {
                    "event" => {
                        let found = event["event"].as_str().unwrap();
                        found == value || found.starts_with(&format!("{value}."))
                    }
                    "since" => made >= at(value),
                    "until" => made < at(value),
                    _ => event[name] == value,
                }
            })
    };
    let queries = [
        String::new(),
        "&event=token".into(),
        "&event=token.request_failed".into(),
        "&event=nothing".into(),
        "&outcome=failed".into(),
        "&outcome=ok".into(),
        "&actor=a1".into(),
        "&subject=s2".into(),
        "&client_id=c3".into(),
        "&actor=a1&subject=s2&event=token".into(),
        "&client_id=c3&outcome=failed".into(),
        "&event=token&outcome=ok".into(),
        format!("&since={}&until={}", now - 150, now - 50),
        format!("&event=token&until={}", now - 50),
        format!("&actor=a2&since={}", now - 30),
    ];
    let mut sizes = Vec::new();
    for query in &queries {
        let expected: Vec<_> = everything
            .iter()
            .filter(|event| matches(event, query))
            .collect();
        let found = all(&console, query);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        sizes.push(found.len());
    }
    // Each but the one that must be empty finds some, and none but the first finds all.
    assert_eq!(
        sizes.iter().filter(|size| **size == 0).count(),
        1,
        "{sizes:?}"
    );
    assert!(sizes[1..].iter().all(|size| *size < sizes[0]), "{sizes:?}");
}

#[test]
fn every_file_holds_what_the_filter_lets_through() {
    let console = filled();
    let expected = all(&console, "&event=token&client_id=c3");
    let export = |format: &str| {
        let path = format!("/events/export?event=token&client_id=c3&format={format}");
        let answer = console.get(&path);
        let disposition = answer.header("content-disposition").unwrap();
        assert!(
            disposition.contains(&format!("events-2027-01-15.{format}")),
            "{disposition}"
        );
        answer
    };
    assert_eq!(export("json").json(), Value::from(expected.clone()));
    let lines = export("jsonl").text;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, expected);
    let rows = export("csv").text.matches("\r\n").count();
    assert_eq!(rows, expected.len() + 1);
    let answer = console.get("/events/export?format=xml");
    assert_eq!(answer.problem().2, Some("format".into()));
}

/// However many entries there are, none of the ways looks at those that the filter keeps back.
#[test]
fn every_filter_of_one_column_is_led_by_an_index() {
    let console = filled();
    let file = rusqlite::Connection::open(console.server.app.store.path()).unwrap();
    let indexes: Vec<String> = file
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit_events' AND sql IS NOT NULL
                  AND name <> 'audit_events_unproven'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(indexes.len(), 5, "{indexes:?}");
    let filters = [
        "event=token.request_failed",
        "outcome=failed",
        "actor=a1",
        "subject=s1",
        "client_id=c1",
    ];
    let one_of_each = filters.map(|filter| console.get(&format!("/events?{filter}")).status);
    assert_eq!(one_of_each, [200; 5]);
    // Without its index each of them fails: `INDEXED BY` takes no other way.
    for name in &indexes {
        file.execute_batch(&format!("DROP INDEX {name}")).unwrap();
    }
    let without = filters.map(|filter| console.get(&format!("/events?{filter}")).status);
    assert_eq!(without, [500; 5]);
    assert_eq!(console.get("/events").status, 200);
}

#[test]
fn a_refusal_names_the_client_that_was_claimed_if_there_is_one() {
    let console = Console::start();
    let metadata = json!({
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    console.server.client("service", metadata);
    console.server.app.refresh_directory().unwrap();
    for client_id in ["service", "nobody"] {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", "not it"),
        ];
        let answer = console.server.form("/api/v1/oauth/token", None, &fields);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["error"], "invalid_client");
    }
    let of = |query: &str| {
        let found = console.get(&format!("/events?event=token.request_failed{query}"));
        found.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(of("&client_id=service"), 1);
    assert_eq!(
        of("&client_id=nobody"),
        0,
        "whatever is claimed is not written down"
    );
    assert_eq!(
        of("&actor=service"),
        0,
        "it was not proved to be that client"
    );
    assert_eq!(
        of(""),
        1,
        "who names no client that there is, is only counted"
    );
}
