//! Every list can be sorted, paged in each of its orders, searched, and had as a file.

use std::collections::BTreeSet;

use keyfob::{
    domain::{
        audit::AuditEvent,
        consent::Consent,
        name::{ClientId, Subject},
        scope::ScopeSet,
        time::Lifetime,
    },
    store::{StoreError, Tx, audit_events, consents},
};
use serde_json::{Value, json};

use super::{BASE, Console};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const NOTES: &str = "https://notes.example/";

/// Some of everything: names whose order is not that of the ids, and several that are the same but for case.
fn filled() -> Console {
    let console = Console::start();
    let server = &console.server;
    for (id, name) in [
        ("c1", "Zebra"),
        ("c2", "apple"),
        ("c3", "Apple"),
        ("c4", "mango"),
    ] {
        server.client(
            id,
            json!({"client_name": name, "grant_types": ["client_credentials", "authorization_code", "refresh_token", DEVICE],
                   "redirect_uris": ["https://app.example/cb"], "scope": "openid profile keyfob:delegate",
                   "token_endpoint_auth_method": "client_secret_basic"}),
        );
        server.clock.advance(Lifetime(u32::from(id != "c2")));
    }
    for (sub, name) in [
        ("u3", "berit"),
        ("u1", "dag"),
        ("u2", "Anna"),
        ("u4", "carl"),
    ] {
        let body = json!({"sub": sub, "username": name});
        assert_eq!(console.post("/users", &body).status, 201);
        server.clock.advance(Lifetime(u32::from(sub != "u1")));
    }
    server.app.refresh_directory().unwrap();
    for (id, name) in [
        ("t3", "alpha"),
        ("t1", "Beta"),
        ("t2", "Alpha"),
        ("t4", "beta"),
    ] {
        console.post("/teams", &json!({"id": id, "name": name}));
        console.post("/teams/t1/members", &json!({"user": id.replace('t', "u")}));
        server.clock.advance(Lifetime(u32::from(id != "t1")));
    }
    for (uri, name) in [
        (NOTES, "notes"),
        ("https://b.example/", "Books"),
        ("https://a.example/", "notes"),
    ] {
        console.post("/resources", &json!({"uri": uri, "name": name}));
    }
    for n in ["b", "a"] {
        console.post(
            "/trusted-issuers",
            &json!({"issuer": format!("https://{n}.example"), "jwks_uri": "https://idp.example/jwks"}),
        );
    }
    for alg in ["EdDSA", "ES256"] {
        assert_eq!(console.post("/keys", &json!({"alg": alg})).status, 201);
        server.clock.advance(Lifetime(1));
    }
    let consents = ["u3", "u1", "u2"].map(|sub| Consent {
        sub: Subject::trusted(sub),
        client_id: ClientId::trusted("c3"),
        resource: Consent::NOWHERE_ELSE.to_owned(),
        scope: ScopeSet::trusted("openid"),
        claims: BTreeSet::new(),
        updated_at: server.app.now(),
    });
    let write = move |tx: &Tx| consents.iter().try_for_each(|one| consents::put(tx, one));
    server.app.store.write_blocking(write).unwrap();
    for (client, sub) in [("c3", "u1"), ("c1", "u2"), ("c3", "u3")] {
        server.code(client, sub, "openid");
        let secret = server.secret_of(client);
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", "openid profile keyfob:delegate"),
        ];
        let answer = server.form("/api/v1/oauth/token", Some((client, &secret)), &fields);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        let acting = server.json(
            "/api/v1/oauth/delegated-token",
            &[("authorization", &bearer)],
            &json!({"sub": sub, "scopes": ["openid"]}),
        );
        assert_eq!(acting.status, 200, "{}", acting.text);
        let device = [("client_id", client), ("scope", "openid")];
        let path = "/api/v1/oauth/device_authorization";
        let waits = server.form(path, Some((client, &secret)), &device);
        assert_eq!(waits.status, 200, "{}", waits.text);
        // A refusal, which is a trace.
        let wrong = [("grant_type", "authorization_code"), ("code", "wrong")];
        server.form("/api/v1/oauth/token", Some((client, &secret)), &wrong);
        server.clock.advance(Lifetime(1));
    }
    console
}

/// The path of each list that is described, the `sort` it may have, and where it stands with something in it.
fn lists(console: &Console) -> Vec<(String, Vec<String>)> {
    let document = console.server.get("/openapi.json", &[]).json();
    let paths = document["paths"].as_object().unwrap().iter();
    let lists = paths.filter_map(|(path, item)| {
        let path = path.strip_prefix(BASE)?.to_owned();
        let parameters = item["get"]["parameters"].as_array()?;
        let sort = parameters.iter().find(|one| one["name"] == "sort")?;
        let texts = sort["schema"]["enum"].as_array()?.iter();
        let orders = texts.map(|one| one.as_str().unwrap().to_owned()).collect();
        let path = path
            .replace("/teams/{id}", "/teams/t1")
            .replace("{client_id}", "c3");
        Some((
            path.replace("{uri}", "https%3A%2F%2Fnotes.example%2F"),
            orders,
        ))
    });
    lists.filter(|(path, _)| path != "/events/export").collect()
}

fn items(console: &Console, path: &str) -> Vec<Value> {
    let answer = console.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

/// What is read two at a time, from cursor to cursor.
fn paged(console: &Console, path: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = console.get(&format!("{path}&limit=2{cursor}")).json();
        found.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[test]
fn every_list_can_be_paged_in_each_of_its_orders_and_backwards() {
    let console = filled();
    let lists = lists(&console);
    assert!(lists.len() >= 15, "{lists:?}");
    for (path, orders) in lists {
        assert!(orders.len() >= 2, "{path}");
        for order in orders.iter().filter(|order| !order.starts_with('-')) {
            let sorted = |order: &str| format!("{path}?sort={order}");
            let all = items(&console, &format!("{}&limit=200", sorted(order)));
            assert!(all.len() >= 2, "{path} has too little to be sorted");
            assert_eq!(paged(&console, &sorted(order)), all, "{path} by {order}");
            let mut back = paged(&console, &sorted(&format!("-{order}")));
            assert_ne!(back, all, "{path} by -{order}");
            back.reverse();
            assert_eq!(back, all, "{path} by -{order}");
        }
        let first = items(&console, &path);
        assert_eq!(
            first,
            items(&console, &format!("{path}?sort={}", orders[0])),
            "{path}"
        );
    }
}

#[test]
fn each_order_is_the_one_it_says() {
    let console = filled();
    // The member that shows the order, and what it is in this order.
    let rows: &[(&str, &str, &[&str])] = &[
        (
            "/clients?sort=client_id",
            "client_id",
            &["c1", "c2", "c3", "c4"],
        ),
        ("/clients?sort=name", "client_id", &["c2", "c3", "c4", "c1"]),
        (
            "/clients?sort=-name",
            "client_id",
            &["c1", "c4", "c3", "c2"],
        ),
        (
            "/clients?sort=created",
            "client_id",
            &["c1", "c2", "c3", "c4"],
        ),
        (
            "/clients?sort=-last_token",
            "client_id",
            &["c3", "c1", "c4", "c2"],
        ),
        (
            "/users",
            "username",
            &["Anna", "berit", "carl", "dag", "root"],
        ),
        (
            "/users?sort=-username",
            "username",
            &["root", "dag", "carl", "berit", "Anna"],
        ),
        (
            "/users?sort=created",
            "username",
            &["root", "berit", "dag", "Anna", "carl"],
        ),
        (
            "/users?sort=-created",
            "username",
            &["carl", "Anna", "dag", "berit", "root"],
        ),
        (
            "/users?sort=-created&q=a",
            "username",
            &["carl", "Anna", "dag", "root"],
        ),
        ("/teams", "id", &["t1", "t2", "t3", "t4"]),
        ("/teams?sort=name", "id", &["t2", "t3", "t1", "t4"]),
        ("/teams?sort=-name", "id", &["t4", "t1", "t3", "t2"]),
        ("/teams?sort=created", "id", &["t3", "t1", "t2", "t4"]),
        ("/teams?sort=-created&q=alpha", "id", &["t2", "t3"]),
        (
            "/resources?sort=name",
            "uri",
            &["https://b.example/", "https://a.example/", NOTES],
        ),
        (
            "/trusted-issuers?sort=-issuer",
            "issuer",
            &["https://b.example", "https://a.example"],
        ),
        ("/sessions", "sub", &["u3", "u2", "u1"]),
        ("/sessions?sort=created", "sub", &["u1", "u2", "u3"]),
        ("/grants?sort=created", "sub", &["u1", "u2", "u3"]),
        ("/grants?sort=created&client_id=c3", "sub", &["u1", "u3"]),
        ("/delegations?sort=created", "sub", &["u1", "u2", "u3"]),
        (
            "/delegations?sort=created&state=active&actor=c3",
            "sub",
            &["u1", "u3"],
        ),
        (
            "/tokens?sort=-created&kind=client_credentials",
            "sub",
            &["c3", "c1", "c3"],
        ),
        (
            "/events?sort=created&event=team.created",
            "subject",
            &["t3", "t1", "t2", "t4"],
        ),
        (
            "/events?sort=created&event=team&limit=1",
            "event",
            &["team.created"],
        ),
        ("/keys?sort=-alg&q=EdDSA", "alg", &["EdDSA", "EdDSA"]),
    ];
    for (path, member, expected) in rows {
        let found = items(&console, path);
        let found: Vec<_> = found
            .iter()
            .map(|one| one[member].as_str().unwrap())
            .collect();
        assert_eq!(&found, expected, "{path}");
    }
}

#[test]
fn a_wrong_order_or_a_cursor_of_another_one_is_refused_and_named() {
    let console = filled();
    for (path, orders) in lists(&console) {
        let wrong = console.get(&format!("{path}?sort=height"));
        assert_eq!(
            wrong.problem(),
            (422, "invalid".into(), Some("sort".into())),
            "{path}"
        );
        let detail = wrong.json()["detail"].as_str().unwrap().to_owned();
        for order in &orders {
            assert!(detail.contains(order.as_str()), "{path}: {detail}");
        }
        let page = console
            .get(&format!("{path}?limit=1&sort={}", orders[0]))
            .json();
        let next = page["next"].as_str().unwrap();
        for (query, reason) in [
            (
                format!("sort={}&cursor={next}", orders[1]),
                "belongs to the order",
            ),
            (
                format!("sort={}&cursor=nonsense", orders[0]),
                "is not a valid cursor",
            ),
        ] {
            let answer = console.get(&format!("{path}?{query}"));
            assert_eq!(answer.problem().2, Some("cursor".into()), "{path}?{query}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(reason), "{path}: {detail}");
        }
        let wrong = console.get(&format!("{path}?format=xml")).problem();
        assert_eq!(wrong.2, Some("format".into()), "{path}");
    }
}

#[test]
fn the_file_of_a_list_holds_what_its_filters_let_through_in_its_order() {
    let console = filled();
    let name = |path: &str| match path {
        "/resources" => "apis".to_owned(),
        path => path.rsplit('/').next().unwrap().to_owned(),
    };
    let mut asked: Vec<String> = Vec::new();
    for (path, orders) in lists(&console) {
        asked.extend(orders.iter().map(|order| format!("{path}?sort={order}")));
    }
    asked.extend(
        [
            "/clients?q=app&sort=-name",
            "/grants?sub=dag",
            "/tokens?client_id=c3&state=active",
            "/events?event=team",
            "/scopes?q=mail",
        ]
        .map(str::to_owned),
    );
    for path in asked {
        let file = console.get(&format!("{path}&format=json"));
        let (list, _) = path.split_once('?').unwrap();
        let disposition = file.header("content-disposition").unwrap();
        let expected = format!("attachment; filename=\"{}-2027-01-15.json\"", name(list));
        assert_eq!(disposition, expected, "{path}");
        assert_eq!(file.header("content-type"), Some("application/json"));
        assert_eq!(
            file.json(),
            Value::from(items(&console, &format!("{path}&limit=200"))),
            "{path}"
        );
        // A page and a cursor are not for a file: it is the whole.
        let whole = console.get(&format!("{path}&format=json&limit=1"));
        assert_eq!(whole.text, file.text, "{path}");
    }
    assert_eq!(
        console.get("/clients?q=nobody&format=json").text,
        "[\n\n]\n"
    );
}

#[test]
fn a_file_that_is_longer_than_what_is_read_at_a_time_is_whole() {
    let console = Console::start();
    let write = |tx: &Tx| {
        for n in 0..1203 {
            audit_events::insert(
                tx,
                &AuditEvent::ok("trial.begun").subject(format!("s{n:04}")),
            )?;
        }
        Ok::<_, StoreError>(())
    };
    console.server.app.store.write_blocking(write).unwrap();
    for (sort, first, last) in [
        ("created", "s0000", "s1202"),
        ("-created", "s1202", "s0000"),
    ] {
        let path = format!("/events?event=trial&sort={sort}&format=json");
        let file = console.get(&path).json();
        let found = file.as_array().unwrap();
        let mut subjects: Vec<_> = found
            .iter()
            .map(|one| one["subject"].as_str().unwrap())
            .collect();
        assert_eq!(
            (subjects.len(), subjects[0], subjects[1202]),
            (1203, first, last)
        );
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), 1203);
    }
    for (format, lines) in [("jsonl", 1203), ("csv", 1204)] {
        let file = console
            .get(&format!("/events/export?event=trial&format={format}"))
            .text;
        assert_eq!(file.lines().count(), lines, "{format}");
    }
}

#[test]
fn no_file_holds_anything_secret() {
    let console = filled();
    let secret = console.server.secret_of("c1");
    let file = rusqlite::Connection::open(console.server.app.store.path()).unwrap();
    let hash: Vec<u8> = file
        .query_row("SELECT secret_hash FROM sessions LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for (path, _) in lists(&console) {
        let text = console
            .get(&format!("{path}?format=json"))
            .text
            .to_lowercase();
        for word in [
            secret.to_lowercase().as_str(),
            &hash,
            "argon2",
            "sha256",
            "pkcs8",
            "secret_hash",
            "eyj",
        ] {
            assert!(!text.contains(word), "{path} holds {word}");
        }
    }
}

#[test]
fn what_is_searched_for_is_found() {
    let console = filled();
    let session = items(&console, "/sessions?q=dag")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let kid = items(&console, "/keys")[0]["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let rows: &[(String, &str, &[&str])] = &[
        ("/sessions?q=dag".into(), "sub", &["u1"]),
        ("/sessions?q=u2".into(), "sub", &["u2"]),
        ("/sessions?q=nobody".into(), "sub", &[]),
        (format!("/sessions?q={session}"), "sub", &["u1"]),
        (format!("/sessions?q={session}&sub=dag"), "sub", &["u1"]),
        (format!("/sessions?q={session}&sub=u2"), "sub", &[]),
        ("/sessions?q=dag&sub=berit".into(), "sub", &[]),
        ("/scopes?q=MAIL".into(), "name", &["email"]),
        ("/scopes?q=nothing".into(), "name", &[]),
        (
            "/trusted-issuers?q=b.ex".into(),
            "issuer",
            &["https://b.example"],
        ),
        ("/teams/t1/members?q=ANN".into(), "sub", &["u2"]),
        (format!("/keys?q={kid}"), "kid", &[&kid]),
        (
            "/resources?q=notes".into(),
            "uri",
            &["https://a.example/", NOTES],
        ),
        (
            "/resources/https%3A%2F%2Fnotes.example%2F/clients?q=apple".into(),
            "client_id",
            &["c2", "c3"],
        ),
    ];
    for (path, member, expected) in rows {
        let found = items(&console, path);
        let found: Vec<_> = found
            .iter()
            .map(|one| one[member].as_str().unwrap())
            .collect();
        assert_eq!(&found, expected, "{path}");
    }
    assert_eq!(console.delete(&format!("/sessions/{session}")).status, 204);
    assert!(
        items(&console, &format!("/sessions?q={session}")).is_empty(),
        "it has ended"
    );
}
